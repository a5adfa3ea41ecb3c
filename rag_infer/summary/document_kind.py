"""Which kind of document this is, where its kind says what a summary of it has to tell."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.summary import (
    code_points,
    contract_parties,
    contract_points,
    invoice_points,
    message_points,
    minutes_points,
    question_points,
    table_points,
)
from rag_infer.summary.key_points import KeyPoints
from rag_infer.summary.text_units import TextUnit
from rag_infer.types import Document, Page

_MAX_PAGES = 60  # of a contract, minutes, a letter: more is a book, told by its sentences


def key_points(document: Document, units: Sequence[TextUnit]) -> KeyPoints | None:
    """The points of a document of a known kind; None for any other, which its sentences tell.

    Args:
        document: The document, with the pages that are to be summarized.
        units: The units of these pages.
    """
    pages = [page for page in document.pages if page.text.strip()]
    if not pages:
        return None
    result = None
    if document.format == "code":
        result = code_points.code_points(pages[0], str(document.metadata.get("language", "")))
    elif table_points.is_tabular(document.format, pages):
        result = table_points.table_points(pages)
    elif document.format == "mail":
        result = message_points.message_points(pages)
    elif len(pages) <= _MAX_PAGES:
        result = _of_text(document, pages, units)
    return result if result is not None and (result.points or result.further) else None


def _of_text(
    document: Document, pages: Sequence[Page], units: Sequence[TextUnit]
) -> KeyPoints | None:
    if invoice_points.is_invoice(pages):
        return invoice_points.invoice_points(pages)
    if minutes_points.is_minutes(pages, document.title, document.id):
        return minutes_points.minutes_points(pages, units)
    if contract_parties.is_contract(pages, document.title):
        return contract_points.contract_points(pages, units)
    if message_points.is_letter(pages):
        return message_points.message_points(pages)
    return question_points.question_points(pages, units)
