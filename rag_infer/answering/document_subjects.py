"""Which documents are about something: the best passage of each document on it, named."""

from __future__ import annotations

import re

from rag_infer.answering.document_quotes import DocumentQuote, quoted_answer
from rag_infer.cite.answer_units import answer_units
from rag_infer.cite.document_context import document_context
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.engine import Engine
from rag_infer.retrieve import Filter
from rag_infer.types import Answer, Hit

_DOCUMENTS = r"(?:documents?|files?|texts?|notes?|papers?|pages?|sources?)"
_IS_ABOUT = (
    r"(?:(?:that |which )?(?:are|is|speak|speaks|talk|talks|say something|tell us something) )?"
    r"(?:about|on)|(?:that |which )?(?:mentions?|discuss(?:es)?|concerns?|covers?|describes?|"
    r"deals? with|treats? of|have to do with|name|contains?)"
)
_QUESTION = re.compile(
    rf"(?:in )?(?:(?:which|what)(?: of the| of my)?|list|show(?: me)?|find(?: me)?|name|give me|"
    rf"are there(?: any)?|do we have(?: any)?)(?: all)?(?: the| my| our)? {_DOCUMENTS} "
    rf"(?:{_IS_ABOUT}) (?P<subject>.+)",
    re.IGNORECASE,
)
_SEARCHED = 60
_MAX_LISTED = 20
_MAX_QUOTE_CHARS = 300


def subject_answer(engine: Engine, question: str, filter: Filter) -> Answer | None:
    """The documents that are about what a question names, best first; None for another question.

    Args:
        engine: The open index.
        question: As it is read.
        filter: The documents that may be read.
    """
    match = _QUESTION.fullmatch(question.strip().rstrip("?.! "))
    keys = [w.key for w in content(words(match["subject"]))] if match else []
    if match is None or not keys:
        return None
    quotes: dict[str, DocumentQuote] = {}
    rows = {row.id: row for row in engine.documents(filter)}
    for hit in engine.search(match["subject"], _SEARCHED, filter=filter):
        row = rows.get(hit.document_id)
        if row is None or hit.document_id in quotes:
            continue
        label = document_context(hit.document_id, hit.title, "").label
        own = {w.key for w in words(f"{label} {' '.join(hit.chunk.heading)} {hit.chunk.text}")}
        if all(has_key(own, k) for k in keys):
            start, end = _range(hit, keys)
            quotes[hit.document_id] = DocumentQuote(
                row, hit.chunk.page_number, hit.page_label, hit.chunk.start + start,
                hit.chunk.start + end, hit.chunk.text[start:end],
            )  # fmt: skip
        if len(quotes) == _MAX_LISTED:
            break
    if not quotes:
        return None
    return quoted_answer(question, list(quotes.values()), with_names=True)


def _range(hit: Hit, keys: list[str]) -> tuple[int, int]:
    """The unit of a passage that says most of the subject."""
    text = hit.chunk.text
    units = answer_units(text)
    if not units:
        return 0, min(len(text), _MAX_QUOTE_CHARS)

    def covered(start: int, end: int) -> int:
        own = {w.key for w in words(text[start:end])}
        return sum(has_key(own, k) for k in keys)

    best = max(units, key=lambda unit: (covered(unit.start, unit.end), -unit.start))
    return best.start, min(best.end, best.start + _MAX_QUOTE_CHARS)
