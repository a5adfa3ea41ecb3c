"""From a question and a table to plans in which every word has a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag_infer.table_qa.clauses.forms import plans_of
from rag_infer.table_qa.clauses.frame import Frame, frame_of
from rag_infer.table_qa.clauses.neighbors import neighbor_plans
from rag_infer.table_qa.clauses.placing import clauses
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable

# What some everyday phrases say in one word.
_PHRASES = (
    (re.compile(r"\b(?:get|gets|got)\s+(?:in)?to\b", re.IGNORECASE), "arrive in"),
    (re.compile(r"\b(?:set|sets)\s+off\b", re.IGNORECASE), "depart"),
    (re.compile(r"\b(?:take|takes|took|taking)\s+place\b", re.IGNORECASE), "happen"),
    (re.compile(r"\b(?:come|comes|came)\s+out\b", re.IGNORECASE), "happen"),
)
_MAX_ROWS = 20_000
_MAX_QUESTION_CHARS = 300


def clause_plans(text: str, table: QueryTable) -> Iterator[Plan]:
    """Plans of a question, each of a reading that places all of its words.

    Args:
        text: What was asked.
        table: The table that it may be about.
    """
    if len(text) > _MAX_QUESTION_CHARS or len(table.rows) > _MAX_ROWS or len(table.columns) < 2:
        return
    yield from neighbor_plans(text, table)
    frame = frame_of(_plainly(text))
    if frame is None or frame.beyond:
        return
    frame = _without_names(frame, table)
    for clause in clauses(frame, table):
        yield from plans_of(clause)


def _plainly(text: str) -> str:
    """A question with phrases of everyday speech as one word."""
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    return text


def _without_names(frame: Frame, table: QueryTable) -> Frame:
    """A frame without operations that are words of a name: "first aid", "last opponent"."""
    lowered = frame.text.lower()
    spans = []
    for name in table.names:
        if " " in name and (at := lowered.find(name.lower())) >= 0:
            spans.append((at, at + len(name)))
    if not spans:
        return frame

    def is_named(start: int, end: int) -> bool:
        return any(a <= start and end <= b for a, b in spans)

    superlative, comparative = frame.superlative, frame.comparative
    if superlative is not None and is_named(superlative.end - 1, superlative.end):
        superlative = None
    if comparative is not None and is_named(comparative.start, comparative.end):
        comparative = None
    return replace(
        frame, superlative=superlative, comparative=comparative,
        total=tuple(s for s in frame.total if not is_named(*s)),
        mean=tuple(s for s in frame.mean if not is_named(*s)),
    )  # fmt: skip
