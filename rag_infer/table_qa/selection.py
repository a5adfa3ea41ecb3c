"""Which reading of a question is given as its answer, if any is certain enough."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.table_qa.execution import run
from rag_infer.table_qa.outcome import Outcome
from rag_infer.table_qa.plan import Plan
from rag_infer.tables.figures import decimal_mark, parse_figure

MIN_CERTAINTY = 0.75
_RIVAL = 0.95  # of the best certainty: a reading that is nearly as certain must say the same
_MAX_READINGS = 6


def choose(plans: Sequence[Plan], least: float = MIN_CERTAINTY) -> tuple[Plan, Outcome] | None:
    """The most certain reading with its outcome; None where none is certain enough.

    Readings that are nearly as certain and give another answer leave it open.

    Args:
        plans: Readings, the most certain first.
        least: The certainty below which nothing is said.
    """
    best: tuple[Plan, Outcome] | None = None
    for plan in plans[:_MAX_READINGS]:
        if plan.certainty < least:
            break
        if best is not None and plan.certainty < _RIVAL * best[0].certainty:
            break
        outcome = run(plan)
        if outcome is None:
            continue
        if best is None:
            best = plan, outcome
        elif not _same(outcome.values, best[1].values) and not _is_of_row(plan, outcome, best[0]):
            return None
    return best


def _is_of_row(plan: Plan, outcome: Outcome, best: Plan) -> bool:
    """Whether a plan gives the highest or lowest figure of the very row that the best one gives."""
    if plan.kind not in ("max", "min") or best.kind != "cells" or plan.table is not best.table:
        return False
    if len(best.rows) != 1 or plan.measure is None:
        return False
    return _value(best.table.rows[best.rows[0]].texts[plan.measure]) == _value(outcome.values[0])


def _same(values: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two outcomes say the same, a figure however it is written."""
    return {_value(text) for text in values} == {_value(text) for text in others}


def _value(text: str) -> object:
    figure = parse_figure(text, decimal_mark([text]))
    return text.strip().casefold() if figure is None else figure.value
