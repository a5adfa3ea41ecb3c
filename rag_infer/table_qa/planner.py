"""From a question and tables to plans, the most certain first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.table_qa.aggregates import (
    aggregate_plans,
    count_plans,
    filter_plans,
    share_plans,
    sums_by_group,
    total_number_plans,
)
from rag_infer.table_qa.aliases import in_words_of
from rag_infer.table_qa.alternatives import alternative_plans
from rag_infer.table_qa.change_checks import change_checks
from rag_infer.table_qa.clauses.plans import clause_plans
from rag_infer.table_qa.code_columns import in_names
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.entity_counts import entity_count_plans, may_count_rows
from rag_infer.table_qa.exclusions import exclusion_plans, negation_plans
from rag_infer.table_qa.extremes import extreme_plans
from rag_infer.table_qa.group_extremes import group_extreme_plans
from rag_infer.table_qa.joins import joined_tables, uses_both
from rag_infer.table_qa.line_item_plans import line_item_plans
from rag_infer.table_qa.linking import Likeness
from rag_infer.table_qa.look_ups import look_up_plans
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.price_plans import price_plans
from rag_infer.table_qa.quantity_counts import with_quantities
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Question, parse_question, with_quantity_first
from rag_infer.table_qa.reading import Reading, read_question
from rag_infer.table_qa.row_comparisons import comparison_plans, is_reversed
from rag_infer.table_qa.row_counts import row_count_plans
from rag_infer.table_qa.row_groups import group_plans
from rag_infer.table_qa.row_order import order_plans
from rag_infer.table_qa.row_winners import winner_plans
from rag_infer.table_qa.spent_sums import spent_sum_plans
from rag_infer.table_qa.superlatives import superlative_plans
from rag_infer.table_qa.table_series import table_series
from rag_infer.table_qa.two_sided import over_periods, two_sided_plans
from rag_infer.table_qa.unit_prices import unit_price_plans
from rag_infer.table_qa.validity import Period, asked_day, asked_period
from rag_infer.table_qa.whole_codes import keeps_codes

_TOTAL_NUMBER = re.compile(
    r"\b(?:total|overall|combined) (?:number|count|amount) of\b", re.IGNORECASE
)
_RIVAL, _WEAKER = 0.96, 0.9
_CERTAIN, _NEARLY = 0.75, 0.2
_MAX_BY_MEANING = 3  # tables
_MAX_NAMED_ROWS = 2000
_OF_JOIN = 0.95
_ADDED = frozenset("sum avg median group share".split())
_OVER_ALL = frozenset("sum avg median max min best group".split())
_RIVALED = 0.3
_JOINED = frozenset("sum avg median max min best group count share cells".split())


def plans(question: Question, table: QueryTable, likeness: Likeness | None = None) -> list[Plan]:
    """Readings of a question, the most certain first.

    Args:
        question: What was asked.
        table: The table that it may be about.
        likeness: How alike a word and headers are by meaning; None leaves only letters.
    """
    if not table.rows:
        return []
    if (text := in_words_of(question.text, table)) != question.text:
        question = parse_question(text)
    if any(c.day is not None for c in question.comparisons) and not any(
        column.kind == "date" for column in table.columns
    ):
        question = parse_question(question.text, days=False)
    if question.only_sequences and _are_names(question.sequences, table):
        question = replace(question, unsupported=False, sequences=(), only_sequences=False)
        matches: list[Plan] = []
    else:
        matches = list(order_plans(question, table, likeness))
    matches += [
        *line_item_plans(question, table), *alternative_plans(question, table),
        *price_plans(question, table), *group_plans(question, table),
        *winner_plans(question, table), *unit_price_plans(question, table),
        *entity_count_plans(question, table, likeness), *comparison_plans(question, table),
        *exclusion_plans(question, table, plans), *negation_plans(question, table),
        *group_extreme_plans(question, table), *clause_plans(question.text, table),
    ]  # fmt: skip
    checks = [p for p in matches if p.kind == "flag"] or list(change_checks(question.text, matches))
    if checks:
        return checks  # a cell that says more than yes or no is no answer
    if question.unsupported:
        return sorted(matches, key=lambda plan: -plan.certainty)
    computed = read_question(question, table, question.content, likeness)
    every_word = tuple(content_words(question.text))
    plain = read_question(question, table, every_word, likeness)
    operations = question.operations
    look_ups = [*look_up_plans(plain), *spent_sum_plans(plain)]
    if question.negated:
        # "Which cakes are not vegan" asks for cakes, not for what stands under "Vegan".
        flags = {c.index for c in table.columns if c.kind == "flag"}
        look_ups = [p for p in look_ups if p.target not in flags]
    computations: list[Plan] = list(superlative_plans(plain))
    if operations or question.top or question.comparisons or question.group_start >= 0:
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
    if any(plan.kind == "difference" for plan in matches) and is_reversed(question, table):
        return []
    matches = [with_quantities(in_names(p, question), question.text) for p in matches]
    return sorted(matches, key=lambda plan: -plan.certainty)


def _are_names(phrases: Sequence[str], table: QueryTable) -> bool:
    """Whether phrases ("first aid") stand in headers, or in cells that name rows."""
    texts = [column.name.lower() for column in table.columns]
    label = table.label_column
    texts += [
        text.lower()
        for row in table.rows[:_MAX_NAMED_ROWS]
        for text in row.texts[label : label + 1]
    ]
    return all(" " in phrase and any(phrase in text for text in texts) for phrase in phrases)


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
        yield from row_count_plans(reading)
        if _TOTAL_NUMBER.search(question.text):
            yield from total_number_plans(reading)
    if not operations and question.group_start >= 0:
        yield from sums_by_group(reading)
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
    """Computations and look-ups that need columns of two tables."""
    if len(tables) < 2:
        return
    for table in joined_tables(question.text, tables):
        for plan in plans(question, table):
            if plan.kind in _ADDED and (plan.measure or 0) >= table.join_start:
                continue  # a figure of the one row would be added up once for each of many
            columns = {plan.target, plan.measure, plan.group, *(c.column for c in plan.conditions)}
            if plan.kind in _JOINED and uses_both(table, [c for c in columns if c is not None]):
                yield replace(plan, certainty=_OF_JOIN * plan.certainty)


def _at_their_time(
    question: Question, tables: Sequence[QueryTable]
) -> Iterator[tuple[Question, QueryTable]]:
    """Each table that holds at the time that a question says, with the question without it."""
    text = question.text
    general = asked_period(text)
    questions: dict[tuple[int, int], Question] = {}
    for table in tables:
        validity = table.validity
        period = None if validity is None else asked_day(text, validity) or general
        if validity is None or period is None or _says_period(table, text, period):
            yield question, table
        elif validity.overlaps(period):
            if period.span not in questions:
                questions[period.span] = parse_question(_without(text, period))
            yield questions[period.span], table


def _without(text: str, period: Period) -> str:
    """A question without the time that it says."""
    start, end = period.span
    return f"{text[:start].rstrip()} {text[end:].lstrip()}".replace(" ?", "?").strip()


def _says_period(table: QueryTable, text: str, period: Period) -> bool:
    """Whether headers or cells of a table have a word of the time that is asked about."""
    said = {w.key for w in content_words(text[slice(*period.span)])}
    return any(not said.isdisjoint(header) for header in table.header_keys) or not (
        said.isdisjoint(table.cell_index)
    )


def _uses_period(plan: Plan) -> bool:
    """Whether a plan over tables of several years says which of them it is about."""
    period = len(plan.table.columns) - 1
    columns = {plan.group, plan.target, *(c.column for c in plan.conditions)}
    return period in columns or len(plan.rows) == len(plan.table.data)


def _less_sure(plan: Plan, question: Question, tables: Sequence[QueryTable]) -> Plan:
    """A plan, in doubt where another table has the figures that a question names whole.

    "Who has the most hours" is as well of the "Hours" of another table as of "Hours per week".
    """
    if plan.kind not in _OVER_ALL or plan.measure is None or plan.conditions:
        return plan
    asked = {w.key for w in question.asked}
    if plan.target is not None and asked.intersection(plan.table.header_keys[plan.target]):
        return plan  # "which teacher" says the table
    header = set(plan.table.header_keys[plan.measure])
    said = header.intersection(w.key for w in question.content)
    if not said or said == header:
        return plan
    is_whole_elsewhere = any(
        set(table.header_keys[column.index]) == said and column.kind == "number"
        for table in tables if table is not plan.table for column in table.columns
    )  # fmt: skip
    return replace(plan, certainty=_RIVALED * plan.certainty) if is_whole_elsewhere else plan


def best_plan(
    text: str, tables: Sequence[QueryTable], likeness: Likeness | None = None
) -> list[Plan]:
    """The readings of a question over several tables, the most certain first."""
    return [plan for plan in _ordered(text, tables, likeness) if keeps_codes(plan, text)]


def _ordered(text: str, tables: Sequence[QueryTable], likeness: Likeness | None) -> list[Plan]:
    """All readings, the most certain first.

    Likeness by meaning costs an embedding a header: it is asked only for the few tables that
    explain all of a question but a word.
    """
    text = with_quantity_first(text)
    question = parse_question(text)
    matches: list[Plan] = []
    meant = list(_at_their_time(question, tables))
    for asked, table in meant:
        matches += plans(asked, table)
    matches = [_less_sure(plan, question, tables) for plan in matches]
    matches.sort(key=lambda plan: -plan.certainty)
    if not matches or matches[0].certainty < _CERTAIN:
        matches = sorted(
            [*matches, *_joined_plans(question, tables)], key=lambda plan: -plan.certainty
        )
    if not matches or matches[0].certainty < _CERTAIN:
        for table in table_series(text, tables):
            matches += [p for p in plans(question, table) if _uses_period(p)]
        matches.sort(key=lambda plan: -plan.certainty)
    if likeness is None or not matches or matches[0].certainty >= _CERTAIN:
        return matches
    candidates = [plan.table for plan in matches if plan.certainty >= _NEARLY]
    candidates += [table for asked, table in meant if may_count_rows(asked, table)]
    if matches[0].certainty < _NEARLY and len(tables) == 1:
        candidates = list(tables)
    unique = {id(table) for table in candidates}
    if len(unique) <= _MAX_BY_MEANING:
        for asked, table in meant:
            if id(table) in unique:
                likely = plans(asked, table, likeness)
                matches += [_less_sure(plan, question, tables) for plan in likely]
    matches.sort(key=lambda plan: -plan.certainty)
    return matches
