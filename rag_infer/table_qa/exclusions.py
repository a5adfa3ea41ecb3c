"""Questions that leave named rows out: "besides the Netherlands, which nation had the most gold".

The question is read without the phrase; rows of the name are then left out of what it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import Question, parse_question

_EXCEPT = (
    r"(?:other\s+than|besides|aside\s+from|apart\s+from|except(?:\s+for)?|excluding|"
    r"not\s+(?:counting|including))"
)
_FIRST = re.compile(rf"^\s*{_EXCEPT}\s+(?P<name>[^,]+),\s*(?P<rest>.+)$", re.IGNORECASE)
_LAST = re.compile(rf"^(?P<rest>.+?),?\s+{_EXCEPT}\s+(?P<name>[^,?]+?)\s*\?*\s*$", re.IGNORECASE)
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
        if plan.kind not in _KINDS or not rest or plan.group is not None:
            continue
        if len(rest) == len(plan.rows):
            continue  # what is left out was none of them: the question means something else
        yield replace(
            plan, rows=rest, certainty=_CERTAINTY * plan.certainty,
            conditions=(*plan.conditions, Condition(column_index, names, "!=")),
        )  # fmt: skip
