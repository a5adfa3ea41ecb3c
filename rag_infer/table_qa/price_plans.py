"""Plans for prices whose column is not said: all prices of the row, each under its header."""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.plan import Condition, Plan
from rag_infer.table_qa.query_table import QueryTable, essential_keys
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.synonyms import GENERIC, LIGHT

_PRICE = frozenset(map(key, "cost costs price prices charge fee fees rate pay".split()))
_CERTAINTY = 0.78  # below a table that has one price
_MAX_PRICES = 6
_MAX_ROWS = 2000  # of a table whose rows are compared by their labels


def price_plans(question: Question, table: QueryTable) -> Iterator[Plan]:
    """All prices of one row: "how much is a nail trim" of small, and of large dogs."""
    content = content_words(question.text)
    is_price = question.wh == "how much" or any(w.key in _PRICE for w in content)
    columns = [c.index for c in table.columns if c.is_money]
    if (
        not is_price
        or not 2 <= len(columns) <= _MAX_PRICES
        or len(table.rows) > _MAX_ROWS
        or table.is_statement
    ):
        return
    if question.operations or question.comparisons or question.negated or question.unsupported:
        return
    label = table.label_column
    said = {w.key for w in content if w.key not in _PRICE and w.key not in GENERIC}
    rows = [
        n for n in table.data
        if (own := essential_keys(table.rows[n].texts[label])) and own <= said
        and all(k in own or k in LIGHT or k in table.context_keys for k in said)
    ]  # fmt: skip
    if len(rows) != 1:
        rows = _by_several_cells(table, said)
    if len(rows) != 1:
        return
    row = rows[0]
    prices = [c for c in columns if table.columns[c].values[row] is not None]
    if len(prices) < 2:
        return
    yield Plan(
        table, "periods", (row,), (Condition(label, (table.rows[row].texts[label],)),),
        cells=tuple(((row, c),) for c in prices), certainty=_CERTAINTY,
        reasons=("the question does not say which of these columns",),
    )  # fmt: skip


def _by_several_cells(table: QueryTable, said: set[str]) -> list[int]:
    """The rows whose cells of text together say all words: "lavender in a 17 cm pot"."""
    texts = [c.index for c in table.columns if not c.is_money]
    headers = {k for c in texts for k in table.header_keys[c]}
    rest = {k for k in said if k not in headers and k not in LIGHT and k not in table.context_keys}
    return [
        n for n in table.data if rest and rest <= {k for c in texts for k in table.cell_keys(n, c)}
    ]  # fmt: skip
