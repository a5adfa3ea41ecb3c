"""What a plan gave, and the words, units and SQL that outcomes are told with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.tools.sql_names import distinct, literal, quoted

_MAX_NAMED = 3  # total rows that are named
_MIN_DAYS = 4  # fewer are named each
_MAX_TEXTS = 200  # of a condition
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plan gave.

    Attributes:
        values: The answers: cells as they are written, or computed figures.
        title: What they are, in words.
        columns: Headers of the result.
        rows: The result as a table.
        cells: The (row, column) of the table's body that support it.
        sql: The computation in SQL; empty for cells that are only read.
        notes: What was left out or assumed.
        formula: A computation of a few cells, with its figures.
    """

    values: tuple[str, ...]
    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    sql: str = ""
    notes: tuple[str, ...] = ()
    formula: str = ""


def format_number(value: Decimal) -> str:
    """A computed figure, of twelve digits at most, with thousands separated."""
    rounded = +value if value == value.to_integral_value() else round(value, _places(value))
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _places(value: Decimal) -> int:
    size = max(value.copy_abs().adjusted(), 0)
    return max(2, min(_DIGITS - size, 4 if abs(value) >= 1 else 6))


def with_unit(plan: Plan, value: Decimal) -> str:
    assert plan.measure is not None
    unit = plan.table.columns[plan.measure].unit
    text = format_number(value)
    return f"{text} {unit}" if unit else text


def column_name(table: QueryTable, column: int | None) -> str:
    assert column is not None
    scale = table.scale if table.columns[column].kind == "number" else ""
    name = table.columns[column].name
    return f"{name} ({scale}s)" if scale and scale not in name.lower() else name


def left_out(plan: Plan) -> list[str]:
    """Total rows that are not computed with, said."""
    table = plan.table
    names = []
    for row in table.rows:
        if row.role == "total":
            name = next(text for text in row.texts if text.strip())
            names.append(name if any(map(str.isalpha, name)) else f"one without a label ({name})")
    notes = []
    if names:
        visible = ", ".join(dict.fromkeys(names[:_MAX_NAMED]))
        more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
        phrases = "rows that sum up others" if len(names) > 1 else "row that sums up others"
        notes.append(f"{phrases} left out: {visible}{more}")
    if table.join_note:
        notes.append(table.join_note)
    if table.skipped_rows:
        notes.append(f"{table.skipped_rows} rows left out that have other columns")
    return notes


def where(plan: Plan) -> str:
    parts = [_said(plan.table, condition) for condition in plan.conditions]
    return f", {', '.join(parts)}" if parts else ""


def _said(table: QueryTable, condition: Condition) -> str:
    name = table.columns[condition.column].name if condition.column >= 0 else "under"
    if condition.comparator == "between":
        assert condition.value is not None and condition.upper is not None
        low, high = format_number(condition.value), format_number(condition.upper)
        return f"{name} from {low} to {high}"
    if condition.value is not None:
        return f"{name} {condition.comparator} {condition.value:f}"
    if condition.comparator == "!=":
        return f"without {name} {condition.texts[0]}"
    if condition.comparator:
        return f"{name} {condition.comparator} {condition.texts[0]}"
    if start := _common_start(table, condition):
        return f"{name} {start}"
    return f"{name} {' or '.join(condition.texts[:3])}" + (
        " ..." if len(condition.texts) > 3 else ""
    )


def _common_start(table: QueryTable, condition: Condition) -> str:
    """What the days of a condition begin with, and no other row does: "2024-03"; else empty."""
    column = condition.column
    if column < 0 or len(condition.texts) < _MIN_DAYS or table.columns[column].kind != "date":
        return ""
    first = condition.texts[0]
    for start in [first[: mark.start()] for mark in re.finditer("-", first)][::-1]:
        texts = (table.rows[n].texts[column] for n in table.data)
        if {t for t in texts if t.startswith(f"{start}-")} == set(condition.texts):
            return start
    return ""


def from_clause(plan: Plan) -> str:
    """The table of a query, and its conditions."""
    table = plan.table
    clauses = []
    for condition in plan.conditions:
        if condition.column < 0:
            continue
        name = quoted(table.columns[condition.column].name)
        if condition.comparator == "between":
            clauses.append(f"{name} BETWEEN {condition.value:f} AND {condition.upper:f}")
        elif condition.value is not None:
            clauses.append(f"{name} {condition.comparator} {condition.value:f}")
        elif condition.comparator == "!=":
            clauses.append(f"{name} <> {literal(condition.texts[0])}")
        elif condition.comparator:
            clauses.append(f"{name} {condition.comparator} DATE {literal(condition.texts[0])}")
        elif len(condition.texts) == 1:
            clauses.append(f"{name} = {literal(condition.texts[0])}")
        elif start := _common_start(table, condition):
            clauses.append(f"{name} LIKE {literal(f'{start}-%')}")
        elif len(condition.texts) <= _MAX_TEXTS:
            clauses.append(f"{name} IN ({', '.join(map(literal, condition.texts))})")
    clause = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return (table.sql_source or quoted(distinct([table.name], "table")[0])) + clause
