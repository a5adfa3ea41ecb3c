"""Plans that set two figures beside each other: by how much, which of two, whether it is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.table_qa.clauses.asked import is_measure, ordered_value
from rag_infer.table_qa.clauses.clause import Clause
from rag_infer.table_qa.clauses.lexicon import Dimension
from rag_infer.table_qa.clauses.segments import Cells, Header
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.synonyms import PRICE
from rag_infer.tables.figures import is_blank

_CERTAINTY, _CHECK = 0.93, 0.93
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_THAN = re.compile(r"\bthan\b|\bcompared (?:to|with)\b", re.IGNORECASE)
_BY_HOW_MUCH = re.compile(r"\bhow (?:much|many)\b|\bdifference\b", re.IGNORECASE)
_LIST_CELL = re.compile(r"[,;/]|\band\b")


@dataclass(frozen=True, slots=True)
class Sides:
    """Two cells that are compared.

    Attributes:
        left: Row and column of the first that the question says.
        right: Those of the second.
        upward: The question says that the first is more.
        factor: 0 to 1, how surely they are meant.
        names: What tells them apart.
        column: The column of their names; None where they are of one row.
    """

    left: tuple[int, int]
    right: tuple[int, int]
    upward: bool
    factor: float
    names: tuple[str, str]
    column: int | None


def comparison_plans_of(clause: Clause) -> Iterator[Plan]:
    """Plans of a question with "more", "taller", "cheaper"."""
    text = clause.frame.text
    for sides in _sides(clause):
        table = clause.table
        left, right = (ordered_value(table, *cell) for cell in (sides.left, sides.right))
        if left is None or right is None:
            continue
        certainty = clause.factor * sides.factor
        if _BY_HOW_MUCH.search(text):
            yield from _difference(clause, sides, left, right, certainty)
        elif _OR.search(text) and not _THAN.search(text):
            yield from _winner(clause, sides, left, right, certainty)
        elif clause.frame.is_check and _THAN.search(text):
            is_so = (left > right) if sides.upward else (left < right)
            yield _check(clause, "yes" if is_so else "no", (sides.left, sides.right), certainty)


def _difference(
    clause: Clause, sides: Sides, left: Decimal, right: Decimal, certainty: float
) -> Iterator[Plan]:  # fmt: skip
    table = clause.table
    if (left < right) if sides.upward else (left > right):
        return  # "more" is said of the side that has less
    values = [table.columns[c].values[n] for n, c in (sides.left, sides.right)]
    if not all(isinstance(value, Decimal) for value in values):
        return
    cells = (sides.right, sides.left) if sides.upward else (sides.left, sides.right)
    conditions: tuple[Condition, ...] = ()
    if sides.column is not None:
        conditions = tuple(Condition(sides.column, (name,)) for name in sides.names)
    measure = sides.left[1] if sides.left[1] == sides.right[1] else None
    yield Plan(
        table, "difference", tuple(dict.fromkeys(n for n, _ in cells)), conditions, None, measure,
        cells=tuple((cell,) for cell in cells), certainty=_CERTAINTY * certainty,
    )  # fmt: skip


def _winner(
    clause: Clause, sides: Sides, left: Decimal, right: Decimal, certainty: float
) -> Iterator[Plan]:  # fmt: skip
    if left == right or sides.column is None:
        return
    row = (sides.left if (left > right) == sides.upward else sides.right)[0]
    figures = "; ".join(
        f"{name}: {clause.table.rows[n].texts[c]}"
        for name, (n, c) in zip(sides.names, (sides.left, sides.right), strict=True)
    )
    yield Plan(
        clause.table, "cells", (row,), (Condition(sides.column, sides.names),), sides.column,
        certainty=_CERTAINTY * certainty, reasons=(figures,),
    )  # fmt: skip


def _check(clause: Clause, flag: str, cells: tuple[tuple[int, int], ...], certainty: float) -> Plan:
    return Plan(
        clause.table, "flag", tuple(dict.fromkeys(n for n, _ in cells)), (), cells[0][1],
        cells=tuple((cell,) for cell in cells), certainty=_CHECK * certainty, flag=flag,
    )  # fmt: skip


def _sides(clause: Clause) -> Iterator[Sides]:
    comparative = clause.frame.comparative
    assert comparative is not None
    for measure, segments, upward, factor in _measures(clause):
        yield from _two_rows(clause, measure, segments, upward, factor)
    if comparative.upward is not None:
        yield from _two_columns(clause, comparative.upward)
    for dimension in comparative.dimensions:
        for sides in _two_columns(clause, dimension.upward):
            if all(_measures_it(clause, c, dimension) for _, c in (sides.left, sides.right)):
                yield sides


def _measures_it(clause: Clause, column: int, dimension: Dimension) -> bool:
    """Whether figures of a column are of what an adjective measures: amounts of money, prices."""
    table = clause.table
    said = dimension.headers & (table.context_keys | set(table.header_keys[column]))
    return bool(said) or (
        table.columns[column].is_money and not PRICE.isdisjoint(dimension.headers)
    )


def _measures(clause: Clause) -> Iterator[tuple[int, frozenset[int], bool, float]]:
    """The column that is compared, the headers that name it, and the direction."""
    table, comparative = clause.table, clause.frame.comparative
    assert comparative is not None
    headers = clause.headers()
    shared: set[int] | None = None
    for n in headers:
        header = clause.segments[n]
        assert isinstance(header, Header)
        own = {c for c, _ in header.columns if is_measure(table, c)}
        shared = own if shared is None else shared & own
    by_header = frozenset(headers)
    if comparative.upward is not None and shared:
        fewest = min(len(table.header_keys[c]) for c in shared)
        best = [c for c in shared if len(table.header_keys[c]) == fewest]
        if len(best) == 1:
            yield best[0], by_header, comparative.upward, 1.0
    for dimension in comparative.dimensions:
        if shared:
            # "Wetter in June": the header says which column, and the table what it measures.
            if len(shared) == 1 and (
                not dimension.headers.isdisjoint(table.context_keys)
                or not dimension.headers.isdisjoint(table.header_keys[min(shared)])
            ):
                yield min(shared), by_header, dimension.upward, 0.98
            continue
        if headers:
            continue
        columns = [
            c.index for c in table.columns
            if is_measure(table, c.index)
            and not dimension.headers.isdisjoint(table.header_keys[c.index])
        ]  # fmt: skip
        if len(columns) == 1:
            yield columns[0], by_header, dimension.upward, 0.98


def _two_rows(
    clause: Clause, measure: int, segments: frozenset[int], upward: bool, factor: float
) -> Iterator[Sides]:  # fmt: skip
    """Two names of one column."""
    named = [
        (n, s) for n, s in enumerate(clause.segments) if isinstance(s, Cells) and s.column >= 0
    ]  # fmt: skip
    by_column: dict[int, list[Cells]] = {}
    for _, cells in named:
        by_column.setdefault(cells.column, []).append(cells)
    pairs = [(c, group) for c, group in by_column.items() if len(group) == 2]
    if len(pairs) != 1:
        return
    column, (left, right) = pairs[0]
    placed = {n for n, s in named if s.column == column}
    selection = clause.select(placed | segments, (measure, column))
    if selection is None:
        return
    rows = [
        [n for n in side.rows if n in selection.rows and n in clause.table.data]
        for side in (left, right)
    ]
    if any(len(side) != 1 for side in rows) or rows[0] == rows[1]:
        return
    texts = [clause.table.rows[side[0]].texts[column] for side in rows]
    yield Sides(
        (rows[0][0], measure), (rows[1][0], measure), upward,
        factor * selection.factor * left.factor * right.factor, (texts[0], texts[1]), column,
    )  # fmt: skip


def _two_columns(clause: Clause, upward: bool) -> Iterator[Sides]:
    """One row under two headers, of which one stands after "than"."""
    table = clause.table
    than = _THAN.search(clause.frame.text)
    if than is None:
        return
    before = [n for n in clause.headers() if clause.start(n) < than.start()]
    after = [n for n in clause.headers() if clause.start(n) >= than.end()]
    if not before or not after:
        return
    columns = []
    for group in (before, after):
        own: set[int] | None = None
        for n in group:
            header = clause.segments[n]
            assert isinstance(header, Header)
            best = header.best()
            named = {c for c, how in header.columns if how == best and is_measure(table, c)}
            own = named if own is None else own & named
        columns.append(own or set())
    first, second = columns
    shared = {
        n for n in before
        if not {c for c, _ in clause.segments[n].columns}.isdisjoint(second)  # type: ignore[union-attr]
    }  # fmt: skip
    if len(first) > 1 or not first:
        return
    second -= first
    if len(second) > 1 and shared:
        narrowed = second
        for n in shared:
            narrowed = narrowed & {c for c, _ in clause.segments[n].columns}  # type: ignore[union-attr]
        second = narrowed
    if len(second) != 1:
        return
    selection = clause.select((*before, *after), (*first, *second))
    if selection is None or len(selection.rows) != 1 or not selection.conditions:
        return
    row = selection.rows[0]
    left, right = min(first), min(second)
    yield Sides(
        (row, left), (row, right), upward, selection.factor,
        (table.columns[left].name, table.columns[right].name), None,
    )  # fmt: skip


def check_plans(clause: Clause) -> Iterator[Plan]:
    """Whether a row has something: "is organic waste billed monthly", "does Ann work in sales"."""
    table, frame = clause.table, clause.frame
    if frame.negated or frame.question.comparisons or _OR.search(frame.text):
        return
    for n, segment in enumerate(clause.segments):
        if isinstance(segment, Header):
            flags = [c for c, _ in segment.columns if table.columns[c].kind == "flag"]
            question_keys = {clause.tokens[p].key for p in segment.places}
            if len(flags) != 1 or len(set(table.header_keys[flags[0]]) & question_keys) < len(
                question_keys
            ):
                continue
            selection = clause.select((n,), (flags[0],))
            if selection is None or len(selection.rows) != 1 or not selection.conditions:
                continue
            value = table.columns[flags[0]].values[selection.rows[0]]
            yield _check(
                clause, "no" if value is None else str(value), ((selection.rows[0], flags[0]),),
                clause.factor * selection.factor,
            )  # fmt: skip
        elif isinstance(segment, Cells) and segment.column not in (-1, table.label_column):
            selection = clause.select((n,), (segment.column,))
            if selection is None or len(selection.rows) != 1 or not selection.conditions:
                continue
            if table.label_column not in selection.columns:
                continue
            row = selection.rows[0]
            text = table.rows[row].texts[segment.column]
            if is_blank(text) or not segment.is_whole or _LIST_CELL.search(text):
                continue
            yield _check(
                clause, "yes" if row in segment.rows else "no", ((row, segment.column),),
                clause.factor * selection.factor * segment.factor,
            )  # fmt: skip
