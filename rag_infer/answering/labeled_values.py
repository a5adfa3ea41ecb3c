"""A line that gives a value under a label, which is quoted as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.sentence_features import FEATURES, Sentence
from rag_infer.types import Hit

_MARKS = " #*-•|"


@dataclass(frozen=True, slots=True)
class LabeledAnswer:
    """``span`` are the value's characters in the passage of ``sentence``.

    ``support`` is what makes the line the answer, where it does not say so itself.
    """

    sentence: Sentence
    span: tuple[int, int]
    support: Sentence | None = None


def line_at(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence or line around ``text[start:end]``, without marks of lists and headings."""
    breaks = [m.end() for m in re.finditer(r"\n|\. ", text[:start])]
    stop = re.search(r"\n|(?<=\.) ", text[end:])
    first = breaks[-1] if breaks else 0
    line = text[first : end + stop.start() if stop else len(text)]
    first += len(line) - len(line.lstrip(_MARKS))
    return first, first + len(line.strip(_MARKS))


def unit_at(
    result: AnswerabilityResult, hit: Hit, start: int, end: int, context_of: ContextOf
) -> Sentence:
    """The unit at a place; a line that is none gets no features."""
    for sentence, _ in result.ranked:
        if sentence.hit == hit and sentence.start <= start and end <= sentence.end:
            return sentence
    return line_unit(hit, start, end, context_of)


def line_unit(hit: Hit, start: int, end: int, context_of: ContextOf) -> Sentence:
    """A part of a passage that was not judged, without features."""
    text = hit.chunk.text[start:end]
    return Sentence(hit, start, end, text, (0.0,) * len(FEATURES), label=context_of(hit).label)
