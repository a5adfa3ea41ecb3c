"""From a question and tables to plans, the most certain first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.table_qa.aggregates import aggregate_plans, count_plans, filter_plans, share_plans
from rag_infer.table_qa.alternatives import alternative_plans
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.extremes import extreme_plans
from rag_infer.table_qa.joins import joined_tables, uses_both
from rag_infer.table_qa.line_item_plans import line_item_plans
from rag_infer.table_qa.linking import Likeness
from rag_infer.table_qa.look_ups import look_up_plans
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.price_plans import price_plans
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Question, parse_question
from rag_infer.table_qa.reading import Reading, read_question
from rag_infer.table_qa.row_order import order_plans
from rag_infer.table_qa.two_sided import over_periods, two_sided_plans

_RIVAL, _WEAKER = 0.96, 0.9
_CERTAIN, _NEARLY = 0.75, 0.2
_MAX_BY_MEANING = 3  # tables
_OF_JOIN = 0.95
_ADDED = frozenset("sum avg median group share".split())
_JOINED = frozenset("sum avg median max min best group count share".split())


def plans(question: Question, table: QueryTable, likeness: Likeness | None = None) -> list[Plan]:
    """Readings of a question, the most certain first.

    Args:
        question: What was asked.
        table: The table that it may be about.
        likeness: How alike a word and headers are by meaning; None leaves only letters.
    """
    if not table.rows:
        return []
    matches = [
        *line_item_plans(question, table), *order_plans(question, table, likeness),
        *alternative_plans(question, table), *price_plans(question, table),
    ]  # fmt: skip
    if question.unsupported:
        return sorted(matches, key=lambda plan: -plan.certainty)
    computed = read_question(question, table, question.content, likeness)
    every_word = tuple(content_words(question.text))
    plain = read_question(question, table, every_word, likeness)
    operations = question.operations
    look_ups = list(look_up_plans(plain))
    computations: list[Plan] = []
    if operations or question.top or question.comparisons:
        computations += _computations(computed)
    if operations and look_ups and computations:
        # "Total assets" is what its row says; a plain "Total" is computed, and must be the same.
        labeled = max(look_ups, key=lambda plan: plan.certainty)
        is_total = all(table.rows[n].role == "total" for n in labeled.rows)
        if is_total:
            look_ups = [replace(plan, certainty=_RIVAL * plan.certainty) for plan in look_ups]
        else:
            computations = [replace(p, certainty=_WEAKER * p.certainty) for p in computations]
    matches += look_ups + computations
    if question.only:
        # "The only one" is a row that is looked up, and there is no second.
        matches = [p for p in matches if p.kind == "cells" and len(p.rows) == 1 and _is_whole(p)]
    matches.sort(key=lambda plan: -plan.certainty)
    return matches


def _is_whole(plan: Plan) -> bool:
    """Whether a row was chosen by whole cells that no other row holds a part of."""
    table = plan.table
    return bool(plan.conditions) and all(
        c.column < 0 or c.comparator or not any(
            essential_keys(text) <= table.cell_keys(row, c.column)
            for text in c.texts for row in table.data if row not in plan.rows
        ) or len(plan.conditions) > 1
        for c in plan.conditions
    )  # fmt: skip


def _computations(reading: Reading) -> Iterator[Plan]:
    question = reading.question
    if question.negated:
        return
    operations = question.operations
    if "growth" in operations or "difference" in operations:
        yield from two_sided_plans(reading, "growth" if "growth" in operations else "difference")
        return
    if "share" in operations:
        yield from share_plans(reading)
        return
    if question.top or "max" in operations or "min" in operations:
        yield from extreme_plans(reading)
    if "count" in operations:
        yield from count_plans(reading)
    periods = {"avg": "mean", "sum": "together"}
    for operation, kind in periods.items():
        if operation in operations and "count" not in operations:
            yield from over_periods(reading, kind)
    for operation in ("sum", "avg", "median"):
        if operation in operations and "count" not in operations:
            yield from aggregate_plans(reading, operation)
    if not operations and question.comparisons:
        yield from filter_plans(reading)


def _joined_plans(question: Question, tables: Sequence[QueryTable]) -> Iterator[Plan]:
    """Computations that need columns of two tables."""
    if len(tables) < 2 or not (question.operations or question.comparisons or question.top):
        return
    for table in joined_tables(question.text, tables):
        for plan in plans(question, table):
            if plan.kind in _ADDED and (plan.measure or 0) >= table.join_start:
                continue  # a figure of the one row would be added up once for each of many
            columns = {plan.target, plan.measure, plan.group, *(c.column for c in plan.conditions)}
            if plan.kind in _JOINED and uses_both(table, [c for c in columns if c is not None]):
                yield replace(plan, certainty=_OF_JOIN * plan.certainty)


def best_plan(
    text: str, tables: Sequence[QueryTable], likeness: Likeness | None = None
) -> list[Plan]:
    """The readings of a question over several tables, the most certain first.

    Likeness by meaning costs an embedding a header: it is asked only for the few tables that
    explain all of a question but a word.
    """
    question = parse_question(text)
    matches: list[Plan] = []
    for table in tables:
        matches += plans(question, table)
    matches.sort(key=lambda plan: -plan.certainty)
    if not matches or matches[0].certainty < _CERTAIN:
        matches = sorted(
            [*matches, *_joined_plans(question, tables)], key=lambda plan: -plan.certainty
        )
    if likeness is None or not matches or matches[0].certainty >= _CERTAIN:
        return matches
    candidates = [plan.table for plan in matches if plan.certainty >= _NEARLY]
    if matches[0].certainty < _NEARLY and len(tables) == 1:
        candidates = list(tables)
    unique = list({id(table): table for table in candidates}.values())
    if len(unique) <= _MAX_BY_MEANING:
        for table in unique:
            matches += plans(question, table, likeness)
    matches.sort(key=lambda plan: -plan.certainty)
    return matches
