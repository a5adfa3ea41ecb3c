"""Plans of questions for how many and how much: a figure, a number of rows, a sum, a mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag_infer.table_qa.clauses.asked import Target
from rag_infer.table_qa.clauses.clause import Clause, Selection
from rag_infer.table_qa.clauses.context import says_context
from rag_infer.table_qa.clauses.lexicon import THINGS
from rag_infer.table_qa.clauses.parts import (
    are_all,
    figure_columns,
    frame_total_is_adjective,
    is_account,
    noun_after,
    plan_of,
)
from rag_infer.table_qa.clauses.segments import Cells, Header
from rag_infer.table_qa.clauses.tokens import is_plural_noun
from rag_infer.table_qa.extremes import may_sum_up
from rag_infer.table_qa.figure_columns import total_column
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.synonyms import COUNTED, PEOPLE, PERSON, is_additive, is_mean

_CERTAINTY, _COUNT, _SUM = 0.95, 0.93, 0.9
_OWN = 0.99  # a header that has the word itself, and no synonym of it
_EARNS = frozenset("earn earned receive received score scored make made".split())
_LIST_CELL = re.compile(r"[,;/]|\band\b")


def counts(clause: Clause) -> Iterator[Plan]:
    table = clause.table
    noun = noun_after(clause, clause.frame.wh_end)
    if noun is not None and figure_columns(clause, noun):
        yield from _figures(clause, noun)
        segment = clause.segments[noun]
        assert isinstance(segment, Header)
        if all(table.columns[c].kind == "number" for c, _ in segment.columns):
            return
    reserved: frozenset[int] = frozenset()
    columns: tuple[int, ...] = ()
    if noun is not None and isinstance(clause.segments[noun], Header):
        header = clause.segments[noun]
        assert isinstance(header, Header)
        named = [
            c for c, how in header.columns if table.columns[c].kind != "number" and how >= _OWN
        ]
        if not named:
            return
        column = table.label_column if table.label_column in named else named[0]
        reserved, columns = frozenset((noun,)), (column,)
    elif noun is None:
        yield from _figures_of_plain_noun(clause)
        if not _is_plain_noun(clause):
            return
    selection = clause.select(reserved, columns)
    if selection is None or not selection.conditions:
        return
    if (
        noun is not None
        and not columns
        and clause.tokens[clause.segments[noun].places[-1]].key in COUNTED
    ):
        return  # "how many goals": a figure, whatever else has that name
    if columns and columns[0] in selection.columns and not clause.frame.question.comparisons:
        return
    if not selection.rows or clause.has_strong_verb or frame_total_is_adjective(clause):
        return
    if len(selection.rows) == 1 and not clause.frame.question.comparisons:
        return  # "how many" of one is most often a figure that the row lacks
    if is_account(table):
        return
    if columns:
        texts = [table.rows[r].texts[columns[0]] for r in selection.rows]
        is_listing = columns[0] != table.label_column and any(map(_LIST_CELL.search, texts))
        if len(set(texts)) < len(texts) or is_listing:
            return  # rows or different values: which is meant is open
    if not are_all(clause, selection):
        return
    yield plan_of(
        clause, selection, _COUNT, kind="count", target=columns[0] if columns else None,
    )  # fmt: skip


def _figures_of_plain_noun(clause: Clause) -> Iterator[Plan]:
    """ "How many games did Thornley lose": the noun is what the one header of figures counts."""
    figures = [n for n in clause.headers() if figure_columns(clause, n)]
    if figures and (len(figures) == 1 or len(measures(clause, figures[0])) == 1):
        yield from _figures(clause, figures[0])
    elif not figures and clause.frame.total:
        columns = [c.index for c in clause.table.columns if c.kind == "number"]
        total = total_column(clause.table, columns)
        selection = clause.select((), (total,) if total is not None else ())
        if total is not None and selection is not None and selection.conditions:
            yield from _of_rows(clause, selection, Target(total, frozenset(), 0.97))


def _is_plain_noun(clause: Clause) -> bool:
    """Whether the word right after "how many" stands for the rows."""
    start = clause.frame.wh_end
    after = next((t for t in clause.tokens if t.start >= start and t.content), None)
    if after is None or not is_plural_noun(after.surface):
        return False
    table = clause.table
    if after.key in PEOPLE:
        return not PERSON.isdisjoint(table.header_keys[table.label_column])
    return says_context(table, after.key) or after.key in THINGS


def _figures(clause: Clause, noun: int) -> Iterator[Plan]:
    """The figure of a row, or the sum of several."""
    for target in measures(clause, noun):
        selection = clause.select(target.segments, (target.column,))
        if selection is None:
            continue
        if not selection.conditions and not clause.frame.total and not _is_of_all(clause):
            continue
        yield from _of_rows(clause, selection, target)


def _is_of_all(clause: Clause) -> bool:
    return re.search(r"\bthere\b|\ball\b", clause.frame.text, re.IGNORECASE) is not None


def _of_rows(clause: Clause, selection: Selection, target: Target) -> Iterator[Plan]:
    table = clause.table
    values = table.columns[target.column].values
    if not selection.rows or any(not isinstance(values[n], Decimal) for n in selection.rows):
        return
    if len(selection.rows) == 1:
        if selection.conditions and not frame_total_is_adjective(clause):
            yield plan_of(
                clause, selection, _CERTAINTY * target.factor, kind="cells", target=target.column
            )  # fmt: skip
        return
    if is_account(table) or is_mean(
        table.header_keys[target.column], table.columns[target.column].unit
    ):
        return
    additive = is_additive(table.header_keys[target.column])
    is_money = table.columns[target.column].is_money
    if not clause.frame.total and (additive is False or not (additive or is_money)):
        return
    if frame_total_is_adjective(clause):
        return
    question_keys = {
        clause.tokens[p].key for n in target.segments for p in clause.segments[n].places
    }
    if not set(table.header_keys[target.column]) <= question_keys:
        return
    if not are_all(clause, selection) or may_sum_up(table, target.column, selection.rows, True):
        return
    if not clause.frame.total and not _are_of_a_kind(clause, selection):
        return
    yield plan_of(
        clause, selection, _SUM * target.factor, kind="sum", measure=target.column,
        reasons=("rows are added up",),
    )  # fmt: skip


def _are_of_a_kind(clause: Clause, selection: Selection) -> bool:
    """Whether rows were chosen by a cell that says their kind, and not by their names."""
    selected_columns = {s.column for s in clause.segments if isinstance(s, Cells)}
    earns = any(token.surface in _EARNS for token in clause.tokens)
    return (
        bool(selected_columns) and clause.table.label_column not in selected_columns
        and (earns or not clause.has_strong_verb)
    )  # fmt: skip


def measures(clause: Clause, noun: int) -> list[Target]:
    """The column of figures that a header names, with other headers that name it too."""
    first = dict(figure_columns(clause, noun))
    segments = {noun}
    for n in clause.headers():
        if n == noun:
            continue
        shared = {c: min(first[c], how) for c, how in figure_columns(clause, n) if c in first}
        if shared:
            first = shared
            segments.add(n)
    if not first:
        return []
    best = max(first.values())
    named = [c for c, how in first.items() if how == best]
    if len(named) > 1:
        fewest = min(len(clause.table.header_keys[c]) for c in named)
        named = [c for c in named if len(clause.table.header_keys[c]) == fewest]
    if len(named) != 1:
        return []
    return [Target(named[0], frozenset(segments), 1.0)]


def sums(clause: Clause) -> Iterator[Plan]:
    """ "How much" of several rows: "how much prize money did she earn on clay"."""
    noun = noun_after(clause, clause.frame.wh_end)
    if noun is not None and figure_columns(clause, noun):
        yield from _figures(clause, noun)


def aggregates(clause: Clause) -> Iterator[Plan]:
    """The mean or sum of a column of the rows that fit, or of all."""
    table, frame = clause.table, clause.frame
    for n in clause.headers():
        if not figure_columns(clause, n):
            continue
        for target in measures(clause, n):
            selection = clause.select(target.segments, (target.column,))
            if selection is None or len(selection.rows) < 2 or is_account(table):
                continue
            values = table.columns[target.column].values
            if any(not isinstance(values[r], Decimal) for r in selection.rows):
                continue
            if not are_all(clause, selection):
                continue
            if frame.mean:
                yield plan_of(
                    clause, selection, _SUM, kind="avg", measure=target.column
                )  # fmt: skip
            else:
                yield from _of_rows(clause, selection, target)
        return
