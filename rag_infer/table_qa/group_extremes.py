"""Plans for the largest or smallest item of a group of an account: "biggest expense in 2024"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from rag_infer.cite.text_normalization import Word, key, related
from rag_infer.table_qa.line_items import YEAR, LineItems
from rag_infer.table_qa.outflows import is_outflow
from rag_infer.table_qa.period_words import content_of
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, keys
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.synonyms import GENERIC, LIGHT
from rag_infer.tables.totals import is_like_total

_CERTAINTY = 0.9
_MAX_ROWS = 2000
_EXTREME = re.compile(
    r"\b(?:the\s+)?(?:single\s+)?(?:biggest|largest|highest|greatest|smallest|lowest)\b",
    re.IGNORECASE,
)
_NOUNS = frozenset(map(key, "item items line source type kind position category".split()))
# Groups of accounts with one meaning.
_SPENDING = frozenset(
    map(key, "expense expenses expenditure expenditures cost costs spending outgoings".split())
)
_INCOME = frozenset(map(key, "income revenue receipts".split()))


def group_extreme_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """The item with the largest or smallest figure under a title that a question names.

    Args:
        question: What was asked.
        table: An account whose rows stand under titles.
    """
    if len(set(question.operations)) != 1 or question.operations[0] not in ("max", "min"):
        return
    if question.unsupported or question.negated or question.comparisons or question.top:
        return
    if question.wh not in ("which", "what") or len(table.rows) > _MAX_ROWS:
        return
    items = LineItems(table)
    if items.label < 0 or not items.columns:
        return
    content, years = content_of(question.text, items, (_EXTREME,))
    asked_years = {w.key for w in content if YEAR.fullmatch(w.key)}
    if asked_years != set(years) or len(years) != 1:
        return
    columns = [c for c, year in items.years.items() if year == years[0]]
    words = [w for w in content if w.key not in asked_years and w.key not in _NOUNS]
    groups = {row.group for n, row in enumerate(table.rows) if row.group and n in table.data}
    named = [group for group in groups if _names(group, words)]
    if len(columns) != 1 or len(named) != 1:
        return
    left = [w for w in words if not _names(named[0], [w])]
    if any(w.key not in GENERIC | LIGHT | table.context_keys for w in left):
        return
    yield from _extreme(table, items, columns[0], named[0], upward="max" in question.operations)


def _names(group: tuple[str, ...], words: list[Word]) -> bool:
    """Whether a word is the title of a group, or means the same."""
    title = {k for text in group for k in keys(text)}
    return any(
        w.key in title or any(related(w.key, k) for k in title)
        or any(w.key in same and title & same for same in (_SPENDING, _INCOME))
        for w in words
    )  # fmt: skip


def _extreme(
    table: QueryTable, items: LineItems, column: int, group: tuple[str, ...], *, upward: bool
) -> Iterator[Plan]:
    figures: dict[int, Decimal] = {}
    for n, row in enumerate(table.rows):
        if row.group != group or row.role == "group":
            continue
        if row.role == "total" or is_like_total((row.texts[items.label],)):
            break  # what follows the sum of a group is of the account
        figure = items.figure(n, column)
        if figure is None:
            return
        figures[n] = -figure.value if is_outflow(table, n) else figure.value
    if len(figures) < 2 or min(figures.values()) < 0:
        return
    best = (max if upward else min)(figures.values())
    rows = tuple(n for n, value in figures.items() if value == best)
    if len(rows) != 1:
        return
    word = "highest" if upward else "lowest"
    name, text = table.columns[column].name, table.rows[rows[0]].texts[column]
    yield Plan(
        table, "cells", rows, (Condition(-1, group),), items.label, certainty=_CERTAINTY,
        reasons=(f"the {word} {name} of {' '.join(group)}: {text}",),
    )  # fmt: skip
