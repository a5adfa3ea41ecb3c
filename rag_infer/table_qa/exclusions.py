"""Questions that leave named rows out: "besides the Netherlands, which nation had the most gold".

The question is read without the phrase; rows of the name are then left out of what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, keys
from rag_infer.table_qa.question import Question, parse_question
from rag_infer.table_qa.synonyms import GENERIC, PEOPLE, are_synonyms

_EXCEPT = (
    r"(?:other\s+than|besides|aside\s+from|apart\s+from|except(?:\s+for)?|excluding|"
    r"not\s+(?:counting|including))"
)
_FIRST = re.compile(rf"^\s*{_EXCEPT}\s+(?P<name>[^,]+),\s*(?P<rest>.+)$", re.IGNORECASE)
_LAST = re.compile(rf"^(?P<rest>.+?),?\s+{_EXCEPT}\s+(?P<name>[^,?]+?)\s*\?*\s*$", re.IGNORECASE)
_NOT = re.compile(
    r"^(?P<rest>.+?)\s+(?P<verb>is|are|was|were|did|do|does|has|have)(?:\s+not|n['’]t)\s+(?:yet\s+)?"
    r"(?:been\s+)?(?:(?:from|in|at|of|the|a|an|under|with)\s+)*(?P<name>[^,?]+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_MAX_DIFFERENT = 30  # cells of a column whose value may be denied
_OTHER = re.compile(r"\b(?:other|else|another)\s*", re.IGNORECASE)
_KINDS = frozenset("cells best count frequency sum avg median max min rows".split())
_CERTAINTY = 0.95
_MAX_QUESTION_CHARS = 300


def exclusion_plans(
    question: Question, table: QueryTable, plans: Callable[[Question, QueryTable], list[Plan]]
) -> Iterator[Plan]:
    """The readings of a question without the rows that it leaves out.

    Args:
        question: What was asked.
        table: Where the rows are.
        plans: Reads a question over a table.
    """
    text = question.text
    if len(text) > _MAX_QUESTION_CHARS:
        return
    match = _FIRST.match(text) or _LAST.match(text)
    if match is None:
        return
    name_keys = frozenset(w.key for w in content_words(match["name"]))
    if not name_keys:
        return
    excluded: dict[int, set[int]] = {}
    for column in table.columns:
        if rows := table.cell_index.rows_with(name_keys, column.index):
            excluded[column.index] = rows
    if len(excluded) != 1:
        return
    column_index, rows = next(iter(excluded.items()))
    names = tuple(dict.fromkeys(table.rows[n].texts[column_index] for n in sorted(rows)))
    if len(names) != 1:
        return
    for plan in plans(parse_question(_OTHER.sub("", match["rest"])), table):
        rest = tuple(n for n in plan.rows if n not in rows)
        if plan.kind not in _KINDS or not rest:
            continue
        if len(rest) == len(plan.rows):
            continue  # what is left out was none of them: the question means something else
        yield replace(
            plan, rows=rest, certainty=_CERTAINTY * plan.certainty,
            conditions=(*plan.conditions, Condition(column_index, names, "!=")),
        )  # fmt: skip


def negation_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """The rows whose cell is another than the one that a question denies: "orders not paid".

    A blank cell says neither.
    """
    match = _NOT.match(question.text) if len(question.text) <= _MAX_QUESTION_CHARS else None
    if match is None or question.operations not in ((), ("count",)) or question.comparisons:
        return
    name_keys = frozenset(w.key for w in content_words(match["name"]))
    matches = [
        (column, rows) for column in table.columns
        if name_keys and column.kind in ("text", "flag")
        and (rows := [n for n in table.data
                      if frozenset(keys(table.rows[n].texts[column.index])) == name_keys])
    ]  # fmt: skip
    if len(matches) != 1:
        return
    column, denied = matches[0]
    texts = {n: table.rows[n].texts[column.index].strip() for n in table.data}
    if len(set(texts.values())) > _MAX_DIFFERENT:
        return
    others = tuple(n for n in table.data if texts[n] and n not in denied)
    target = _asked_column(match["rest"], table)
    if target is None or target == column.index or not others:
        return
    condition = Condition(column.index, (texts[denied[0]],), "!=")
    is_count = bool(question.operations)
    values = [table.rows[n].texts[target] for n in others]
    if is_count and len(set(values)) < len(values):
        return  # rows or different values: which is meant is open
    yield Plan(
        table, "count" if is_count else "cells", others, (condition,), target, aggregate="count",
        certainty=_CERTAINTY,
    )  # fmt: skip


def _asked_column(rest: str, table: QueryTable) -> int | None:
    """The column that all words before the verb name, or that names rows."""
    words = [w.key for w in content_words(rest) if w.key not in GENERIC]
    named = [
        c.index for c in table.columns
        if words and all(
            any(k == w or are_synonyms(k, w) for k in table.header_keys[c.index]) for w in words
        )
    ]  # fmt: skip
    if len(named) == 1:
        return named[0]
    is_row = all(w in table.context_keys or w in PEOPLE for w in words) and not named
    return table.label_column if is_row and words else None
