"""Answers about documents rather than from passages: quotes with the documents they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.generate import EXTRACTIVE
from rag_infer.index.catalog import DocumentRow
from rag_infer.types import Answer, Citation, Claim, Span


@dataclass(frozen=True, slots=True)
class DocumentQuote:
    """Words of a document: the page and the range that they stand at, the page's label."""

    document: DocumentRow
    page_number: int
    page_label: str | None
    start: int
    end: int
    text: str


def quoted_answer(
    question: str, quotes: Sequence[DocumentQuote], *, with_names: bool, reason: str | None = None
) -> Answer:
    """The answer that consists of quotes, a line each.

    Args:
        question: As it was asked.
        quotes: At least one.
        with_names: Whether each line begins with the name of its document.
        reason: What to say of how they were found.
    """
    citations, claims, lines = [], [], []
    documents = {quote.document.id for quote in quotes}
    are_unique = len({_file_name(document) for document in documents}) == len(documents)
    for number, quote in enumerate(quotes, 1):
        span = Span(quote.document.id, quote.page_number, quote.start, quote.end, quote.text)
        citations.append(Citation(number, span, (), quote.page_label, quote.document.format))
        claims.append(Claim(quote.text, (number,), "supported", 1.0, None, (span,)))
        name = _file_name(quote.document.id) if are_unique else quote.document.id
        lead = f"{name}: " if with_names else ""
        lines.append(f"{lead}{' '.join(quote.text.split())} [{number}]")
    return Answer(
        question, "\n".join(lines), True, EXTRACTIVE, tuple(citations), tuple(claims),
        reason=reason, grade="probable",
    )  # fmt: skip


def _file_name(document_id: str) -> str:
    return document_id.rsplit("/", 1)[-1]
