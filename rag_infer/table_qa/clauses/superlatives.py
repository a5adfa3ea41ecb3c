"""Plans of questions for the row with the most or least, or the first or last in time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.table_qa.clauses.asked import (
    Target,
    is_measure,
    is_time,
    names_rows,
    naming_column,
    noun_of_rows,
    ordered_value,
    person_column,
    says_end,
    time_columns,
)
from rag_infer.table_qa.clauses.clause import Clause, Selection
from rag_infer.table_qa.clauses.figures import measures
from rag_infer.table_qa.clauses.parts import figure_columns, noun_after, plan_of
from rag_infer.table_qa.clauses.tokens import is_plural_noun
from rag_infer.table_qa.extremes import may_sum_up
from rag_infer.table_qa.plan import Plan
from rag_infer.tables.figures import is_blank

_MOST = 0.93
_LISTED = re.compile(
    r"\b(?:listed|shown|(?:on|in|of) (?:the|this) (?:list|chart|table)|on here)\b", re.IGNORECASE
)


def superlatives(clause: Clause, nth: int) -> Iterator[Plan]:
    """The row that has the most or least, or is the first or last in time."""
    table, frame = clause.table, clause.frame
    assert frame.superlative is not None
    for measure, upward in _measured_by(clause):
        if is_time(table, measure.column) and not measure.segments and clause.has_event:
            continue  # "was elected first": no column tells when
        for target in _labels(clause, measure):
            reserved = measure.segments | target.segments
            selection = clause.select(reserved, (measure.column, target.column))
            if selection is None or len(selection.rows) < max(2, nth):
                continue
            if measure.column in selection.columns:
                continue
            rows = _winners(clause, selection.rows, measure.column, upward=upward, nth=nth)
            if not rows:
                continue
            is_number = table.columns[measure.column].kind == "number"
            if is_number and may_sum_up(table, measure.column, selection.rows, upward):
                continue
            labels = [table.rows[r].texts[table.label_column] for r in selection.rows]
            if is_number and target.column != table.label_column:
                labels = [table.rows[r].texts[target.column] for r in selection.rows]
            if is_number and len(set(labels)) < len(labels):
                continue  # a name in several rows may have the most by their sum
            if is_blank(table.rows[rows[0]].texts[target.column]):
                continue
            if not _is_said_in_time(clause, selection, measure, rows, upward=upward):
                continue
            name = table.columns[measure.column].name
            text = table.rows[rows[0]].texts[measure.column]
            word = ("latest" if upward else "earliest") if is_time(table, measure.column) else (
                "highest" if upward else "lowest")  # fmt: skip
            rank_name = f"number {nth} from the {word}" if nth > 1 else f"the {word}"
            yield plan_of(
                clause, selection, _MOST * measure.factor * target.factor, kind="cells", rows=rows,
                target=target.column, reasons=(f"{rank_name} {name}: {text}",),
            )  # fmt: skip


def _is_said_in_time(
    clause: Clause, selection: Selection, measure: Target, rows: Sequence[int], *, upward: bool
) -> bool:
    """Whether "first" or "last" is said of the time that a column tells, or of both orders."""
    superlative = clause.frame.superlative
    assert superlative is not None
    words = clause.frame.text[superlative.start : superlative.end].lower().split()
    if not {"first", "last"}.intersection(words):
        return True
    if _LISTED.search(clause.frame.text):
        return False
    at_end = selection.rows[-1] if upward else selection.rows[0]
    return bool(measure.segments) or at_end in rows


def _winners(
    clause: Clause, rows: Sequence[int], column: int, *, upward: bool, nth: int
) -> tuple[int, ...]:
    values = {n: ordered_value(clause.table, n, column) for n in rows}
    if any(v is None for v in values.values()):
        return ()
    ranked = sorted({v for v in values.values() if v is not None}, reverse=upward)
    if nth > 1 and len(set(values.values())) < len(values):
        before = [n for n in rows if (values[n] > ranked[nth - 2]) == upward]  # type: ignore[operator]
        if nth > len(ranked) or len([n for n in rows if values[n] in ranked[: nth - 1]]) != nth - 1:
            return ()  # places are shared
        del before
    if nth > len(ranked):
        return ()
    best = ranked[nth - 1]
    return tuple(n for n in rows if values[n] == best)


def _measured_by(clause: Clause) -> Iterator[tuple[Target, bool]]:
    """The columns that a superlative may be about, each with its direction."""
    table, frame = clause.table, clause.frame
    superlative = frame.superlative
    assert superlative is not None
    if superlative.upward is not None:
        yield from ((t, superlative.upward) for t in _figures_beside(clause, superlative.end))
    for dimension in superlative.dimensions:
        if dimension.is_time:
            yield from ((t, dimension.upward) for t in _times_of(clause))
            continue
        columns = [
            c.index for c in table.columns
            if (is_measure(table, c.index) or ordered_value_column(clause, c.index))
            and not dimension.headers.isdisjoint(table.header_keys[c.index])
        ]  # fmt: skip
        if len(columns) == 1:
            naming = frozenset(
                n for n in clause.headers()
                if columns[0] in dict(clause.segments[n].columns)  # type: ignore[union-attr]
                and n != clause.first_after(superlative.end)
            )  # fmt: skip
            yield Target(columns[0], naming, 0.98), dimension.upward


def ordered_value_column(clause: Clause, column: int) -> bool:
    """Whether all cells of a column have a place in an order."""
    table = clause.table
    return bool(table.data) and all(
        ordered_value(table, n, column) is not None for n in table.data[:50]
    )


def _figures_beside(clause: Clause, end: int) -> list[Target]:
    """The column of figures named right after "the most", else by a verb before it."""
    noun = noun_after(clause, end)
    if noun is not None and figure_columns(clause, noun):
        return measures(clause, noun)
    if noun is not None:
        return []
    named = [n for n in clause.headers() if figure_columns(clause, n)]
    following_text = clause.frame.text[end:].strip(" ?.!")
    verbs = [n for n in named if not is_plural_noun(clause.surface(n).lower())]
    after = [t for t in clause.tokens if t.start >= end and t.content]
    if len(named) == 1 and (
        not following_text or (verbs and not after) or (after and named[0] is not None)
    ):
        return measures(clause, named[0])
    return []


def _times_of(clause: Clause) -> list[Target]:
    """The column of days, years or times: the one that is named, or the only one."""
    table = clause.table
    named = [
        Target(c, frozenset((n,)), how)
        for n in clause.headers()
        for c, how in clause.segments[n].columns  # type: ignore[union-attr]
        if is_time(table, c)
    ]
    if named:
        return named
    columns = [c for c in time_columns(table) if not says_end(table, c)]
    if not columns:
        return []
    return [Target(columns[0], frozenset(), 0.97 if len(columns) == 1 else 0.93)]


def _is_direct(clause: Clause, measure: Target) -> bool:
    first = clause.first_after(clause.frame.wh_end)
    return first in measure.segments


def _labels(clause: Clause, measure: Target) -> Iterator[Target]:
    """The column that the answer is from."""
    table, frame = clause.table, clause.frame
    superlative = frame.superlative
    assert superlative is not None
    label = naming_column(table)
    if frame.wh in ("when", "what time", "at what time"):
        if is_time(table, measure.column):
            yield Target(measure.column, measure.segments, 1.0)
        return
    if frame.wh == "how much":
        yield Target(measure.column, measure.segments, 0.97)
        return
    if frame.wh in ("who", "whom", "whose"):
        people = person_column(table)
        if is_time(table, measure.column) and not measure.segments:
            return
        if people is not None:
            yield Target(people, frozenset(), 0.98)
            return
        others = set(clause.headers()) - measure.segments
        is_named = measure.segments and table.columns[measure.column].kind == "number"
        if table.columns[label].kind == "text" and not others and is_named:
            yield Target(label, frozenset(), 0.95)
            return
    if frame.wh not in ("which", "what", "who", "list"):
        return
    if is_time(table, measure.column) and _is_direct(clause, measure):
        yield Target(measure.column, measure.segments, 0.97)  # "in what year was the first race"
        return
    named = [
        Target(c, frozenset((n,)), how)
        for n in clause.headers() if n not in measure.segments
        for c, how in clause.segments[n].columns  # type: ignore[union-attr]
        if c != measure.column and table.columns[c].kind == "text"
    ]  # fmt: skip
    yield from named
    if named:
        return
    is_value = is_time(table, measure.column) or (
        frame.wh_end and _is_direct(clause, measure) and not noun_of_rows(clause, frame.wh_end)
    )
    if is_value and any(measure.column in dict(clause.segments[n].columns)  # type: ignore[union-attr]
           and n in (clause.first_after(frame.wh_end), clause.first_after(superlative.end))
           for n in clause.headers()):  # fmt: skip
        yield Target(measure.column, measure.segments, 0.97)  # "the last year in which"
    elif names_rows(clause):
        yield Target(label, frozenset(), 0.97)
