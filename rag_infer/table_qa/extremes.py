"""Plans for the most and the least: the row with it, or the value that most rows have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from rag_infer.table_qa.figure_columns import has_unread_figures
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.reading import (
    AMBIGUOUS,
    ENTITY,
    PARTIAL,
    WHOLE,
    Reading,
    asked_columns,
    certainty_of,
    columns_by_kind,
    is_tied,
    measure_columns,
    named_share,
    rows_within,
)
from rag_infer.table_qa.row_selection import select_rows
from rag_infer.table_qa.synonyms import is_additive, is_ordinal

_MIN_SUMMED = 5
_PREPOSITIONS = frozenset("a an by each every for in of on per the this with".split())
_MOST = re.compile(r"\bmost\s+[^\W\d]{3,}", re.IGNORECASE)


def extreme_plans(reading: Reading) -> Iterator[Plan]:
    """The row, or the value, with the most or least of something."""
    question, table, links = reading.question, reading.table, reading.links
    descending = "min" not in question.operations
    if question.top:
        descending = question.top[0] == "max"
    top = question.top[1] if question.top else 1
    named = _named_columns(reading)
    target = named[0] if named else None
    target_words = links.header_words(target) & reading.asked if target is not None else frozenset()
    measures = [c for c in measure_columns(reading, target_words) if c != target]
    bound = rows_within(reading, list(table.data), target) if question.comparisons else None
    if question.comparisons and bound is None:
        return
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    if not measures:
        if descending and target is not None and top == 1 and _MOST.search(question.text):
            yield from _frequencies(reading, target, target_words, pool)
        return
    measure = measures[0]
    header_words = links.header_words(measure) - target_words
    if is_ordinal(table.columns[measure].name, table.header_keys[measure]):
        if descending and target is not None and _MOST.search(question.text):
            yield from _frequencies(reading, target, target_words | header_words, pool)
        return
    used = header_words | target_words | bound_words
    free = [n for n in range(len(links.words)) if n not in used]
    selection = select_rows(
        table, links, free, pool, frozenset(c for c in (measure, target) if c is not None)
    )
    certainty, reasons = certainty_of(
        reading, used, selection, tuple(c for c in (measure, target) if c is not None)
    )
    if is_tied(reading, measures):
        certainty *= AMBIGUOUS
    rows = tuple(n for n in selection.rows if isinstance(table.columns[measure].values[n], Decimal))
    if not rows or has_unread_figures(table, measure, selection.rows):
        return
    if table.is_statement and (target is None or selection.conditions):
        return
    if selection.completeness < WHOLE:
        certainty *= PARTIAL
    if target is not None and question.wh != "who" and named_share(reading, target) < WHOLE:
        certainty *= PARTIAL * ENTITY
    if may_sum_up(table, measure, rows, descending):
        certainty *= AMBIGUOUS
    if target is None:
        target = table.label_column if top > 1 else _named_at_end(reading, measure)
    if target is None and question.wh in ("which", "who", "whom", "whose"):
        return  # the row is asked for, and nothing names it
    conditions = (*selection.conditions, *bounds)
    if target is None:
        yield Plan(
            table, "max" if descending else "min", rows, conditions, None, measure,
            descending=descending, aggregate="max" if descending else "min",
            certainty=certainty, reasons=reasons,
        )  # fmt: skip
        return
    plan = Plan(
        table, "best", rows, conditions, target, measure, descending=descending, top=top,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip
    labels = [table.rows[n].texts[target] for n in rows]
    if len(set(labels)) < len(labels):
        yield from best_of_repeated(plan)
    else:
        yield plan


def _named_columns(reading: Reading) -> list[int]:
    """The columns that may be asked for, by their names or by "who"."""
    named = asked_columns(reading)
    if reading.question.wh != "who":
        return named
    # "the largest plot" names a column, whose numbers are nobody.
    named = [c for c in named if not _holds_numbers(reading.table, c)]
    return named or [c for c, _ in columns_by_kind(reading, frozenset())]


def _holds_numbers(table: QueryTable, column: int) -> bool:
    """Whether most cells of a column hold a digit: numbers, dates and codes name no person."""
    texts = [text for n in table.data if (text := table.rows[n].texts[column].strip())]
    return 2 * sum(any(map(str.isdigit, text)) for text in texts) > len(texts)


def _named_at_end(reading: Reading, measure: int) -> int | None:
    """The column of names that the last word of a question without "which" asks for.

    "Lowest electricity month" asks for the month, "lowest electricity price" for the figure.
    """
    table, links = reading.table, reading.links
    if not links.words or reading.question.wh:
        return None
    word = links.words[-1]
    if re.search(r"\w", reading.question.text[word.end :]):
        return None
    before = reading.question.text[: word.start].rstrip().rpartition(" ")[2].lower()
    if before in _PREPOSITIONS:
        return None  # "the highest price by month"
    for column, how in links.headers[-1].items():
        if how == "same" and column != measure and table.columns[column].kind != "number":
            return column if table.header_keys[column] == (word.key,) else None
    return None


def best_of_repeated(plan: Plan) -> Iterator[Plan]:
    """A label that stands in several rows has the most by its sum, or in one row."""
    assert plan.measure is not None and plan.target is not None
    table = plan.table
    additive = is_additive(table.header_keys[plan.measure])
    by_row = _winners(plan, summed=False)
    by_sum = _winners(plan, summed=True)
    grouped = replace(plan, group=plan.target, reasons=(*plan.reasons, "rows are added up"))
    if additive:
        yield grouped
    elif additive is False or by_row == by_sum:
        yield plan
    else:
        yield replace(plan, certainty=plan.certainty * AMBIGUOUS)


def _winners(plan: Plan, *, summed: bool) -> list[str]:
    assert plan.measure is not None and plan.target is not None
    totals: dict[str, Decimal] = {}
    for row in plan.rows:
        value = plan.table.columns[plan.measure].values[row]
        assert isinstance(value, Decimal)
        label = plan.table.rows[row].texts[plan.target]
        if summed:
            totals[label] = totals.get(label, Decimal(0)) + value
        elif label not in totals or (value > totals[label]) == plan.descending:
            totals[label] = value
    best = max(totals.values()) if plan.descending else min(totals.values())
    return sorted(label for label, value in totals.items() if value == best)


def _frequencies(
    reading: Reading, target: int, target_words: frozenset[int], pool: list[int]
) -> Iterator[Plan]:
    """The value of a column that most rows have ("which team has the most picks")."""
    table, links = reading.table, reading.links
    free = [n for n in range(len(links.words)) if n not in target_words]
    selection = select_rows(table, links, free, pool, frozenset((target,)))
    certainty, reasons = certainty_of(reading, target_words, selection, (target,))
    labels = [table.rows[n].texts[target] for n in selection.rows]
    if len(set(labels)) == len(labels):
        return
    yield Plan(
        table, "frequency", selection.rows, selection.conditions, target,
        certainty=0.97 * certainty, reasons=(*reasons, "rows are counted"),
    )  # fmt: skip


def may_sum_up(table: QueryTable, measure: int, rows: Sequence[int], descending: bool) -> bool:
    """Whether rows may sum up others: their label spans cells, or one figure is as all others."""
    spanning = sum(_repeats_label(table, n) for n in rows)
    return 0 < spanning < len(rows) or (descending and _dwarfs(table, measure, rows))


def _repeats_label(table: QueryTable, row: int) -> bool:
    """Whether a row's first two cells are one text."""
    texts = [text.strip() for text in table.rows[row].texts[:2]]
    return len(texts) > 1 and texts[0] == texts[1] and any(map(str.isalpha, texts[0]))


def _dwarfs(table: QueryTable, measure: int, rows: Sequence[int]) -> bool:
    """Whether one figure is as large as all others together: it may be their sum."""
    figures = [v for n in rows if isinstance(v := table.columns[measure].values[n], Decimal)]
    if len(figures) < _MIN_SUMMED or min(figures) < 0:
        return False
    largest = max(figures)
    return largest >= Decimal("0.95") * (sum(figures) - largest)
