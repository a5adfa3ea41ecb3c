"""Plans for the row beside one that is named: "which island is ranked right above Bermuda?"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from rag_infer.table_qa.clauses.asked import ordered_value, person_column
from rag_infer.table_qa.clauses.context import says_context
from rag_infer.table_qa.clauses.segments import header_links
from rag_infer.table_qa.clauses.tokens import is_plural_noun, tokens_of
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.synonyms import is_ordinal

_BESIDE = re.compile(
    r"^\W*(?:which|what|who)\b(?P<noun>[\w' -]*?)\s+"
    r"(?:(?:is|was|are|were|comes?|came|stands?|stood|finished|placed|ranks?|ranked|listed|sits?|the|"
    r"one|row|entry)\s+)+"
    r"(?:(?:right|just|directly|immediately|one place|one)\s+)*"
    r"(?P<word>below|under|after|behind|above|before|ahead of|in front of)\s+(?P<anchor>.+?)"
    r"(?:\s+(?:on|in) the (?:list|table|ranking|standings))?\W*$",
    re.IGNORECASE,
)
_SUCCESSION = re.compile(
    r"^\W*who\s+(?:(?P<after>succeeded|followed|replaced|took over from|came after)|"
    r"(?P<before>preceded|came before))\s+"
    r"(?P<anchor>.+?)(?:\s+as\s+[\w ]+)?\W*$",
    re.IGNORECASE,
)
_AFTER = frozenset("below under after behind".split())
_OF_RANK = frozenset(("below", "under", "behind", "above", "ahead of", "in front of"))
_CERTAINTY = 0.92


def neighbor_plans(text: str, table: QueryTable) -> Iterator[Plan]:
    """The label of the row right before or after a named one.

    Args:
        text: What was asked.
        table: The table that it may be about.
    """
    match = _BESIDE.match(text) or _SUCCESSION.match(text)
    if match is None or table.is_statement:
        return
    groups = match.groupdict()
    word = (groups.get("word") or ("after" if groups.get("after") else "before")).lower()
    label = table.label_column
    if groups.get("noun", "").strip():
        if is_plural_noun(groups["noun"].split()[-1].lower()):
            return  # one of them, or all
        if not _names_rows(table, groups["noun"]):
            return
    elif (people := person_column(table)) is not None:
        label = people
    question_keys = frozenset(t.key for t in tokens_of(match["anchor"]) if t.content)
    rows = [n for n in table.data if essential_keys(table.rows[n].texts[label]) == question_keys]
    if len(rows) != 1 or not question_keys or not _is_in_order(table, by_rank=word in _OF_RANK):
        return
    step = 1 if word in _AFTER else -1
    offset = table.data.index(rows[0]) + step
    if not 0 <= offset < len(table.data):
        return
    row = table.data[offset]
    name = table.rows[rows[0]].texts[label]
    if table.rows[row].texts[label] == name:
        return
    yield Plan(
        table, "cells", (row,), (Condition(label, (f"{word} {name}",)),), label,
        certainty=_CERTAINTY,
    )  # fmt: skip


def _names_rows(table: QueryTable, noun: str) -> bool:
    """Whether all words of a noun name the column of labels, or what rows are."""
    return all(
        table.label_column in header_links(table, token) or says_context(table, token.key)
        for token in tokens_of(noun) if token.content
    )  # fmt: skip


def _is_in_order(table: QueryTable, *, by_rank: bool) -> bool:
    """Whether the list is in the order that is asked about: of rank, or of time if it tells one."""
    columns = [
        c.index for c in table.columns
        if (is_ordinal(c.name, table.header_keys[c.index]) if by_rank
            else c.kind in ("date", "year"))
    ]  # fmt: skip
    for column in columns:
        values = [ordered_value(table, n, column) for n in table.data]
        present_values = [v for v in values if v is not None]
        if any(a > b for a, b in pairwise(present_values)):
            return False
    return bool(columns) or not by_rank or _falls(table)


def _falls(table: QueryTable) -> bool:
    """Whether the last or first column of figures falls down the table, as in a ranking."""
    figures = [c.index for c in table.columns if c.kind == "number"]
    for column in figures[:1] + figures[-1:]:
        values = [v for n in table.data if (v := ordered_value(table, n, column)) is not None]
        if len(values) == len(table.data) and all(a >= b for a, b in pairwise(values)):
            return True
    return False
