"""Plans for the price of one piece in an order, which has sums of several beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.synonyms import GENERIC, LIGHT

_ONE = re.compile(
    r"\b(?:one|a single|each|apiece|per (?:piece|unit|item)|unit price)\b", re.IGNORECASE
)
_SAID = frozenset(map(key, "one single each apiece piece unit item price cost charge pay".split()))
_EACH = frozenset(map(key, "each unit price rate".split()))
_CERTAINTY = 0.9
_MAX_ROWS = 2000


def unit_price_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """The price of one of an item: "what does one receiver cost on the order?"."""
    if not _ONE.search(question.text) or len(table.rows) > _MAX_ROWS:
        return
    if question.operations or question.comparisons or question.negated or question.unsupported:
        return
    amount = table.amount_column
    if amount is None:
        return
    prices = [
        c.index for c in table.columns
        if c.kind == "number" and c.index != amount
        and not _EACH.isdisjoint(table.header_keys[c.index])
    ]  # fmt: skip
    if len(prices) != 1:
        return
    price = prices[0]
    rest = [
        w.key for w in content_words(question.text)
        if w.key not in _SAID and w.key not in GENERIC and w.key not in LIGHT
    ]  # fmt: skip
    for column in table.columns:
        if column.kind != "text":
            continue
        own = frozenset(k for k in rest if column.index in table.cell_index.get(k))
        unsaid = [k for k in rest if k not in own and k not in table.context_keys]
        rows = table.cell_index.rows_with(own, column.index) & set(table.data)
        if unsaid or len(rows) != 1:
            continue
        row = rows.pop()
        item = Condition(column.index, (table.rows[row].texts[column.index],))
        yield Plan(table, "cells", (row,), (item,), price, certainty=_CERTAINTY)
