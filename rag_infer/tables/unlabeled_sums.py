"""Rows without a label that are the sum of the rows above them: subtotals that nobody named."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rag_infer.tables.columns import Column
from rag_infer.tables.figures import is_blank

_MIN_PARTS = 2
_MAX_BLANK_ROWS = 500
_TOLERANCE = Decimal("0.001")


def unlabeled_sum_rows(
    rows: Sequence[Sequence[str]], columns: Sequence[Column], totals: frozenset[int]
) -> set[int]:
    """The rows whose label is empty and whose figures all add up those above.

    A row adds up those since the last row that sums up others, or all above it. A label is a cell
    of a column of text, dates or names that every one of those rows fills.

    Args:
        rows: The texts of the body's rows.
        columns: Its columns, with a value for each row.
        totals: Rows that are known to sum up others.

    Returns:
        Their numbers.
    """
    labels = [c.index for c in columns if c.kind != "number"]
    figures = [c for c in columns if c.kind == "number"]
    if not labels or not figures:
        return set()
    blank = [n for n, row in enumerate(rows) if any(is_blank(row[c]) for c in labels)]
    if len(blank) > _MAX_BLANK_ROWS:
        return set()
    sums: set[int] = set()
    for row in blank:
        if row in totals:
            continue
        summed = totals | sums
        start = max((n + 1 for n in summed if n < row), default=0)
        above = [n for n in range(row) if n not in summed]
        parts = [n for n in above if n >= start]
        if any(
            _is_unlabeled(rows, row, group, labels) and _adds_up(figures, row, group)
            for group in (parts, above)
        ):
            sums.add(row)
    return sums


def _is_unlabeled(
    rows: Sequence[Sequence[str]], row: int, parts: Sequence[int], labels: Sequence[int]
) -> bool:
    return any(
        is_blank(rows[row][c]) and all(not is_blank(rows[n][c]) for n in parts) for c in labels
    )


def _adds_up(figures: Sequence[Column], row: int, parts: Sequence[int]) -> bool:
    """Whether every figure of a row but percents is the sum of those of its parts."""
    if len(parts) < _MIN_PARTS:
        return False
    equal = 0
    for column in figures:
        value = column.values[row]
        if column.unit == "%" or not isinstance(value, Decimal):
            continue
        added = [v for n in parts if isinstance(v := column.values[n], Decimal)]
        if abs(sum(added) - value) > _TOLERANCE * abs(value):
            return False
        equal += sum(map(bool, added)) >= _MIN_PARTS
    return equal > 0
