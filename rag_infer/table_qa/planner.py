"""From a question and a table to readings of it, the most certain first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from rag_infer.cite.text_normalization import Word, words
from rag_infer.table_qa.linking import GROUP, Likeness, Links, link
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import GENERIC, Comparison, Question, parse_question
from rag_infer.table_qa.row_selection import RowSelection, meets, select_rows
from rag_infer.table_qa.synonyms import (
    PEOPLE,
    PERSON,
    PLACE,
    is_additive,
    is_mean,
    is_ordinal,
)
from rag_infer.tables.totals import is_like_total

_UNEXPLAINED = 0.3  # what a word that nothing explains leaves of the certainty
_HOW = {"same": 1.0, "derived": 0.98, "synonym": 0.94, "meaning": 0.85}
_PARTIAL = 0.8
_ENTITY = 0.95
_AMBIGUOUS = 0.3
_RIVAL, _WEAKER = 0.96, 0.9
_MAX_TARGETS = 8
_ROW_WORDS = frozenset(w.key for w in words("rows row entries entry records record lines"))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A question with its words found in a table."""

    question: Question
    table: QueryTable
    links: Links
    asked: frozenset[int]  # places of the words after "which" or "how many"

    def words_from(self, start: int, end: int) -> frozenset[int]:
        return frozenset(n for n, w in enumerate(self.links.words) if start <= w.start < end)


def plans(question: Question, table: QueryTable, likeness: Likeness | None = None) -> list[Plan]:
    """Readings of a question, the most certain first.

    Args:
        question: What was asked.
        table: The table that it may be about.
        likeness: How alike a word and headers are by meaning; None leaves only letters.
    """
    if not table.rows or question.unsupported:
        return []
    found: list[Plan] = []
    computed = _reading(question, table, question.content, likeness)
    every_word = tuple(w for w in words(question.text) if not w.stop)
    plain = _reading(question, table, every_word, likeness)
    operations = question.operations
    look_ups = list(_look_ups(plain))
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
    found += look_ups + computations
    found.sort(key=lambda plan: -plan.certainty)
    return found


def _reading(
    question: Question, table: QueryTable, content: tuple[Word, ...], likeness: Likeness | None
) -> _Reading:
    links = link(table, content, likeness)
    starts = {w.start for w in question.asked}
    asked = frozenset(n for n, w in enumerate(content) if w.start in starts)
    return _Reading(question, table, links, asked)


# Look-ups


def _look_ups(reading: _Reading) -> Iterator[Plan]:
    """One cell, or the cells of all rows that fit."""
    question, table, links = reading.question, reading.table, reading.links
    if question.negated and not _flags(reading):
        return
    if reading.asked and all(
        links.words[n].key in _ROW_WORDS or links.words[n].key in GENERIC for n in reading.asked
    ):
        yield from _whole_rows(reading)
    for target, by_header in _targets(reading):
        header_words = links.header_words(target) if by_header else frozenset()
        free = [n for n in range(len(links.words)) if n not in header_words]
        pool = [n for n, row in enumerate(table.rows) if row.role != "group"]
        yield from _rows_of_target(reading, target, header_words, free, pool)


def _whole_rows(reading: _Reading) -> Iterator[Plan]:
    """All columns of the rows that fit: "show me all rows of 2024"."""
    table, links = reading.table, reading.links
    if not any(links.words[n].key in _ROW_WORDS for n in reading.asked):
        return
    free = [n for n in range(len(links.words)) if n not in reading.asked]
    bound = _bounded(reading, list(table.data), None)
    if bound is None:
        return
    pool, bounds, bound_words = bound
    free = [n for n in free if n not in bound_words]
    selection = select_rows(table, links, free, pool)
    if not selection.conditions and not bounds:
        return
    certainty, reasons = _certainty(reading, bound_words, selection, ())
    yield Plan(
        table, "rows", selection.rows, (*selection.conditions, *bounds), table.label_column,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _rows_of_target(
    reading: _Reading, target: int, header_words: frozenset[int], free: list[int], pool: list[int]
) -> Iterator[Plan]:
    question, table, links = reading.question, reading.table, reading.links
    if "count" in question.operations and not (header_words and reading.asked & header_words):
        return
    flags = [c for c in _flags(reading) if c != target]
    flag_conditions: list[Condition] = []
    flag_words: frozenset[int] = frozenset()
    for column in flags:
        wanted = "no" if question.negated else "yes"
        pool = [n for n in pool if _flag_of(table, n, column) == wanted]
        flag_conditions.append(Condition(column, (wanted,)))
        flag_words |= links.header_words(column)
    bound = _bounded(reading, pool, target) if question.comparisons else (pool, (), frozenset())
    if bound is None:
        return
    pool, bounds, bound_words = bound
    free = [n for n in free if n not in flag_words and n not in bound_words]
    selection = select_rows(table, links, free, pool, frozenset((target,)))
    if not selection.conditions and not flag_conditions and not bounds:
        return
    rows = selection.rows
    totals = [n for n in rows if table.rows[n].role == "total"]
    if totals and len(totals) < len(rows):
        rows = tuple(n for n in rows if table.rows[n].role != "total")
    if not rows:
        return
    certainty, reasons = _certainty(
        reading, header_words | flag_words | bound_words, selection, (target,)
    )
    values = {table.rows[n].texts[target] for n in rows}
    several = len(rows) > 1 and len(values) > 1
    if several and not question.plural:
        certainty *= _AMBIGUOUS
    if not any(value.strip() for value in values):
        certainty *= _AMBIGUOUS
    if not header_words and reading.asked and not _is_asked_kind(reading, target):
        certainty *= _UNEXPLAINED
    if question.operations and not _is_label_word(reading, selection, header_words):
        certainty *= _UNEXPLAINED
    yield Plan(
        table, "cells", rows, (*selection.conditions, *flag_conditions, *bounds), target,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _is_label_word(
    reading: _Reading, selection: RowSelection, header_words: frozenset[int]
) -> bool:
    """Whether the words of operations ("total", "most") are words of a label or header here."""
    content = {w.start for w in reading.question.content}
    operation_words = [n for n, w in enumerate(reading.links.words) if w.start not in content]
    explained = selection.explained | header_words
    named = "count" in reading.question.operations and bool(header_words & reading.asked)
    return all(
        n in explained or (named and reading.links.words[n].key in GENERIC) for n in operation_words
    ) and (bool(operation_words) or named)


def _targets(reading: _Reading) -> list[tuple[int, bool]]:
    """The columns that the answer may be from, and whether a header was named."""
    table, links, question = reading.table, reading.links, reading.question
    named: dict[int, float] = {}
    for column in table.columns:
        found = links.header_words(column.index)
        if found:
            header = set(table.header_keys[column.index])
            same = sum(links.words[n].key in header for n in found)
            named[column.index] = same + 0.5 * (len(found) - same) + same / max(1, len(header))
    if named:
        best = max(named.values())
        ranked = sorted(named, key=lambda c: (-named[c], c))
        by_header = [(c, True) for c in ranked if named[c] > 0.4 * best and _fits(reading, c)]
        return by_header[:_MAX_TARGETS] + _by_kind(reading, frozenset(named))
    return _by_kind(reading, frozenset()) if question.wh else []


def _fits(reading: _Reading, column: int) -> bool:
    """Whether a column is of the kind that the question word asks for."""
    kind, wh = reading.table.columns[column].kind, reading.question.wh
    if wh in ("who", "whom", "whose"):
        return kind == "text"
    if wh == "when":
        return kind in ("date", "year", "text")
    if wh == "where":
        return kind == "text"
    if wh in ("how many", "how much", "how long", "how old"):
        return kind in ("number", "date", "text") and not (kind == "text" and wh == "how many")
    return True


def _by_kind(reading: _Reading, named: frozenset[int]) -> list[tuple[int, bool]]:
    """The column of the kind that "who", "when", "where" or "how much" asks for, if it is one."""
    table, wh = reading.table, reading.question.wh
    if wh in ("who", "whom", "whose"):
        people = [
            c.index for c in table.columns
            if c.kind == "text" and not PERSON.isdisjoint(table.header_keys[c.index])
        ]  # fmt: skip
        return [(c, False) for c in people[:1] if c not in named]
    if wh == "when":
        dates = [c.index for c in table.columns if c.kind in ("date", "year")]
        return [(dates[0], False)] if len(dates) == 1 and dates[0] not in named else []
    if wh == "where":
        places = [
            c.index for c in table.columns
            if c.kind == "text" and not PLACE.isdisjoint(table.header_keys[c.index])
        ]  # fmt: skip
        return [(places[0], False)] if len(places) == 1 and places[0] not in named else []
    if wh in ("how much", "what") and not named:
        figures = [c.index for c in table.columns if c.kind == "number"]
        return [(figures[0], False)] if len(figures) == 1 else []
    return []


def _is_asked_kind(reading: _Reading, target: int) -> bool:
    return reading.question.wh in ("who", "whom", "whose", "when", "where", "how much")


def _flags(reading: _Reading) -> list[int]:
    """Columns of yes and no that are named."""
    return [
        c.index
        for c in reading.table.columns
        if c.kind == "flag" and reading.links.header_words(c.index)
    ]


def _flag_of(table: QueryTable, row: int, column: int) -> str:
    value = table.columns[column].values[row]
    return "no" if value is None else str(value)


# Certainty


def _certainty(
    reading: _Reading,
    header_words: frozenset[int],
    selection: RowSelection,
    columns: tuple[int, ...],
) -> tuple[float, tuple[str, ...]]:
    """How much of a question a reading explains, and what was assumed."""
    links, table = reading.links, reading.table
    certainty = 0.97
    reasons: list[str] = []
    for number, word in enumerate(links.words):
        if number in selection.explained:
            continue
        if number in header_words:
            how = max(
                (links.headers[number][c] for c in columns if c in links.headers[number]),
                key=lambda h: _HOW[h],
                default="same",
            )
            certainty *= _HOW[how]
            if how in ("synonym", "meaning"):
                column = next(c for c in columns if c in links.headers[number])
                text = reading.question.text[word.start : word.end]
                reasons.append(f"“{text}” is read as “{table.columns[column].name}”")
            continue
        if number in selection.conflicts:
            certainty *= _UNEXPLAINED
            continue
        condition_columns = {c.column for c in selection.conditions}
        if condition_columns & set(links.headers[number]):
            continue  # "in the region North"
        if links.context[number] or word.key in GENERIC:
            continue
        if word.key in PEOPLE and any(
            not PERSON.isdisjoint(table.header_keys[c]) for c in range(len(table.columns))
        ):
            continue
        if links.light[number]:
            certainty *= 0.98
            continue
        if any(
            how in ("same", "derived") and table.columns[c].kind == "text"
            for c, how in links.headers[number].items()
        ):
            certainty *= _ENTITY  # "of the sensors" says what rows are
            continue
        certainty *= _UNEXPLAINED
    if selection.ambiguous:
        certainty *= _PARTIAL
    if selection.conditions:
        certainty *= 0.8 + 0.2 * selection.completeness
    return certainty, tuple(reasons)


# Computations


def _computations(reading: _Reading) -> Iterator[Plan]:
    question = reading.question
    if question.negated:
        return
    operations = question.operations
    if "growth" in operations or "difference" in operations:
        yield from _two_sided(reading, "growth" if "growth" in operations else "difference")
        return
    if "share" in operations:
        yield from _shares(reading)
        return
    if question.top or "max" in operations or "min" in operations:
        yield from _best(reading)
    if "count" in operations:
        yield from _counts(reading)
    for operation in ("sum", "avg", "median"):
        if operation in operations and "count" not in operations:
            yield from _aggregates(reading, operation)
    if not operations and question.comparisons:
        yield from _filtered(reading)


def _measures(reading: _Reading, excluded: frozenset[int] = frozenset()) -> list[int]:
    """Columns of figures that are named, the best named first."""
    table, links = reading.table, reading.links
    scores: dict[int, float] = {}
    for column in table.columns:
        found = links.header_words(column.index) - excluded
        if column.kind != "number" or not found:
            continue
        header = set(table.header_keys[column.index])
        same = sum(links.words[n].key in header for n in found)
        how = max(_HOW[links.headers[n][column.index]] for n in found)
        scores[column.index] = how * len(found) + same / max(1, len(header))
    return sorted(scores, key=lambda c: (-scores[c], c))


def _is_tied(reading: _Reading, measures: list[int]) -> bool:
    """Whether two columns are named equally well."""
    if len(measures) < 2:
        return False
    sets = [
        (reading.links.header_words(c), len(reading.table.header_keys[c])) for c in measures[:2]
    ]
    return sets[0] == sets[1]


def _bounded(
    reading: _Reading, pool: list[int], target: int | None
) -> tuple[list[int], tuple[Condition, ...], frozenset[int]] | None:
    """The rows within the bounds that a question sets; None where no column fits them."""
    conditions: list[Condition] = []
    named: set[int] = set()
    for comparison in reading.question.comparisons:
        column, found = _column_of_bound(reading, comparison, target)
        if column is None:
            return None
        named |= found
        pool = [n for n in pool if meets(reading.table, n, column, comparison)]
        conditions.append(
            Condition(column, (), comparison.comparator, comparison.value, comparison.upper)
        )
    return pool, tuple(conditions), frozenset(named)


def _column_of_bound(
    reading: _Reading, comparison: Comparison, target: int | None
) -> tuple[int | None, frozenset[int]]:
    table, links = reading.table, reading.links
    numeric = [c.index for c in table.columns if c.kind in ("number", "year", "date")]
    is_year = comparison.value == int(comparison.value) and 1500 <= comparison.value <= 2100
    after = [
        (n, c) for n, w in enumerate(links.words) for c in links.headers[n]
        if c in numeric and c != target
    ]  # fmt: skip
    if after:
        # The nearest word that names a column of figures says what is compared.
        nearest = min(
            after,
            key=lambda pair: (
                min(
                    abs(links.words[pair[0]].start - comparison.end),
                    abs(links.words[pair[0]].end - comparison.start),
                ),
                pair[1],
            ),
        )
        return nearest[1], links.header_words(nearest[1])
    if is_year:
        years = [c.index for c in table.columns if c.kind in ("year", "date")]
        if len(years) == 1:
            return years[0], frozenset()
    only = [c for c in numeric if c != target and table.columns[c].kind == "number"]
    if len(only) == 1 and not is_year:
        return only[0], frozenset()
    return None, frozenset()


def _aggregates(reading: _Reading, operation: str) -> Iterator[Plan]:
    """A sum, mean or median of a column, of rows that meet conditions, perhaps by group."""
    question, table, links = reading.question, reading.table, reading.links
    group, group_words = _group_column(reading)
    measures = [c for c in _measures(reading, group_words) if c != group]
    if not measures:
        return
    measure = measures[0]
    if is_ordinal(table.columns[measure].name, table.header_keys[measure]):
        return
    if operation == "sum" and is_mean(table.header_keys[measure], table.columns[measure].unit):
        return
    bound = _bounded(reading, list(table.data), measure) if question.comparisons else None
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    if question.comparisons and bound is None:
        return
    header_words = links.header_words(measure) - group_words
    free = [n for n in range(len(links.words)) if n not in header_words | group_words | bound_words]
    selection = select_rows(table, links, free, pool, frozenset((measure,)))
    if any(is_like_total(table.rows[n].texts) for n in selection.rows):
        return  # what sums up others and what does not would be mixed
    columns = (measure, *((group,) if group is not None else ()))
    certainty, reasons = _certainty(
        reading, header_words | group_words | bound_words, selection, columns
    )
    if _is_tied(reading, measures):
        certainty *= _AMBIGUOUS
    if not selection.rows or (question.group_start >= 0 and group is None):
        return
    plan = Plan(
        table, "group" if group is not None else operation,  # type: ignore[arg-type]
        selection.rows, (*selection.conditions, *bounds), None, measure, group,
        aggregate=operation,  # type: ignore[arg-type]
        certainty=certainty, reasons=reasons,
    )  # fmt: skip
    yield plan


def _group_column(reading: _Reading) -> tuple[int | None, frozenset[int]]:
    start = reading.question.group_start
    if start < 0:
        return None, frozenset()
    after = [n for n, w in enumerate(reading.links.words) if w.start >= start]
    for number in after[:2]:
        for column in reading.links.headers[number]:
            if reading.table.columns[column].kind != "number":
                return column, frozenset(n for n in after[:2] if column in reading.links.headers[n])
    return None, frozenset()


def _counts(reading: _Reading) -> Iterator[Plan]:
    """How many rows meet the conditions, or how many values a column has."""
    question, table, links = reading.question, reading.table, reading.links
    group, group_words = _group_column(reading)
    if question.group_start >= 0 and group is None:
        return
    entity = [n for n in reading.asked if n < len(links.words)]
    measures = [c for c in _measures(reading) if links.header_words(c) & reading.asked]
    if measures:
        return  # "how many seats" is a figure, not a number of rows
    named = sorted(
        {c for n in entity for c in links.headers[n] if table.columns[c].kind != "number"},
        key=lambda c: -max(_HOW[links.headers[n][c]] for n in entity if c in links.headers[n]),
    )
    bound = _bounded(reading, list(table.data), None) if question.comparisons else None
    if question.comparisons and bound is None:
        return
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    column = named[0] if named else None
    entity_words = links.header_words(column) & reading.asked if column is not None else frozenset()
    flags = _flags(reading)
    flag_words: frozenset[int] = frozenset()
    for flag in flags:
        pool = [n for n in pool if _flag_of(table, n, flag) == "yes"]
        bounds = (*bounds, Condition(flag, ("yes",)))
        flag_words |= links.header_words(flag)
    used = entity_words | group_words | bound_words | flag_words
    free = [n for n in range(len(links.words)) if n not in used]
    selection = select_rows(table, links, free, pool)
    certainty, reasons = _certainty(
        reading, used, selection, tuple(c for c in (column, group) if c is not None)
    )
    if not selection.conditions and not bounds and column is None and not entity:
        return
    kind = "count"
    if column is not None:
        values = [table.rows[n].texts[column] for n in selection.rows]
        if len(set(values)) < len(values):
            if selection.conditions or bounds:
                # Rows or different values: only one of them is meant.
                certainty *= 0.6
            kind = "count_distinct"
    if selection.conditions and any(len(c.texts) > 1 for c in selection.conditions):
        certainty *= 0.7
    yield Plan(
        table, "group" if group is not None else kind,  # type: ignore[arg-type]
        selection.rows, (*selection.conditions, *bounds), column, None, group,
        aggregate="count", certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _best(reading: _Reading) -> Iterator[Plan]:
    """The row, or the value, with the most or least of something."""
    question, table, links = reading.question, reading.table, reading.links
    descending = "min" not in question.operations
    if question.top:
        descending = question.top[0] == "max"
    top = question.top[1] if question.top else 1
    named = [
        c for c in range(len(table.columns))
        if links.header_words(c) & reading.asked and table.columns[c].kind != "number"
    ]  # fmt: skip
    if not named:
        named = [c for c, _ in _by_kind(reading, frozenset())] if question.wh == "who" else []
    target = named[0] if named else None
    target_words = links.header_words(target) & reading.asked if target is not None else frozenset()
    asked_measure = [c for c in _measures(reading) if links.header_words(c) & reading.asked]
    measures = [c for c in _measures(reading, target_words) if c != target]
    bound = _bounded(reading, list(table.data), target) if question.comparisons else None
    if question.comparisons and bound is None:
        return
    pool, bounds, bound_words = bound or (list(table.data), (), frozenset[int]())
    if not measures:
        if descending and target is not None and top == 1 and "most" in question.text.lower():
            yield from _frequencies(reading, target, target_words, pool)
        return
    measure = measures[0]
    header_words = links.header_words(measure) - target_words
    if is_ordinal(table.columns[measure].name, table.header_keys[measure]):
        if descending and target is not None and "most" in question.text.lower():
            yield from _frequencies(reading, target, target_words | header_words, pool)
        return
    used = header_words | target_words | bound_words
    free = [n for n in range(len(links.words)) if n not in used]
    selection = select_rows(
        table, links, free, pool, frozenset(c for c in (measure, target) if c is not None)
    )
    certainty, reasons = _certainty(
        reading, used, selection, tuple(c for c in (measure, target) if c is not None)
    )
    if _is_tied(reading, measures):
        certainty *= _AMBIGUOUS
    rows = tuple(n for n in selection.rows if isinstance(table.columns[measure].values[n], Decimal))
    if not rows:
        return
    if target is None:
        if top > 1:
            target = table.label_column
        elif not asked_measure and question.wh in ("which", "who"):
            return
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
        yield from _best_of_repeated(plan)
    else:
        yield plan


def _best_of_repeated(plan: Plan) -> Iterator[Plan]:
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
        yield replace(plan, certainty=plan.certainty * _AMBIGUOUS)


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
    reading: _Reading, target: int, target_words: frozenset[int], pool: list[int]
) -> Iterator[Plan]:
    """The value of a column that most rows have ("which team has the most picks")."""
    table, links = reading.table, reading.links
    free = [n for n in range(len(links.words)) if n not in target_words]
    selection = select_rows(table, links, free, pool, frozenset((target,)))
    certainty, reasons = _certainty(reading, target_words, selection, (target,))
    labels = [table.rows[n].texts[target] for n in selection.rows]
    if len(set(labels)) == len(labels):
        return
    yield Plan(
        table, "frequency", selection.rows, selection.conditions, target,
        certainty=0.97 * certainty, reasons=(*reasons, "rows are counted"),
    )  # fmt: skip


def _filtered(reading: _Reading) -> Iterator[Plan]:
    """Rows within bounds, told by the column that was asked for or the one that names rows."""
    _question, table, links = reading.question, reading.table, reading.links
    named = [c for c in range(len(table.columns)) if links.header_words(c) & reading.asked]
    by_kind = [c for c, _ in _by_kind(reading, frozenset())]
    entity_is_row = bool(reading.asked) and all(
        links.context[n] or links.words[n].key in GENERIC | PEOPLE for n in reading.asked
    )
    named = named or by_kind or ([table.label_column] if entity_is_row else [])
    if not named:
        return
    target = named[0]
    target_words = links.header_words(target) & reading.asked
    bound = _bounded(reading, list(table.data), target)
    if bound is None:
        return
    pool, bounds, bound_words = bound
    used = target_words | bound_words | (reading.asked if entity_is_row else frozenset())
    free = [n for n in range(len(links.words)) if n not in used]
    selection = select_rows(table, links, free, pool, frozenset((target,)))
    columns = (target, *(c.column for c in bounds))
    certainty, reasons = _certainty(reading, used, selection, columns)
    yield Plan(
        table, "cells", selection.rows if pool else (), (*selection.conditions, *bounds), target,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _two_sided(reading: _Reading, kind: str) -> Iterator[Plan]:
    """The difference or growth between two figures of one row, or of one column."""
    yield from _two_columns(reading, kind)
    yield from _two_rows(reading, kind)


def _two_columns(reading: _Reading, kind: str) -> Iterator[Plan]:
    """One row, two columns: "change in revenue between 2018 and 2019"."""
    table, links = reading.table, reading.links
    sides: list[tuple[int, int]] = []  # word, column
    for number, word in enumerate(links.words):
        columns = [
            c for c, how in links.headers[number].items()
            if how == "same" and table.columns[c].kind == "number"
        ]  # fmt: skip
        if len(columns) == 1 and (word.number or len(table.header_keys[columns[0]]) == 1):
            sides.append((number, columns[0]))
    columns = list(dict.fromkeys(c for _, c in sides))
    if len(columns) != 2:
        return
    used = frozenset(n for n, c in sides)
    free = [n for n in range(len(links.words)) if n not in used]
    pool = [n for n, row in enumerate(table.rows) if row.role != "group"]
    selection = select_rows(table, links, free, pool)
    if not selection.conditions or len(selection.rows) != 1:
        return
    row = selection.rows[0]
    certainty, reasons = _certainty(reading, used, selection, tuple(columns))
    ordered = _in_time(reading, columns)
    yield Plan(
        table, kind, (row,), selection.conditions,  # type: ignore[arg-type]
        cells=tuple(((row, c),) for c in ordered), certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _in_time(reading: _Reading, columns: list[int]) -> list[int]:
    """Two columns, the earlier year first; as the question has them where they are no years."""
    years = []
    for column in columns:
        found = [k for k in reading.table.header_keys[column] if k.isdigit() and len(k) == 4]
        if len(found) != 1:
            return columns
        years.append(found[0])
    return [c for _, c in sorted(zip(years, columns, strict=True))]


def _two_rows(reading: _Reading, kind: str) -> Iterator[Plan]:
    """Two values of one column, one measure: "difference in revenue between North and South"."""
    table, links = reading.table, reading.links
    measures = _measures(reading)
    if not measures:
        return
    measure = measures[0]
    header_words = links.header_words(measure)
    for column in table.columns:
        if column.index == measure or column.kind == "number":
            continue
        sides: dict[str, set[int]] = {}
        for number in range(len(links.words)):
            for row in links.cells[number].get(column.index, ()):
                text = table.rows[row].texts[column.index]
                if table.cell_keys(row, column.index) <= {w.key for w in links.words}:
                    sides.setdefault(text, set()).add(number)
        if len(sides) != 2 or set.intersection(*sides.values()):
            continue
        texts = sorted(sides, key=lambda t: min(sides[t]))
        if all(t.isdigit() and len(t) == 4 for t in texts):
            texts.sort()
        side_words = frozenset().union(*sides.values())
        free = [n for n in range(len(links.words)) if n not in header_words | side_words]
        cells = []
        selection = RowSelection(())
        for text in texts:
            pool = [n for n in table.data if table.rows[n].texts[column.index] == text]
            selection = select_rows(table, links, free, pool, frozenset((measure, column.index)))
            cells.append(
                tuple(
                    (n, measure) for n in selection.rows
                    if isinstance(table.columns[measure].values[n], Decimal)
                )
            )  # fmt: skip
        certainty, reasons = _certainty(reading, header_words | side_words, selection, (measure,))
        if not all(cells):
            continue
        if any(len(side) > 1 for side in cells) and not is_additive(table.header_keys[measure]):
            continue
        if _is_tied(reading, measures):
            certainty *= _AMBIGUOUS
        conditions = tuple(Condition(column.index, (text,)) for text in texts)
        yield Plan(
            table, kind, tuple(n for side in cells for n, _ in side),  # type: ignore[arg-type]
            (*conditions, *selection.conditions), None, measure,
            cells=tuple(cells), certainty=certainty, reasons=reasons,
        )  # fmt: skip


def _shares(reading: _Reading) -> Iterator[Plan]:
    """What part some rows have of a column's sum."""
    table, links = reading.table, reading.links
    measures = _measures(reading)
    if not measures or is_additive(table.header_keys[measures[0]]) is False:
        return
    measure = measures[0]
    header_words = links.header_words(measure)
    free = [n for n in range(len(links.words)) if n not in header_words]
    selection = select_rows(table, links, free, table.data, frozenset((measure,)))
    if not selection.conditions or len(selection.rows) == len(table.data):
        return
    certainty, reasons = _certainty(reading, header_words, selection, (measure,))
    if _is_tied(reading, measures):
        certainty *= _AMBIGUOUS
    yield Plan(
        table, "share", selection.rows, selection.conditions, None, measure,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def best_plan(text: str, tables: list[QueryTable], likeness: Likeness | None = None) -> list[Plan]:
    """The readings of a question over several tables, the most certain first."""
    question = parse_question(text)
    found = list(chain.from_iterable(plans(question, table, likeness) for table in tables))
    found.sort(key=lambda plan: -plan.certainty)
    return found


__all__ = ["GROUP", "best_plan", "plans"]
