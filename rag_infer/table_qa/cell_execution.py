"""Runs plans over a few cells: periods side by side, change, growth, mean, sum, ratio, best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.table_qa.line_items import YEAR
from rag_infer.table_qa.outcome import Outcome, column_name, format_number, left_out, where
from rag_infer.table_qa.outflows import is_outflow, may_be_outflow
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.tables.figures import decimal_mark, is_blank, parse_figure

_DASHES = frozenset("-–—−")
_ZERO_NOTE = "a dash is read as zero"
_SPENT_NOTE = "amounts in brackets or with a minus are read as amounts spent"


@dataclass(frozen=True, slots=True)
class _Side:
    """One figure of a computation, with how it is written in the formula."""

    value: Decimal
    text: str
    unit: str
    is_dash: bool = False
    is_spent: bool = False


def run_cells(plan: Plan) -> Outcome | None:
    """The outcome of a plan over single cells; None where one of them has no figure."""
    if plan.kind in ("periods", "periods_within"):
        return _periods(plan)
    if plan.kind == "best_period":
        return _best_period(plan)
    sides = [_side(plan, side) for side in plan.cells]
    whole = [side for side in sides if side is not None]
    if len(whole) != len(sides) or len(whole) < 2 or len({s.unit for s in whole if s.unit}) > 1:
        return None
    return _COMPUTATIONS[plan.kind](plan, whole)


def _side(plan: Plan, cells: Sequence[tuple[int, int]]) -> _Side | None:
    sides = [_cell(plan, row, column) for row, column in cells]
    if not sides or any(side is None for side in sides):
        return None
    figures = [side for side in sides if side is not None]
    units = Counter(side.unit for side in figures)
    text = " + ".join(side.text for side in figures)
    return _Side(
        sum((side.value for side in figures), Decimal(0)),
        f"({text})" if len(figures) > 1 else text,
        units.most_common(1)[0][0],
        any(side.is_dash for side in figures),
        any(side.is_spent for side in figures),
    )


def _cell(plan: Plan, row: int, column: int) -> _Side | None:
    table = plan.table
    text = table.rows[row].texts[column].strip()
    if text in _DASHES and table.is_statement and plan.kind in ("difference", "mean", "together"):
        return _Side(Decimal(0), "0", "", is_dash=True)  # accounts write nothing as a dash
    if is_blank(text):
        return None
    value = table.columns[column].values[row]
    figure = parse_figure(text, decimal_mark([text]))
    unit = figure.unit if figure is not None else ""
    if not isinstance(value, Decimal):
        if figure is None:
            return None
        value = figure.value
    if not unit and _has_named_unit(table, column):
        unit = table.columns[column].unit
    if value < 0 and is_outflow(table, row):
        return _Side(-value, text.strip("()-−– "), unit, is_spent=True)
    return _Side(value, _as_term(text, value), unit)


def _as_term(text: str, value: Decimal) -> str:
    """A figure as a formula has it: "(42.7)" of an account is -42.7."""
    return f"(-{text.lstrip('(-−–').rstrip(')')})" if value < 0 else text.strip("()")


def _has_named_unit(table: QueryTable, column: int) -> bool:
    """Whether the unit of a column is its header's, as no cell has one, or most cells'."""
    own = [
        figure.unit
        for n in table.data
        if (figure := parse_figure(table.rows[n].texts[column])) is not None
    ]
    return not any(own) or 2 * sum(map(bool, own)) > len(own)


def _periods(plan: Plan) -> Outcome | None:
    """The cells of one row, in the order in which the question asks for them."""
    table = plan.table
    cells = [cell for side in plan.cells for cell in side]
    texts = [table.rows[row].texts[column].strip() for row, column in cells]
    if any(is_blank(text) and text not in _DASHES for text in texts):
        return None
    label = table.rows[cells[0][0]].texts[table.label_column]
    names = [column_name(table, column) for _, column in cells]
    group = " ".join(table.rows[cells[0][0]].group)
    title = f"{group} {label}".strip()
    if plan.kind == "periods_within":
        periods = tuple(_year(table, column) for _, column in cells)
        rows = tuple(zip(periods, texts, strict=True))
        return Outcome(periods, f"Periods of {title}", ("period", label), rows, tuple(cells))
    return Outcome(
        tuple(texts), title, (table.columns[table.label_column].name, *names),
        ((label, *texts),), tuple(cells),
    )  # fmt: skip


def _best_period(plan: Plan) -> Outcome | None:
    table = plan.table
    sides = [(_cell(plan, *side[0]), side[0]) for side in plan.cells]
    figures = [(side.value, cell) for side, cell in sides if side is not None]
    if len(figures) < len(sides) or any(may_be_outflow(table, cell[0]) for _, cell in figures):
        return None  # the most may be the most spent
    values = [value for value, _ in figures]
    best = max(values) if plan.descending else min(values)
    if values.count(best) > 1:
        return None  # it is said of one period
    cell = next(cell for value, cell in figures if value == best)
    label = table.rows[cell[0]].texts[table.label_column]
    word = "highest" if plan.descending else "lowest"
    text = table.rows[cell[0]].texts[cell[1]].strip()
    period = _year(table, cell[1])
    return Outcome(
        (period,), f"Period with the {word} {label}", ("period", label), ((period, text),),
        tuple(cell for side in plan.cells for cell in side),
    )  # fmt: skip


def _year(table: QueryTable, column: int) -> str:
    """The year of a column, else its header."""
    years = [k for k in table.header_keys[column] if k.isdigit() and len(k) == 4]
    return years[0] if len(years) == 1 else table.columns[column].name


def _growth(plan: Plan, sides: Sequence[_Side]) -> Outcome | None:
    first, second = sides
    if not first.value:
        return None
    value = (second.value - first.value) / abs(first.value) * 100
    formula = f"({second.text} - {first.text}) / {first.text}"
    return _computed(plan, f"{format_number(value)} %", "Growth in", formula, sides)


def _difference(plan: Plan, sides: Sequence[_Side]) -> Outcome | None:
    first, second = sides
    if not _is_change(plan) and first.value > second.value:
        first, second = second, first
    value = second.value - first.value
    title = "Change in" if _is_change(plan) else "Difference in"
    formula = f"{second.text} - {first.text}"
    return _computed(plan, _with_unit(value, sides), title, formula, sides)


def _mean(plan: Plan, sides: Sequence[_Side]) -> Outcome | None:
    value = sum((side.value for side in sides), Decimal(0)) / len(sides)
    formula = f"({' + '.join(side.text for side in sides)}) / {len(sides)}"
    return _computed(plan, _with_unit(value, sides), "Average of", formula, sides)


def _together(plan: Plan, sides: Sequence[_Side]) -> Outcome | None:
    value = sum((side.value for side in sides), Decimal(0))
    formula = " + ".join(side.text for side in sides)
    return _computed(plan, _with_unit(value, sides), "Sum of", formula, sides)


def _ratio(plan: Plan, sides: Sequence[_Side]) -> Outcome | None:
    part, entire = sides
    if not entire.value:
        return None
    value = part.value / entire.value
    text = format_number(value)
    title = "Ratio of"
    if plan.kind == "percentage":
        text, title = f"{format_number(value * 100)} %", "Percentage of"
    return _computed(plan, text, title, f"{part.text} / {entire.text}", sides)


_COMPUTATIONS: dict[str, Callable[[Plan, Sequence[_Side]], Outcome | None]] = {
    "difference": _difference,
    "growth": _growth,
    "mean": _mean,
    "together": _together,
    "ratio": _ratio,
    "percentage": _ratio,
}


def _computed(
    plan: Plan, text: str, title: str, formula: str, sides: Sequence[_Side]
) -> Outcome:  # fmt: skip
    notes = [*left_out(plan), *([_ZERO_NOTE] if any(side.is_dash for side in sides) else [])]
    notes += [_SPENT_NOTE] if any(side.is_spent for side in sides) else []
    name = _measure_name(plan)
    if plan.kind in ("mean", "together") and plan.measure is None:
        name += ", " + " and ".join(plan.table.columns[side[0][1]].name for side in plan.cells)
    else:
        name += where(plan)
    return Outcome(
        (text,), f"{title} {name}", (_measure_name(plan),), ((text,),),
        tuple(cell for side in plan.cells for cell in side), "", tuple(notes), formula,
    )  # fmt: skip


def _with_unit(value: Decimal, sides: Sequence[_Side]) -> str:
    unit = next((side.unit for side in sides if side.unit), "")
    return format_number(value) + (f" {unit}" if unit else "")


def _is_change(plan: Plan) -> bool:
    """Whether the sides are two times of one thing, so that the sign matters."""
    columns = {c for side in plan.cells for _, c in side}
    rows = {n for side in plan.cells for n, _ in side}
    if len(columns) > 1 and len(rows) == 1:
        return True
    sides = plan.conditions[: len(plan.cells)]  # of two rows, what tells them apart
    return (
        plan.measure is not None and len(sides) == len({c.texts for c in sides}) == len(plan.cells)
        and len({c.column for c in sides}) == 1
        and all(len(c.texts) == 1 and YEAR.fullmatch(c.texts[0]) for c in sides)
    )  # fmt: skip


def _measure_name(plan: Plan) -> str:
    table = plan.table
    if plan.measure is not None:
        return column_name(table, plan.measure)
    rows = dict.fromkeys(side[0][0] for side in plan.cells)
    return " and ".join(table.rows[n].texts[table.label_column] for n in rows)
