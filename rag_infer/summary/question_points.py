"""Lists of questions and answers: each question with the answer under it, as one quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.summary.key_points import MAX_POINT_CHARS, KeyPoint, KeyPoints, mark_length, quote
from rag_infer.summary.text_units import TextUnit
from rag_infer.types import Page

_MIN_PAIRS = 3
_MIN_SHARE = 0.3  # of the units of a document that are questions
_QUESTION = re.compile(r"\?[\"'”*_)]*$")

_MARKED = re.compile(r"\W*(?:Q|F|Question|Frage)\s*\d*\s*[:.)]\s", re.IGNORECASE)


def question_points(pages: Sequence[Page], units: Sequence[TextUnit]) -> KeyPoints | None:
    """The pairs in order; None for a document that does not consist of them."""
    questions = sum(_QUESTION.search(unit.text) is not None for unit in units)
    if questions < _MIN_PAIRS or questions < _MIN_SHARE * len(units):
        return None
    points = tuple(_pairs(pages, units))
    return KeyPoints(points, noun=("question", "questions")) if len(points) >= _MIN_PAIRS else None


def _pairs(pages: Sequence[Page], units: Sequence[TextUnit]) -> Iterator[KeyPoint]:
    texts = {page.number: page for page in pages}
    for number, unit in enumerate(units[:-1]):
        if not _QUESTION.search(unit.text):
            continue
        page = texts[unit.page]
        line = page.text.rfind("\n", 0, unit.start) + 1
        start = line + mark_length(page.text, line, unit.end)
        end = None
        for answer in units[number + 1 : number + 4]:
            if answer.page != unit.page or answer.is_heading or _QUESTION.search(answer.text):
                break
            if _MARKED.match(answer.text):
                break
            if end is not None and answer.end - start > MAX_POINT_CHARS // 2:
                break
            end = answer.end
        if end is not None and end - start <= MAX_POINT_CHARS + 200:
            yield quote(page, start, end, unit.section)
