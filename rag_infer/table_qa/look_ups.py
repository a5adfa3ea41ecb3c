"""Plans that read cells: of one row and column, of all rows that fit, or whole rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rag_infer.cite.text_normalization import words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.reading import (
    AMBIGUOUS,
    PARTIAL,
    UNEXPLAINED,
    WHOLE,
    Reading,
    certainty_of,
    columns_by_kind,
    flag_columns,
    flag_of,
    rows_within,
)
from rag_infer.table_qa.row_selection import RowSelection, holds_elsewhere, select_rows
from rag_infer.table_qa.synonyms import CLASSES, GENERIC, PLACE

_BY_KIND = 0.87
_MAX_TARGETS = 8
_TIMES = frozenset(w.key for w in words("year years date dates month day season period"))
_ONE_FIGURE = ("how many", "how much", "how long", "how old")
_RATE = re.compile(
    r"\b(?:every|each|once|twice|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|times|per)\b",
    re.IGNORECASE,
)
_PER = re.compile(r"\bper (?!cent\b)", re.IGNORECASE)
_SAYS_RATE = re.compile(
    r"\b(?:per|each|a|every|hourly|daily|weekly|monthly|yearly|rate)\b|/|\b[a-z]{1,3}(?:asm|rpm)s?\b",
    re.IGNORECASE,
)
_COUNT_WORDS = frozenset(w.key for w in words("number count quantity"))
_MAX_SAMPLE = 100  # rows by which a column is known
_ROW_WORDS = frozenset(w.key for w in words("rows row entries entry records record lines"))


def look_up_plans(reading: Reading) -> Iterator[Plan]:
    """One cell, or the cells of all rows that fit."""
    question, table, links = reading.question, reading.table, reading.links
    if question.negated and not flag_columns(reading):
        return
    if reading.asked and all(
        links.words[n].key in _ROW_WORDS or links.words[n].key in GENERIC for n in reading.asked
    ):
        yield from _whole_rows(reading)
    for target, by_header in _targets(reading):
        header_words = links.header_words(target) if by_header else frozenset()
        free = [n for n in range(len(links.words)) if n not in header_words]
        pool = table.answering_rows
        yield from _rows_of_target(reading, target, header_words, free, pool)


def _whole_rows(reading: Reading) -> Iterator[Plan]:
    """All columns of the rows that fit: "show me all rows of 2024"."""
    table, links = reading.table, reading.links
    if not any(links.words[n].key in _ROW_WORDS for n in reading.asked):
        return
    free = [n for n in range(len(links.words)) if n not in reading.asked]
    bound = rows_within(reading, list(table.data), None)
    if bound is None:
        return
    pool, bounds, bound_words = bound
    free = [n for n in free if n not in bound_words]
    selection = select_rows(table, links, free, pool)
    if not selection.conditions and not bounds:
        return
    certainty, reasons = certainty_of(reading, bound_words, selection, ())
    yield Plan(
        table, "rows", selection.rows, (*selection.conditions, *bounds), table.label_column,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _rows_of_target(
    reading: Reading,
    target: int,
    header_words: frozenset[int],
    free: list[int],
    pool: Collection[int],
) -> Iterator[Plan]:
    question, table, links = reading.question, reading.table, reading.links
    is_rate = question.wh == "how often" and target in _rate_columns(reading)
    is_asked = header_words and reading.asked & header_words
    if "count" in question.operations and not is_asked and not is_rate:
        return
    flags = [c for c in flag_columns(reading) if c != target]
    flag_conditions: list[Condition] = []
    flag_words: frozenset[int] = frozenset()
    for column in flags:
        expected = "no" if question.negated else "yes"
        pool = [n for n in pool if flag_of(table, n, column) == expected]
        flag_conditions.append(Condition(column, (expected,)))
        flag_words |= links.header_words(column)
    bound = (
        rows_within(reading, pool, target)
        if question.comparisons
        else (list(pool), (), frozenset())
    )
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
    certainty, reasons = certainty_of(
        reading, header_words | flag_words | bound_words, selection, (target,)
    )
    values = {table.rows[n].texts[target] for n in rows}
    several = len(rows) > 1 and len(values) > 1
    if several and not question.plural:
        certainty *= AMBIGUOUS
    if not any(value.strip() for value in values):
        certainty *= AMBIGUOUS
    if _PER.search(question.text) and not _says_rate(table, rows, target):
        certainty *= UNEXPLAINED  # "cost per gallon" is not "gallons"
    if table.is_statement and selection.completeness < WHOLE:
        certainty *= UNEXPLAINED  # "revenue per mile" is not "revenue"
    if question.plural and holds_elsewhere(table, selection, pool):
        certainty *= AMBIGUOUS  # all that fit are asked, and others may
    if len(rows) > 1 and table.columns[target].kind == "number" and question.wh in _ONE_FIGURE:
        certainty *= AMBIGUOUS  # one figure is asked, and several rows have one, perhaps the same
    if header_words and not header_words & reading.asked:
        entire = select_rows(table, links, [*free, *header_words], pool, frozenset((target,)))
        if header_words <= entire.explained and entire.completeness > WHOLE:
            certainty *= AMBIGUOUS  # a row's label says those words: no column is named
    if not header_words and not is_rate:
        certainty *= _BY_KIND
        if reading.asked and not _is_asked_kind(reading, target):
            certainty *= UNEXPLAINED
    if question.operations and not is_rate and not _is_label_word(reading, selection, header_words):
        certainty *= UNEXPLAINED
    if not {"difference", "growth", "share"}.isdisjoint(question.operations):
        certainty *= PARTIAL  # computed, if it can be
    yield Plan(
        table, "cells", rows, (*selection.conditions, *flag_conditions, *bounds), target,
        certainty=certainty, reasons=reasons,
    )  # fmt: skip


def _says_rate(table: QueryTable, rows: Sequence[int], target: int) -> bool:
    """Whether a header, the words around, or cells of rows say that a figure is per something."""
    texts = [table.columns[target].name, table.context]
    texts += [text for n in rows[:_MAX_SAMPLE] for text in table.rows[n].texts]
    return any(_SAYS_RATE.search(text) for text in texts)


def _is_label_word(reading: Reading, selection: RowSelection, header_words: frozenset[int]) -> bool:
    """Whether the words of operations ("total", "most") are words of a label or header here."""
    content = {w.start for w in reading.question.content}
    operation_words = [n for n, w in enumerate(reading.links.words) if w.start not in content]
    explained = selection.explained | header_words
    named = "count" in reading.question.operations and bool(header_words & reading.asked)
    return all(
        n in explained or (named and reading.links.words[n].key in GENERIC) for n in operation_words
    ) and (bool(operation_words) or named)


def _rate_columns(reading: Reading) -> list[int]:
    """The columns that tell how often: most of their cells do ("every visit", "once a year")."""
    table = reading.table
    columns = []
    for column in table.columns:
        texts = [t for n in table.data[:_MAX_SAMPLE] if (t := table.rows[n].texts[column.index])]
        if texts and 2 * sum(_RATE.search(text) is not None for text in texts) > len(texts):
            columns.append(column.index)
    return columns


def _targets(reading: Reading) -> list[tuple[int, bool]]:
    """The columns that the answer may be from, and whether a header was named."""
    table, links, question = reading.table, reading.links, reading.question
    named: dict[int, float] = {}
    for column in table.columns:
        matches = links.header_words(column.index)
        if matches:
            header = set(table.header_keys[column.index])
            same = sum(links.words[n].key in header for n in matches)
            named[column.index] = same + 0.5 * (len(matches) - same) + same / max(1, len(header))
    if question.wh == "how often":
        return [(c, bool(links.header_words(c))) for c in _rate_columns(reading)]
    if named:
        best = max(named.values())
        ranked = sorted(named, key=lambda c: (-named[c], c))
        by_header = [(c, True) for c in ranked if named[c] > 0.4 * best and _fits(reading, c)]
        return by_header[:_MAX_TARGETS] + columns_by_kind(reading, frozenset(named))
    return columns_by_kind(reading, frozenset()) if question.wh else []


def _fits(reading: Reading, column: int) -> bool:
    """Whether a column is of the kind that the question word asks for."""
    kind, wh = reading.table.columns[column].kind, reading.question.wh
    if wh == "how old" and not CLASSES.isdisjoint(reading.table.header_keys[column]):
        return False  # "W40" of an age group is no age
    if kind == "number" and any(reading.links.words[n].key in _TIMES for n in reading.asked):
        return False  # "in which year" is no figure under "Year ended"
    if wh == "which" and kind == "number" and _counts(reading, column):
        return False  # "which county" is no number of counties
    if wh in ("who", "whom", "whose"):
        return kind == "text"
    if wh == "when":
        return kind in ("date", "year", "text")
    if wh == "where":
        return kind == "text" and not PLACE.isdisjoint(reading.table.header_keys[column])
    if wh in ("how many", "how much", "how long", "how old"):
        return kind in ("number", "date", "text") and not (kind == "text" and wh == "how many")
    return True


def _counts(reading: Reading, column: int) -> bool:
    """Whether a header says that its figures count something, and the question does not."""
    said = {w.key for w in reading.links.words}
    return bool(_COUNT_WORDS.intersection(reading.table.header_keys[column]) - said)


def _is_asked_kind(reading: Reading, target: int) -> bool:
    return reading.question.wh in ("who", "whom", "whose", "when", "where", "how much")
