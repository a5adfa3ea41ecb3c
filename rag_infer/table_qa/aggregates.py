"""Plans that count, add up, average, share or filter rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.figure_columns import has_unread_figures
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.question import is_plural
from rag_infer.table_qa.reading import (
    AMBIGUOUS,
    ENTITY,
    HOW,
    PARTIAL,
    WHOLE,
    Reading,
    asked_columns,
    certainty_of,
    columns_by_kind,
    flag_columns,
    flag_of,
    group_column_of,
    is_tied,
    measure_columns,
    named_share,
    rows_within,
)
from rag_infer.table_qa.row_selection import RowSelection, holds_elsewhere, select_rows
from rag_infer.table_qa.synonyms import (
    GENERIC,
    PEOPLE,
    counts_rows_of,
    is_additive,
    is_mean,
    is_ordinal,
)
from rag_infer.tables.totals import is_like_total

_MIN_MEAN = 2  # rows, of which a mean is worth the name
_LIST = re.compile(r"[,;/]|\band\b|\d\)")
_OF_ONLY_AMOUNT = 0.95
_POPULATION = key("population")


def aggregate_plans(reading: Reading, operation: str) -> Iterator[Plan]:
    """A sum, mean or median of a column, of rows that meet conditions, perhaps by group."""
    question, table, links = reading.question, reading.table, reading.links
    group, group_words = group_column_of(reading)
    each_row = _words_for_each_row(reading) if operation == "avg" else frozenset[int]()
    if each_row:
        group, group_words = None, each_row
    measures = [c for c in measure_columns(reading, group_words) if c != group]
    only_amount = None
    if not measures and operation == "sum" and not question.asked:
        only_amount = amount_column(reading)
        measures = [only_amount] if only_amount is not None else []
    if not measures:
        return
    measure = measures[0]
    if is_ordinal(table.columns[measure].name, table.header_keys[measure]):
        return
    if operation == "sum" and is_mean(table.header_keys[measure], table.columns[measure].unit):
        return
    bound = rows_within(reading, list(table.data), measure) if question.comparisons else None
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    if question.comparisons and bound is None:
        return
    header_words = links.header_words(measure) - group_words
    free = [n for n in range(len(links.words)) if n not in header_words | group_words | bound_words]
    selection = select_rows(table, links, free, pool, frozenset((measure,)))
    if any(is_like_total(table.rows[n].texts) for n in selection.rows):
        return  # what sums up others and what does not would be mixed
    if has_unread_figures(table, measure, selection.rows):
        return
    columns = (measure, *((group,) if group is not None else ()))
    certainty, reasons = certainty_of(
        reading, header_words | group_words | bound_words, selection, columns
    )
    if is_tied(reading, measures):
        certainty *= AMBIGUOUS
    if not selection.rows or (question.group_start >= 0 and group is None and not each_row):
        return
    if (table.is_statement and selection.conditions) or selection.completeness < WHOLE:
        certainty *= AMBIGUOUS
    if only_amount is not None:
        certainty *= _OF_ONLY_AMOUNT
        reasons = (*reasons, f"the total is read as that of “{table.columns[measure].name}”")
    plan = Plan(
        table, "group" if group is not None else operation,  # type: ignore[arg-type]
        selection.rows, (*selection.conditions, *bounds), None, measure, group,
        aggregate=operation,  # type: ignore[arg-type]
        certainty=certainty, reasons=reasons,
    )  # fmt: skip
    yield plan


def _words_for_each_row(reading: Reading) -> frozenset[int]:
    """The words of "per month" where each month is one row: the mean is that of all rows."""
    question, table, links = reading.question, reading.table, reading.links
    if question.group_start < 0 or len(table.data) < _MIN_MEAN:
        return frozenset()
    after = [n for n, w in enumerate(links.words) if w.start >= question.group_start][:1]
    for number in after:
        for column, how in links.headers[number].items():
            texts = {table.rows[n].texts[column] for n in table.data}
            whole = table.header_keys[column] == (links.words[number].key,)
            if how == "same" and whole and len(texts) == len(table.data):
                return frozenset(after)
    return frozenset()


def amount_column(reading: Reading) -> int | None:
    """The one column of money of a list of pieces, which "the total of the invoices" is of."""
    table = reading.table
    amounts = [c.index for c in table.columns if c.is_money]
    if table.is_statement or len(amounts) != 1:
        return None
    return amounts[0] if is_additive(table.header_keys[amounts[0]]) else None


def total_number_plans(reading: Reading) -> Iterator[Plan]:
    """The sum of figures that count: "the total number of employees"."""
    for plan in aggregate_plans(reading, "sum"):
        assert plan.measure is not None
        if is_additive(reading.table.header_keys[plan.measure]) is not False:
            yield plan


def sums_by_group(reading: Reading) -> Iterator[Plan]:
    """The sum of a column for each value of another, where figures may be added up."""
    for plan in aggregate_plans(reading, "sum"):
        assert plan.measure is not None
        if plan.group is not None and is_additive(reading.table.header_keys[plan.measure]):
            labels = [reading.table.rows[n].texts[plan.group] for n in plan.rows]
            repeated = len(set(labels)) < len(labels)
            reasons = (*plan.reasons, "rows are added up") if repeated else plan.reasons
            yield replace(plan, reasons=reasons)


def count_plans(reading: Reading) -> Iterator[Plan]:
    """How many rows meet the conditions, or how many values a column has."""
    question, table, links = reading.question, reading.table, reading.links
    group, group_words = group_column_of(reading)
    if question.group_start >= 0 and group is None:
        return
    entity = [n for n in reading.asked if n < len(links.words)]
    measures = [c for c in measure_columns(reading) if links.header_words(c) & reading.asked]
    if measures:
        return  # "how many seats" is a figure, not a number of rows
    named = sorted(
        {c for n in entity for c in links.headers[n] if table.columns[c].kind != "number"},
        key=lambda c: -max(HOW[links.headers[n][c]] for n in entity if c in links.headers[n]),
    )
    bound = rows_within(reading, list(table.data), None) if question.comparisons else None
    if question.comparisons and bound is None:
        return
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    column = named[0] if named else None
    entity_words = links.header_words(column) & reading.asked if column is not None else frozenset()
    flags = flag_columns(reading)
    flag_words: frozenset[int] = frozenset()
    for flag in flags:
        pool = [n for n in pool if flag_of(table, n, flag) == "yes"]
        bounds = (*bounds, Condition(flag, ("yes",)))
        flag_words |= links.header_words(flag)
    used = entity_words | group_words | bound_words | flag_words
    free = [n for n in range(len(links.words)) if n not in used]
    selection = select_rows(table, links, free, pool)
    certainty, reasons = certainty_of(
        reading, used, selection, tuple(c for c in (column, group) if c is not None)
    )
    if not selection.conditions and not bounds and column is None and not entity:
        return
    if question.wh == "how often" and len(selection.rows) <= 1:
        return  # its row tells how often; it is not counted
    kind = "count"
    if column is not None:
        values = [table.rows[n].texts[column] for n in selection.rows]
        kind = "count_distinct" if len(set(values)) < len(values) else "count"
        certainty *= _certainty_of_values(
            reading, column, values, bool(selection.conditions or bounds)
        )
        if not any(links.headers[n].get(column) == "same" for n in entity_words):
            certainty *= PARTIAL * ENTITY
    certainty *= _certainty_of_count(reading, selection, column, pool)
    if column is None and _is_unnamed(reading, entity):
        certainty *= PARTIAL * PARTIAL  # what is counted may not be rows
    yield Plan(
        table, "group" if group is not None else kind,  # type: ignore[arg-type]
        selection.rows, (*selection.conditions, *bounds), column, None, group,
        aggregate="count", certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _certainty_of_values(
    reading: Reading, column: int, values: Sequence[str], is_part: bool
) -> float:
    """How likely the values of a column are what is counted."""
    certainty = 1.0
    if len(set(values)) < len(values):
        if is_part:
            certainty *= 0.6  # rows or different values: only one of them is meant
        if any(_LIST.search(value) for value in values):
            certainty *= AMBIGUOUS  # a cell that lists several is more than one
        if named_share(reading, column) < WHOLE:
            certainty *= AMBIGUOUS  # "race" is not "race caller"
        if column != reading.table.label_column and is_plural(reading.table.columns[column].name):
            certainty *= AMBIGUOUS  # a cell under "Reporters" may be several
    elif named_share(reading, column) < WHOLE:
        certainty *= PARTIAL
    return certainty


def _certainty_of_count(
    reading: Reading, selection: RowSelection, column: int | None, pool: Sequence[int]
) -> float:
    """How likely the rows that were chosen are all that a question counts."""
    table = reading.table
    certainty = 1.0
    if any(
        len(c.texts) > 1 and (c.column < 0 or table.columns[c.column].kind != "date")
        for c in selection.conditions
    ):
        certainty *= 0.7
    if selection.conditions and selection.completeness < WHOLE:
        certainty *= 0.7
    if holds_elsewhere(table, selection, pool):
        certainty *= AMBIGUOUS
    if column not in (None, table.label_column) and len(selection.rows) <= 1:
        certainty *= AMBIGUOUS  # one cell may list several
    if table.is_statement:
        certainty *= AMBIGUOUS
    if any(_POPULATION in header for header in table.header_keys):
        certainty *= AMBIGUOUS  # people are a figure of a row
    return certainty


def _is_unnamed(reading: Reading, entity: Sequence[int]) -> bool:
    """Whether a word for what is counted stands nowhere in the table."""
    links = reading.links
    return any(
        not links.headers[n] and not links.context[n]
        and not counts_rows_of(links.words[n].key, reading.table.header_keys)
        and links.words[n].key not in GENERIC
        and not links.light[n]
        for n in entity
    )  # fmt: skip


def share_plans(reading: Reading) -> Iterator[Plan]:
    """What part some rows have of a column's sum."""
    table, links = reading.table, reading.links
    measures = measure_columns(reading)
    if not measures or table.is_statement:
        return
    if is_additive(table.header_keys[measures[0]]) is False:
        return
    measure = measures[0]
    header_words = links.header_words(measure)
    free = [n for n in range(len(links.words)) if n not in header_words]
    selection = select_rows(table, links, free, table.data, frozenset((measure,)))
    if not selection.conditions or len(selection.rows) == len(table.data):
        return
    certainty, reasons = certainty_of(reading, header_words, selection, (measure,))
    if is_tied(reading, measures):
        certainty *= AMBIGUOUS
    yield Plan(
        table, "share", selection.rows, selection.conditions, None, measure,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def filter_plans(reading: Reading) -> Iterator[Plan]:
    """Rows within bounds, told by the column that was asked for or the one that names rows."""
    _question, table, links = reading.question, reading.table, reading.links
    named = asked_columns(reading)
    by_kind = [c for c, _ in columns_by_kind(reading, frozenset())]
    entity_is_row = bool(reading.asked) and all(
        links.context[n] or links.words[n].key in GENERIC | PEOPLE for n in reading.asked
    )
    named = named or by_kind or ([table.label_column] if entity_is_row else [])
    if not named:
        return
    target = named[0]
    target_words = links.header_words(target) & reading.asked
    bound = rows_within(reading, list(table.data), target)
    if bound is None:
        return
    pool, bounds, bound_words = bound
    used = target_words | bound_words | (reading.asked if entity_is_row else frozenset())
    free = [n for n in range(len(links.words)) if n not in used]
    selection = select_rows(table, links, free, pool, frozenset((target,)))
    columns = (target, *(c.column for c in bounds))
    certainty, reasons = certainty_of(reading, used, selection, columns)
    yield Plan(
        table, "cells", selection.rows if pool else (), (*selection.conditions, *bounds), target,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip
