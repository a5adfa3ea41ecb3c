"""Runs a plan: exact decimals over the rows it chose, with the SQL that says the same."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.tools.sql_client import distinct, literal, quoted

_MAX_NAMED = 3  # total rows that are named
_DIGITS = 12
_WORDS = {
    "sum": "Total", "avg": "Average", "median": "Median", "max": "Highest", "min": "Lowest",
}  # fmt: skip


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


def run(plan: Plan) -> Outcome | None:
    """The outcome of a plan; None where there is nothing to compute."""
    runner = _RUNNERS.get(plan.kind, _aggregate)
    outcome = runner(plan)
    if outcome is None:
        return None
    notes = (*outcome.notes, *plan.reasons)
    return Outcome(
        outcome.values, outcome.title, outcome.columns, outcome.rows, outcome.cells, outcome.sql,
        notes, outcome.formula,
    )  # fmt: skip


def format_number(value: Decimal) -> str:
    """A computed figure, of twelve digits at most, with thousands separated."""
    rounded = +value if value == value.to_integral_value() else round(value, _places(value))
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _places(value: Decimal) -> int:
    size = max(value.copy_abs().adjusted(), 0)
    return max(2, min(_DIGITS - size, 4 if abs(value) >= 1 else 6))


def _figures(plan: Plan, rows: Sequence[int]) -> list[tuple[int, Decimal]]:
    assert plan.measure is not None
    values = plan.table.columns[plan.measure].values
    return [(n, v) for n in rows if isinstance(v := values[n], Decimal)]


def _cells(plan: Plan) -> Outcome:
    assert plan.target is not None
    table, target = plan.table, plan.target
    visible = [n for n in plan.rows if table.rows[n].texts[target].strip()]
    values = tuple(dict.fromkeys(table.rows[n].texts[target] for n in visible))
    labels = list(dict.fromkeys([table.label_column, *_condition_columns(plan)]))
    columns = [c for c in labels if c != target and c >= 0]
    return Outcome(
        values,
        _name(table, target),
        tuple(table.columns[c].name for c in (*columns, target)),
        tuple(tuple(table.rows[n].texts[c] for c in (*columns, target)) for n in visible),
        tuple((n, target) for n in visible),
    )


def _rows(plan: Plan) -> Outcome | None:
    """All cells of the rows."""
    if not plan.rows:
        return None
    table = plan.table
    rows = tuple(table.rows[n].texts for n in plan.rows)
    return Outcome(
        tuple(" | ".join(row) for row in rows),
        f"Rows of {table.name}{_where(plan)}",
        tuple(column.name for column in table.columns),
        rows,
        tuple((n, table.label_column) for n in plan.rows),
        notes=tuple(_left_out(plan)),
    )


def _condition_columns(plan: Plan) -> list[int]:
    return [condition.column for condition in plan.conditions]


def _aggregate(plan: Plan) -> Outcome | None:
    figures = _figures(plan, plan.rows)
    if not figures:
        return None
    value = _AGGREGATES[plan.kind]([v for _, v in figures])
    name = _name(plan.table, plan.measure)
    notes = [*_left_out(plan)]
    missing = len(plan.rows) - len(figures)
    if missing:
        notes.append(f"{missing} row{'s' * (missing > 1)} without a figure left out")
    title = f"{_WORDS[plan.kind]} {name}{_where(plan)}"
    text = _with_unit(plan, value)
    assert plan.measure is not None
    column = quoted(name)
    function = {"sum": "sum", "avg": "avg", "median": "median", "max": "max", "min": "min"}
    sql = f"SELECT {function[plan.kind]}({column}) FROM {_from(plan)}"
    return Outcome(
        (text,), title, (name,), ((text,),), tuple((n, plan.measure) for n, _ in figures), sql,
        tuple(notes),
    )  # fmt: skip


def _count(plan: Plan) -> Outcome:
    if plan.kind == "count_distinct" and plan.target is not None:
        texts = {plan.table.rows[n].texts[plan.target].strip().casefold() for n in plan.rows}
        number = len(texts - {""})
        name = plan.table.columns[plan.target].name
        title = f"Different values of {name}{_where(plan)}"
        sql = f"SELECT count(DISTINCT {quoted(name)}) FROM {_from(plan)}"
    else:
        number = len(plan.rows)
        title = f"Rows of {plan.table.name}{_where(plan)}" if plan.table.name else "Rows"
        sql = f"SELECT count(*) FROM {_from(plan)}"
    column = plan.target if plan.target is not None else plan.table.label_column
    return Outcome(
        (f"{number:,}",), title, ("count",), ((f"{number:,}",),),
        tuple((n, column) for n in plan.rows), sql, tuple(_left_out(plan)),
    )  # fmt: skip


def _group(plan: Plan) -> Outcome | None:
    assert plan.group is not None
    groups: dict[str, list[int]] = {}
    for row in plan.rows:
        groups.setdefault(plan.table.rows[row].texts[plan.group], []).append(row)
    result = []
    for label in sorted(groups):
        if plan.aggregate == "count":
            result.append((label, f"{len(groups[label]):,}"))
            continue
        figures = [v for _, v in _figures(plan, groups[label])]
        if figures:
            result.append((label, _with_unit(plan, _AGGREGATES[plan.aggregate](figures))))
    if not result:
        return None
    by = plan.table.columns[plan.group].name
    if plan.aggregate == "count":
        name, function = "count", "count(*)"
        title = f"Rows for each {by}{_where(plan)}"
    else:
        name = _name(plan.table, plan.measure)
        function = f"{plan.aggregate}({quoted(name)})"
        title = f"{_WORDS[plan.aggregate]} {name} for each {by}{_where(plan)}"
    sql = f"SELECT {quoted(by)}, {function} FROM {_from(plan)} GROUP BY 1 ORDER BY 1"
    column = plan.measure if plan.measure is not None else plan.group
    return Outcome(
        tuple(f"{a} {b}" for a, b in result), title, (by, name), tuple(result),
        tuple((n, column) for n in plan.rows), sql, tuple(_left_out(plan)),
    )  # fmt: skip


def _best(plan: Plan) -> Outcome | None:
    assert plan.target is not None and plan.measure is not None
    table = plan.table
    name, label = _name(table, plan.measure), table.columns[plan.target].name
    if plan.group is not None:
        sums: dict[str, Decimal] = {}
        for row, value in _figures(plan, plan.rows):
            key = table.rows[row].texts[plan.group]
            sums[key] = sums.get(key, Decimal(0)) + value
        ranked = sorted(sums.items(), key=lambda p: p[1], reverse=plan.descending)
        visible = [(text, _with_unit(plan, value), value) for text, value in ranked]
        expression, tail = f"sum({quoted(name)})", " GROUP BY 1"
        cited = {text: [n for n in plan.rows if table.rows[n].texts[plan.group] == text]
                 for text in sums}  # fmt: skip
    else:
        figures = _figures(plan, plan.rows)
        figures.sort(key=lambda p: p[1], reverse=plan.descending)
        visible = [
            (table.rows[n].texts[plan.target], table.rows[n].texts[plan.measure], v)
            for n, v in figures
        ]
        expression, tail = quoted(name), ""
        cited = {}
        for n, _ in figures:
            cited.setdefault(table.rows[n].texts[plan.target], []).append(n)
    if not visible:
        return None
    limit = visible[min(plan.top, len(visible)) - 1][2]
    best = [s for s in visible if (s[2] >= limit if plan.descending else s[2] <= limit)]
    word = "highest" if plan.descending else "lowest"
    if plan.top > 1:
        title = f"{plan.top} rows with the {word} {name}{_where(plan)}"
    else:
        title = f"{label} with the {word} {name}{_where(plan)}"
    rows = tuple((text, figure) for text, figure, _ in best)
    direction = "DESC" if plan.descending else "ASC"
    sql = (
        f"SELECT {quoted(label)}, {expression} FROM {_from(plan)}{tail}"
        f" ORDER BY 2 {direction} LIMIT {max(plan.top, len(best))}"
    )
    cells = tuple(
        (n, c) for text in dict.fromkeys(r[0] for r in rows) for n in cited[text][:3]
        for c in (plan.target, plan.measure)
    )  # fmt: skip
    return Outcome(
        tuple(dict.fromkeys(r[0] for r in rows)), title, (label, name), rows, cells, sql,
        tuple(_left_out(plan)),
    )  # fmt: skip


def _frequency(plan: Plan) -> Outcome | None:
    assert plan.target is not None
    counts = Counter(plan.table.rows[n].texts[plan.target] for n in plan.rows)
    counts.pop("", None)
    if not counts:
        return None
    most = max(counts.values())
    best = sorted(text for text, count in counts.items() if count == most)
    name = plan.table.columns[plan.target].name
    sql = (
        f"SELECT {quoted(name)}, count(*) FROM {_from(plan)} GROUP BY 1 ORDER BY 2 DESC"
        f" LIMIT {len(best)}"
    )
    cells = tuple(
        (n, plan.target) for n in plan.rows if plan.table.rows[n].texts[plan.target] in best
    )
    return Outcome(
        tuple(best), f"{name} with the most rows{_where(plan)}", (name, "rows"),
        tuple((text, str(most)) for text in best), cells, sql, tuple(_left_out(plan)),
    )  # fmt: skip


def _two_sided(plan: Plan) -> Outcome | None:
    sides: list[tuple[Decimal, str]] = []
    for side in plan.cells:
        values = [plan.table.columns[c].values[n] for n, c in side]
        figures = [v for v in values if isinstance(v, Decimal)]
        if len(figures) != len(side) or not figures:
            return None
        texts = [plan.table.rows[n].texts[c] for n, c in side]
        sides.append((sum(figures, Decimal(0)), " + ".join(texts)))
    (first, first_text), (second, second_text) = sides
    if plan.kind in ("mean", "together"):
        return _over_periods(plan, sides)
    unit = plan.table.columns[plan.cells[0][0][1]].unit
    if plan.kind == "growth":
        if not first:
            return None
        value = (second - first) / abs(first) * 100
        text = f"{format_number(value)} %"
        formula = f"({second_text} - {_bracketed(first_text)}) / {_bracketed(first_text)}"
        title = "Growth"
    else:
        value = second - first if _is_change(plan) else abs(first - second)
        larger, smaller = (second_text, first_text)
        if not _is_change(plan) and first > second:
            larger, smaller = first_text, second_text
        text = format_number(value) + (f" {unit}" if unit else "")
        formula = f"{larger} - {_bracketed(smaller)}"
        title = "Change" if _is_change(plan) else "Difference"
    name = _measure_name(plan)
    return Outcome(
        (text,), f"{title} in {name}{_where(plan)}", (name,), ((text,),),
        tuple(cell for side in plan.cells for cell in side), "", tuple(_left_out(plan)), formula,
    )  # fmt: skip


def _over_periods(plan: Plan, sides: Sequence[tuple[Decimal, str]]) -> Outcome:
    value = sum((v for v, _ in sides), Decimal(0))
    formula = " + ".join(_bracketed(text) for _, text in sides)
    if plan.kind == "mean":
        value, formula = value / len(sides), f"({formula}) / {len(sides)}"
    unit = plan.table.columns[plan.cells[0][0][1]].unit
    name = _measure_name(plan)
    text = format_number(value) + (f" {unit}" if unit else "")
    periods = " and ".join(plan.table.columns[side[0][1]].name for side in plan.cells)
    word = "Average" if plan.kind == "mean" else "Sum"
    return Outcome(
        (text,), f"{word} of {name}, {periods}", (name,), ((text,),),
        tuple(cell for side in plan.cells for cell in side), "", tuple(_left_out(plan)), formula,
    )  # fmt: skip


def _bracketed(text: str) -> str:
    return f"({text})" if " + " in text or text.startswith(("-", "−")) else text


def _is_change(plan: Plan) -> bool:
    """Whether the sides are two times of one thing, so that the sign matters."""
    return len({c for side in plan.cells for _, c in side}) > 1


def _measure_name(plan: Plan) -> str:
    if plan.measure is not None:
        return _name(plan.table, plan.measure)
    row = plan.cells[0][0][0]
    return plan.table.rows[row].texts[plan.table.label_column]


def _share(plan: Plan) -> Outcome | None:
    entire = _figures(plan, plan.table.data)
    part = _figures(plan, plan.rows)
    total = sum((v for _, v in entire), Decimal(0))
    if not part or not total or any(v < 0 for _, v in entire):
        return None
    amount = sum((v for _, v in part), Decimal(0))
    text = f"{format_number(amount / total * 100)} %"
    name = _name(plan.table, plan.measure)
    assert plan.measure is not None
    return Outcome(
        (text,), f"Share of {name}{_where(plan)}", (name,), ((text,),),
        tuple((n, plan.measure) for n, _ in part), "", tuple(_left_out(plan)),
        f"{format_number(amount)} / {format_number(total)}",
    )  # fmt: skip


_AGGREGATES: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda values: sum(values, Decimal(0)),
    "avg": lambda values: sum(values, Decimal(0)) / len(values),
    "median": lambda values: Decimal(statistics.median(values)),
    "max": max,
    "min": min,
}
_RUNNERS: dict[str, Callable[[Plan], Outcome | None]] = {
    "cells": _cells,
    "rows": _rows,
    "count": _count,
    "count_distinct": _count,
    "group": _group,
    "best": _best,
    "frequency": _frequency,
    "difference": _two_sided,
    "growth": _two_sided,
    "mean": _two_sided,
    "together": _two_sided,
    "share": _share,
}


def _with_unit(plan: Plan, value: Decimal) -> str:
    assert plan.measure is not None
    unit = plan.table.columns[plan.measure].unit
    text = format_number(value)
    return f"{text} {unit}" if unit else text


def _name(table: QueryTable, column: int | None) -> str:
    assert column is not None
    scale = table.scale if table.columns[column].kind == "number" else ""
    name = table.columns[column].name
    return f"{name} ({scale}s)" if scale and scale not in name.lower() else name


def _left_out(plan: Plan) -> list[str]:
    """Total rows that are not computed with, said."""
    table = plan.table
    names = [
        next(text for text in row.texts if text.strip())
        for row in table.rows
        if row.role == "total"
    ]
    notes = []
    if names:
        visible = ", ".join(dict.fromkeys(names[:_MAX_NAMED]))
        more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
        phrases = "rows that sum up others" if len(names) > 1 else "row that sums up others"
        notes.append(f"{phrases} left out: {visible}{more}")
    if table.skipped_rows:
        notes.append(f"{table.skipped_rows} rows left out that have other columns")
    return notes


def _where(plan: Plan) -> str:
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
    return f"{name} {' or '.join(condition.texts[:3])}" + (
        " ..." if len(condition.texts) > 3 else ""
    )


def _from(plan: Plan) -> str:
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
        elif len(condition.texts) == 1:
            clauses.append(f"{name} = {literal(condition.texts[0])}")
        elif len(condition.texts) <= 10:
            clauses.append(f"{name} IN ({', '.join(map(literal, condition.texts))})")
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return quoted(distinct([table.name], "table")[0]) + where
