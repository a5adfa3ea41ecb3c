"""Rows that are the sum of the rows of their group, though no label says so.

In "Income 500, Sales 300, Grants 200, Expenses 400, Wages 250, Rent 150" two rows sum up others.
One such sum may be chance; a table that falls whole into groups of a row and its parts is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rag_infer.tables.columns import Column

_MAX_ROWS, _MAX_COLUMNS, _MAX_PARTS = 2000, 40, 60
_MIN_GROUPS = 2  # of several parts each
_MIN_VALUE = 10  # of the largest sum: small counts add up by chance
_TOLERANCE = Decimal("0.001")


def group_sum_rows(columns: Sequence[Column], excluded: frozenset[int] = frozenset()) -> set[int]:
    """The rows of a body that sum up the rows of their group, which stand all below or all above.

    Args:
        columns: The columns of the body, with a value for each row.
        excluded: Rows that are known to sum up others.

    Returns:
        Their numbers; empty unless every row with figures is such a row or one of its parts.
    """
    figures = [c for c in columns if c.kind == "number"][:_MAX_COLUMNS]
    if not figures or len(figures[0].values) > _MAX_ROWS:
        return set()
    rows = [
        n for n in range(len(figures[0].values))
        if n not in excluded and any(isinstance(c.values[n], Decimal) for c in figures)
    ]  # fmt: skip
    for column in figures:
        values = [v if isinstance(v := column.values[n], Decimal) else None for n in rows]
        for order in (1, -1):
            heads = _heads(values[::order])
            if heads and _are_sums_elsewhere(figures, column, rows[::order], heads):
                return {rows[::order][n] for n in heads}
    return set()


def _are_sums_elsewhere(
    columns: Sequence[Column], column: Column, rows: Sequence[int], heads: Sequence[int]
) -> bool:
    """Whether in most other columns of figures, too, those rows sum up the rows after them."""
    agreeing = disagreeing = 0
    for other in columns:
        if other is column:
            continue
        values = [other.values[n] for n in rows]
        figures = [v if isinstance(v, Decimal) else Decimal(0) for v in values]
        if any(not isinstance(values[h], Decimal) for h in heads):
            continue
        ends = [len(rows), *heads]
        is_sum = all(
            abs(sum(figures[h + 1 : end]) - figures[h]) <= _TOLERANCE * abs(figures[h])
            for h, end in zip(heads, ends, strict=False)
        )
        agreeing, disagreeing = agreeing + is_sum, disagreeing + (not is_sum)
    return agreeing >= disagreeing


def _heads(values: Sequence[Decimal | None]) -> list[int]:
    """Indices of the values that equal the sum of those after them, up to the next such index."""
    before: dict[int, int] = {0: -1}  # the index where a group begins: that of the group before it
    for start in range(len(values)):
        if start not in before or (head := values[start]) is None:
            continue
        total, figures = Decimal(0), 0
        for end in range(start + 1, min(len(values), start + 1 + _MAX_PARTS)):
            part = values[end]
            if part is not None:
                total, figures = total + part, figures + 1
            if figures and abs(total - head) <= _TOLERANCE * abs(head):
                before.setdefault(end + 1, start)
    if len(values) not in before:
        return []
    heads: list[int] = []
    head_row = before[len(values)]
    while head_row >= 0:
        heads.append(head_row)
        head_row = before[head_row]
    ends = [len(values), *heads]
    several = [h for h, end in zip(heads, ends, strict=False) if end - h > 2]
    sums = [abs(v) for h in several if (v := values[h]) is not None]
    return heads if len(several) >= _MIN_GROUPS and max(sums) >= _MIN_VALUE else []
