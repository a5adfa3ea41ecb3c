"""The rows of an answer as a table whose columns have types, for programs."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

from rag_infer.tables.columns import Kind, Value, column_of
from rag_infer.tables.figures import decimal_mark
from rag_infer.types import ResultTable

MAX_ROWS = 100
_FLAG = {"yes": True, "no": False}


def result_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    computation: str = "",
    source: Sequence[str] = (),
) -> ResultTable:
    """Rows with the type and unit of each column, and what each cell means.

    Args:
        columns: Their headers.
        rows: Their cells as they are written; those after the first 100 are left out.
        computation: The SQL or formula that they come from.
        source: Cells of the table that they are from, by which a comma is read.
    """
    visible = tuple(tuple(row) for row in rows[:MAX_ROWS])
    mark = decimal_mark(source)
    typed = [
        column_of(n, name, [row[n] if n < len(row) else "" for row in visible], mark)
        for n, name in enumerate(columns)
    ]
    values = tuple(
        tuple(_plain(column.kind, column.values[n]) for column in typed)
        for n in range(len(visible))
    )  # fmt: skip
    return ResultTable(
        tuple(columns), visible, max(0, len(rows) - MAX_ROWS), computation,
        tuple(column.kind for column in typed), tuple(column.unit for column in typed), values,
    )  # fmt: skip


def _plain(kind: Kind, value: Value) -> int | float | bool | str | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return _FLAG[value] if kind == "flag" and value in _FLAG else value
