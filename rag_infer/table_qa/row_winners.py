"""Plans for the row with the most or least money where no column is named: all must agree.

"Which site needs the most money?" of a table with two spans of years and their total: the total is
meant if it is one, and a row that wins under every column wins whichever is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rag_infer.cite.text_normalization import key, related
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.synonyms import GENERIC, LIGHT

_MONEY = frozenset(map(key, "money cost costs amount budget expensive spend spending".split()))
_EXTREMES = frozenset(map(key, "most least highest lowest largest smallest biggest".split()))
_CERTAINTY, _BY_TEXT = 0.9, 0.95
_MAX_BY_TEXT = 3  # words that only the text around a table says
_ROUNDING = Decimal("0.02")


def winner_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """The row that has the most or least under every column of figures, or under their total."""
    kinds = {"max", "min"} & set(question.operations)
    if len(kinds) != 1 or len(question.operations) != 1 or question.wh not in ("which", "what"):
        return
    if question.unsupported or question.negated or question.comparisons or question.top:
        return
    label = table.label_column
    asked = {w.key for w in question.asked}
    header = set(table.header_keys[label])
    figures = [c for c in table.columns if c.kind == "number"]
    if not header or not header <= asked or len(figures) < 2 or len(table.data) < 2:
        return
    content = content_words(question.text)
    if not any(w.key in _MONEY for w in content):
        return
    certainty = _CERTAINTY
    by_text = 0
    headers = {k for column in figures for k in table.header_keys[column.index]}
    for word in content:
        if word.key in asked | _MONEY | _EXTREMES | GENERIC | LIGHT | table.context_keys:
            continue
        if any(word.key == k or (not word.number and related(word.key, k)) for k in headers):
            continue
        if word.capital or word.key in table.cell_index or word.key not in table.surrounding_keys:
            return
        by_text += 1
        certainty *= _BY_TEXT
    total = _total(table)
    if by_text > _MAX_BY_TEXT or not _is_same_winner(table, descending="max" in kinds):
        return
    yield Plan(
        table, "best", table.data, (), label, total if total is not None else figures[-1].index,
        descending="max" in kinds, certainty=certainty,
        reasons=("the same row under every column of figures",),
    )  # fmt: skip


def _total(table: QueryTable) -> int | None:
    """The last column of figures, if it is the sum of the others in every row."""
    figures = [c for c in table.columns if c.kind == "number"]
    for row in table.data:
        values = [v for c in figures if isinstance(v := c.values[row], Decimal)]
        if len(values) < len(figures) or abs(sum(values[:-1]) - values[-1]) > _ROUNDING:
            return None
    return figures[-1].index


def _is_same_winner(table: QueryTable, *, descending: bool) -> bool:
    winners = set()
    for column in table.columns:
        if column.kind != "number":
            continue
        figures = [(v, n) for n in table.data if isinstance(v := column.values[n], Decimal)]
        if len(figures) < len(table.data):
            return False
        best = max(figures)[0] if descending else min(figures)[0]
        rows = [n for value, n in figures if value == best]
        if len(rows) > 1:
            return False
        winners.add(rows[0])
    return len(winners) == 1
