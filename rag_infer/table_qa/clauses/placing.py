"""All ways to place the words of a question in a table."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.clauses.clause import Clause
from rag_infer.table_qa.clauses.context import says_context
from rag_infer.table_qa.clauses.frame import Frame
from rag_infer.table_qa.clauses.lexicon import PLAIN_VERBS, THINGS, UNITS, dimensions
from rag_infer.table_qa.clauses.segments import (
    Cells,
    Header,
    Number,
    Plain,
    Segment,
    cell_runs,
    choices,
    figure_of,
    header_run,
)
from rag_infer.table_qa.clauses.tokens import QuestionToken, tokens_of
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.synonyms import GENERIC, LIGHT, PEOPLE, PERSON

_MAX_READINGS = 64
_BEGAN = re.compile(r"\b(?:became|become|appointed|took over|take over|started|began)\b", re.I)
_STARTS = frozenset(map(key, "took take start started from since began joined appointed".split()))
_ENDS = frozenset(map(key, "left leave end ended until to".split()))
_BEFORE_NOUNS = frozenset("the a an of many any no some each his her their its".split())


def clauses(frame: Frame, table: QueryTable) -> Iterator[Clause]:
    """All ways to place the words of a question in a table; none where a word has no place."""
    tokens = tokens_of(frame.text)
    spans = [(c.start, c.end) for c in frame.question.comparisons]
    spans += [*frame.total, *frame.mean, *frame.silent]
    for operation in (frame.superlative, frame.comparative):
        if operation is not None:
            spans.append((operation.start, operation.end))
    places = [
        n for n, token in enumerate(tokens)
        if token.content and not any(a <= token.start < b for a, b in spans)
    ]  # fmt: skip
    segments: list[list[Segment]] = []
    at = 0
    while at < len(places):
        alternatives, length = _alternatives(frame, table, tokens, places, at)
        if not alternatives:
            return
        segments.append(alternatives)
        at += length
    for choice in choices(segments, _MAX_READINGS):
        factor = 1.0
        for segment in choice:
            if isinstance(segment, Plain):
                factor *= segment.factor
            elif isinstance(segment, Header):
                factor *= segment.best()
        choosing_segments = tuple(s for s in choice if not isinstance(s, Plain))
        yield Clause(frame, table, tokens, choosing_segments, factor)


def _alternatives(
    frame: Frame, table: QueryTable, tokens: Sequence[QuestionToken], places: Sequence[int], at: int
) -> tuple[list[Segment], int]:
    text, token = frame.text, tokens[places[at]]
    runs: list[Segment] = [*cell_runs(table, text, tokens, places, at)]
    header = header_run(table, text, tokens, places, at)
    if header is not None:
        runs.append(header)
    runs = _of_start(frame, table, _of_preposition(table, tokens, places[at], runs))
    length = max((len(run.places) for run in runs), default=1)
    longest = [run for run in runs if len(run.places) == length]
    if any(_is_whole(run) for run in longest):
        longest = [run for run in longest if _is_whole(run)]
    single = (places[at],)
    if length == 1:
        within = _in_range(table, places[at], token) if not longest else None
        if within is not None:
            return [within], 1
        value = figure_of(token)
        if value is not None and not any(isinstance(r, Cells) and r.is_whole for r in longest):
            longest.append(Number(single, value))
        factor = _plain_factor(frame, table, tokens, places, at)
        is_weak = all(isinstance(r, Header) and r.best() < 1.0 for r in longest)
        if factor is not None and (not longest or (is_weak and token.key in PLAIN_VERBS)):
            longest.append(Plain(single, factor if len(longest) == 0 else factor * 0.97))
    return longest, length


def _is_whole(run: Segment) -> bool:
    return isinstance(run, Header) or (isinstance(run, Cells) and run.is_whole)


def _of_start(frame: Frame, table: QueryTable, runs: list[Segment]) -> list[Segment]:
    """Of days under several headers that of a beginning: "who became mayor in 1957"."""
    if not _BEGAN.search(frame.text):
        return runs
    starts = [
        run for run in runs
        if isinstance(run, Cells) and run.column >= 0 and table.columns[run.column].kind == "date"
        and not _STARTS.isdisjoint(table.header_keys[run.column])
    ]  # fmt: skip
    return [*starts] or runs


def _in_range(table: QueryTable, offset: int, token: QuestionToken) -> Cells | None:
    """The one row whose time, from one column to another, a year is within."""
    if not token.number or not re.fullmatch(r"(?:1[5-9]|20)\d\d", token.key):
        return None
    dated = [c for c in table.columns if c.kind in ("date", "year")]
    if len(dated) != 2 or _ENDS.isdisjoint(table.header_keys[dated[1].index]):
        return None
    year = int(token.key)
    rows = []
    for n in table.data:
        first, last = (_year_of(column.values[n]) for column in dated)
        if first is not None and first <= year and (last is None or year <= last):
            rows.append(n)
    if len(rows) != 1:
        return None
    return Cells((offset,), dated[0].index, frozenset(rows), is_whole=True, factor=0.97)


def _year_of(value: object) -> int | None:
    if isinstance(value, Decimal):
        return int(value)
    return value.year if isinstance(value, datetime.date) else None


def _is_asked_noun(frame: Frame, token: QuestionToken) -> bool:
    """Whether a word stands right after "which", "how many" or a superlative: where nouns do."""
    places = [frame.wh_end] if frame.wh in ("which", "what", "how many") else []
    if frame.superlative is not None:
        places.append(frame.superlative.end)
    return any(
        offset <= token.start and not frame.text[offset : token.start].strip() for offset in places
    )


def _of_preposition(
    table: QueryTable, tokens: Sequence[QuestionToken], offset: int, runs: list[Segment]
) -> list[Segment]:
    """Of cells under "From" and "To" those whose header is the word before: "to Corby"."""
    if not offset:
        return runs
    before = tokens[offset - 1].key
    headed = [
        run for run in runs
        if isinstance(run, Cells) and run.column >= 0
        and before in table.header_keys[run.column]
    ]  # fmt: skip
    return [*headed] if headed and not tokens[offset - 1].content else runs


def _plain_factor(
    frame: Frame, table: QueryTable, tokens: Sequence[QuestionToken], places: Sequence[int], at: int
) -> float | None:
    """What a word that stands in no cell leaves of the certainty; None for one that may choose."""
    token = tokens[places[at]]
    if says_context(table, token.key):
        return 0.99 if token.key in table.context_keys else 0.97
    if token.number or (token.capital and at):
        return None
    if token.key in GENERIC or token.key in THINGS:
        return 0.99
    is_noun = places[at] > 0 and tokens[places[at] - 1].surface in _BEFORE_NOUNS
    if token.key in PLAIN_VERBS | LIGHT and not is_noun and not _is_asked_noun(frame, token):
        return 0.98
    if token.surface == "fell" and any(t.surface in ("rain", "snow") for t in tokens):
        return 0.98
    if token.key in PEOPLE and any(not PERSON.isdisjoint(h) for h in table.header_keys):
        return 0.97
    before = places[at] - 1
    flags = [c.index for c in table.columns if c.kind == "flag"]
    if at and any(
        tokens[places[at - 1]].key in table.header_keys[c] and len(table.header_keys[c]) > 1
        for c in flags
    ):
        return 0.95  # "first aid training"
    if token.key in UNITS and (
        tokens[before].number
        or any(0 <= token.start - c.end <= 1 for c in frame.question.comparisons)
    ):
        return 0.98
    if token.surface in dimensions() and (
        frame.question.comparisons or frame.wh.startswith("how ")
    ):
        return 0.98
    return None
