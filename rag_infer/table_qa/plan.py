"""What a question means for one table: a small typed tree that can be run and said in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rag_infer.table_qa.query_table import QueryTable

PlanKind = Literal[
    "rows", "mean", "together", "percentage", "periods", "periods_within", "best_period",
    "cells", "count", "count_distinct", "sum", "avg", "median", "max", "min", "best", "group",
    "difference", "growth", "share", "ratio", "frequency", "flag",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows whose cell in a column has one of some texts, or is within bounds.

    ``column`` -1 is the title of the group that a row stands under.
    """

    column: int
    texts: tuple[str, ...] = ()
    comparator: str = ""
    value: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A reading of a question.

    Attributes:
        table: The table that it is about.
        kind: What is done.
        rows: The rows of the body that meet the conditions.
        conditions: Why those.
        target: The column that the answer is from, or that names it.
        measure: The column of figures that is computed over or ordered by.
        group: The column by whose values it is grouped.
        descending: Of an order: the largest first.
        top: How many of the best.
        aggregate: How figures of a group or a side are put together.
        cells: Of two-sided computations: (row, column) of each figure, sides in order.
        certainty: 0 to 1, that this is what the question means.
        reasons: What was assumed, to be shown.
    """

    table: QueryTable
    kind: PlanKind
    rows: tuple[int, ...] = ()
    conditions: tuple[Condition, ...] = ()
    target: int | None = None
    measure: int | None = None
    group: int | None = None
    descending: bool = True
    top: int = 1
    aggregate: Literal["sum", "avg", "median", "max", "min", "count"] = "sum"
    cells: tuple[tuple[tuple[int, int], ...], ...] = ()
    certainty: float = 0.0
    reasons: tuple[str, ...] = ()
    flag: str = ""
