"""Questions about a page: "what is on page 2 of the handbook?", "what does page A-1 say?".

Pages are meant as they are printed: by their labels, by their count where a document has none.
"""

from __future__ import annotations

import re

from rag_infer.answering.document_names import documents_named
from rag_infer.answering.document_quotes import DocumentQuote, quoted_answer
from rag_infer.engine import Engine
from rag_infer.retrieve import Filter
from rag_infer.sentences import sentences
from rag_infer.types import Answer

_LABEL = r"(?P<label>[A-Za-z]{0,3}[-.]?\d{1,4}|[ivxlcdm]{1,7})"
_DOCUMENT = r"(?: (?:of|in) (?P<document>.+?))?"
_QUESTION = re.compile(
    r"(?:what (?:is|stands|is (?:said|written|printed)|can be (?:read|found)) on page "
    rf"{_LABEL}{_DOCUMENT}"
    rf"|what does page {_LABEL.replace('label', 'said')}"
    rf"{_DOCUMENT.replace('document', 'speaker')} (?:say|contain|tell(?: us)?)"
    r"|(?:show(?: me)?|read(?: me)?|quote|summari[sz]e|sum up) page "
    rf"{_LABEL.replace('label', 'shown')}{_DOCUMENT.replace('document', 'source')})",
    re.IGNORECASE,
)
_MAX_DOCUMENTS = 60  # whose pages are looked through
_MAX_PAGES = 2_000
_MAX_MATCHES = 3  # in more documents than that nobody means all
_MAX_QUOTE_CHARS = 600


def page_answer(engine: Engine, question: str, filter: Filter) -> Answer | None:
    """The beginning of the page that a question asks for; None for any other question.

    Args:
        engine: The open index.
        question: As it is read.
        filter: The documents that may be read.
    """
    match = _QUESTION.fullmatch(question.strip().rstrip("?.! "))
    if match is None:
        return None
    label = match["label"] or match["said"] or match["shown"]
    named = match["document"] or match["speaker"] or match["source"] or ""
    rows = engine.documents(filter)
    rows = documents_named(engine, rows, named) or rows
    quotes = []
    for row in rows[:_MAX_DOCUMENTS]:
        page = _page(engine, row.id, label)
        if page is not None:
            number, page_label, text = page
            quotes.append(DocumentQuote(row, number, page_label, *_beginning(text)))
    if not 0 < len(quotes) <= _MAX_MATCHES:
        return None
    return quoted_answer(question, quotes, with_names=len(quotes) > 1)


def _page(engine: Engine, document_id: str, label: str) -> tuple[int, str | None, str] | None:
    """The page of that label; by its number where the document has no labels."""
    by_number = None
    has_labels = False
    for number in range(1, _MAX_PAGES + 1):
        page = engine.snapshot.page(document_id, number)
        if page is None:
            break
        own = page[0].label
        has_labels = has_labels or own is not None
        if own is not None and own.lower() == label.lower():
            return number, own, page[1]
        if label == str(number):
            by_number = number, own, page[1]
    return None if has_labels else by_number


def _beginning(text: str) -> tuple[int, int, str]:
    """The first sentences of a page, as a range of it and its words."""
    spans = sentences(text)
    if not spans:
        return 0, 0, ""
    start = spans[0][0]
    ends = [end for _, end in spans if end - start <= _MAX_QUOTE_CHARS]
    end = ends[-1] if ends else min(spans[0][1], start + _MAX_QUOTE_CHARS)
    return start, end, text[start:end]
