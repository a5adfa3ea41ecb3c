"""Runs a plan: exact decimals over the rows it chose, with the SQL that says the same."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal

from rag_infer.table_qa.cell_execution import run_cells
from rag_infer.table_qa.outcome import (
    Outcome,
    column_name,
    format_number,
    from_clause,
    left_out,
    where,
    with_unit,
)
from rag_infer.table_qa.plan import Plan
from rag_infer.tables.figures import is_blank
from rag_infer.tools.sql_names import quoted

_WORDS = {
    "sum": "Total", "avg": "Average", "median": "Median", "max": "Highest", "min": "Lowest",
}  # fmt: skip

_MAX_NAMED_TEXTS = 3


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
        column_name(table, target) if table.headers[target] else "Item",
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
        f"Rows of {table.name}{where(plan)}",
        tuple(column.name for column in table.columns),
        rows,
        tuple((n, table.label_column) for n in plan.rows),
        notes=tuple(left_out(plan)),
    )


def _flag(plan: Plan) -> Outcome:
    """Yes or no, with the cells that say so."""
    table = plan.table
    cells = tuple(cell for side in plan.cells for cell in side)
    columns = tuple(dict.fromkeys(c for _, c in cells))
    rows = tuple(
        (table.rows[n].texts[table.label_column], *(table.rows[n].texts[c] for c in columns))
        for n in dict.fromkeys(n for n, _ in cells)
    )
    names = tuple(column_name(table, c) for c in columns)
    labels = " and ".join(row[0] for row in rows)
    return Outcome(
        (plan.flag,), f"{labels}, {' and '.join(names)}",
        (table.columns[table.label_column].name, *names), rows, cells,
    )  # fmt: skip


def _condition_columns(plan: Plan) -> list[int]:
    return [condition.column for condition in plan.conditions]


def _aggregate(plan: Plan) -> Outcome | None:
    figures = _figures(plan, plan.rows)
    if not figures:
        return None
    value = _AGGREGATES[plan.kind]([v for _, v in figures])
    name = column_name(plan.table, plan.measure)
    notes = [*left_out(plan)]
    notes += _without_figure(plan, {n for n, _ in figures})
    title = f"{_WORDS[plan.kind]} {name}{where(plan)}"
    text = with_unit(plan, value)
    assert plan.measure is not None
    column = quoted(name)
    function = {"sum": "sum", "avg": "avg", "median": "median", "max": "max", "min": "min"}
    sql = f"SELECT {function[plan.kind]}({column}) FROM {from_clause(plan)}"
    return Outcome(
        (text,), title, (name,), ((text,),), tuple((n, plan.measure) for n, _ in figures), sql,
        tuple(notes),
    )  # fmt: skip


def _without_figure(plan: Plan, rows: Collection[int]) -> list[str]:
    """A note on the rows that have no figure, with what stands there instead: "#DIV/0!"."""
    assert plan.measure is not None
    missing = [n for n in plan.rows if n not in rows]
    if not missing:
        return []
    texts = dict.fromkeys(plan.table.rows[n].texts[plan.measure].strip() for n in missing)
    instead = ", ".join([text for text in texts if text][:_MAX_NAMED_TEXTS])
    return [
        f"{len(missing)} row{'s' * (len(missing) > 1)} without a figure left out"
        + (f" ({instead})" if instead else "")
    ]


def _count(plan: Plan) -> Outcome:
    if plan.kind == "count_distinct" and plan.target is not None:
        texts = {plan.table.rows[n].texts[plan.target].strip().casefold() for n in plan.rows}
        number = len(texts - {""})
        name = plan.table.columns[plan.target].name
        title = f"Different values of {name}{where(plan)}"
        sql = f"SELECT count(DISTINCT {quoted(name)}) FROM {from_clause(plan)}"
    else:
        number = len(plan.rows)
        title = f"Rows of {plan.table.name}{where(plan)}" if plan.table.name else "Rows"
        sql = f"SELECT count(*) FROM {from_clause(plan)}"
    column = plan.target if plan.target is not None else plan.table.label_column
    return Outcome(
        (f"{number:,}",), title, ("count",), ((f"{number:,}",),),
        tuple((n, column) for n in plan.rows), sql, tuple(left_out(plan)),
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
            result.append((label, with_unit(plan, _AGGREGATES[plan.aggregate](figures))))
    if not result:
        return None
    by = plan.table.columns[plan.group].name
    if plan.aggregate == "count":
        name, function = "count", "count(*)"
        title = f"Rows for each {by}{where(plan)}"
    else:
        name = column_name(plan.table, plan.measure)
        function = f"{plan.aggregate}({quoted(name)})"
        title = f"{_WORDS[plan.aggregate]} {name} for each {by}{where(plan)}"
    sql = f"SELECT {quoted(by)}, {function} FROM {from_clause(plan)} GROUP BY 1 ORDER BY 1"
    column = plan.measure if plan.measure is not None else plan.group
    return Outcome(
        tuple(f"{a} {b}" for a, b in result), title, (by, name), tuple(result),
        tuple((n, column) for n in plan.rows), sql, tuple(left_out(plan)),
    )  # fmt: skip


def _best(plan: Plan) -> Outcome | None:
    assert plan.target is not None and plan.measure is not None
    table = plan.table
    name, label = column_name(table, plan.measure), table.columns[plan.target].name
    if plan.group is not None:
        sums: dict[str, Decimal] = {}
        for row, value in _figures(plan, plan.rows):
            key = table.rows[row].texts[plan.group]
            sums[key] = sums.get(key, Decimal(0)) + value
        ranked = sorted(sums.items(), key=lambda p: p[1], reverse=plan.descending)
        visible = [(text, with_unit(plan, value), value) for text, value in ranked]
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
        title = f"{plan.top} rows with the {word} {name}{where(plan)}"
    else:
        title = f"{label} with the {word} {name}{where(plan)}"
    rows = tuple((text, figure) for text, figure, _ in best)
    direction = "DESC" if plan.descending else "ASC"
    sql = (
        f"SELECT {quoted(label)}, {expression} FROM {from_clause(plan)}{tail}"
        f" ORDER BY 2 {direction} LIMIT {max(plan.top, len(best))}"
    )
    cells = tuple(
        (n, c) for text in dict.fromkeys(r[0] for r in rows) for n in cited[text][:3]
        for c in (plan.target, plan.measure)
    )  # fmt: skip
    return Outcome(
        tuple(dict.fromkeys(r[0] for r in rows)), title, (label, name), rows, cells, sql,
        tuple(left_out(plan)),
    )  # fmt: skip


def _frequency(plan: Plan) -> Outcome | None:
    assert plan.target is not None
    texts = (plan.table.rows[n].texts[plan.target] for n in plan.rows)
    counts = Counter(text for text in texts if not is_blank(text))
    if not counts:
        return None
    most = max(counts.values()) if plan.descending else min(counts.values())
    best = sorted(text for text, count in counts.items() if count == most)
    name = plan.table.columns[plan.target].name
    sql = (
        f"SELECT {quoted(name)}, count(*) FROM {from_clause(plan)} GROUP BY 1 ORDER BY 2 "
        f"{'DESC' if plan.descending else 'ASC'} LIMIT {len(best)}"
    )
    cells = tuple(
        (n, plan.target) for n in plan.rows if plan.table.rows[n].texts[plan.target] in best
    )
    word = "most" if plan.descending else "fewest"
    return Outcome(
        tuple(best), f"{name} with the {word} rows{where(plan)}", (name, "rows"),
        tuple((text, str(most)) for text in best), cells, sql, tuple(left_out(plan)),
    )  # fmt: skip


def _share(plan: Plan) -> Outcome | None:
    entire = _figures(plan, plan.table.data)
    part = _figures(plan, plan.rows)
    total = sum((v for _, v in entire), Decimal(0))
    if not part or not total or any(v < 0 for _, v in entire):
        return None
    amount = sum((v for _, v in part), Decimal(0))
    text = f"{format_number(amount / total * 100)} %"
    name = column_name(plan.table, plan.measure)
    assert plan.measure is not None
    return Outcome(
        (text,), f"Share of {name}{where(plan)}", (name,), ((text,),),
        tuple((n, plan.measure) for n, _ in part), "", tuple(left_out(plan)),
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
    "flag": _flag,
    "count": _count,
    "count_distinct": _count,
    "group": _group,
    "best": _best,
    "frequency": _frequency,
    "difference": run_cells,
    "growth": run_cells,
    "mean": run_cells,
    "together": run_cells,
    "ratio": run_cells,
    "percentage": run_cells,
    "periods": run_cells,
    "periods_within": run_cells,
    "best_period": run_cells,
    "share": _share,
}
