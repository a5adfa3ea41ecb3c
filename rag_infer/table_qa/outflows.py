"""Amounts spent that an account writes as negative: "(640)" under "Total expenditure".

People ask by how much expenditure grew, and subtract it from income: both mean its size.
"""

from __future__ import annotations

from decimal import Decimal

from rag_infer.cite.text_normalization import key
from rag_infer.table_qa.query_table import QueryTable, keys
from rag_infer.tables.figures import decimal_mark, is_blank, parse_figure

_SPENDING = frozenset(
    map(
        key,
        "expense expenses expenditure expenditures cost costs spending outgoings outgoing payment "
        "payments paid charge charges fee fees tax taxes depreciation amortization amortisation "
        "loss losses deficit outflow outflows purchase purchases wages salaries".split(),
    )
)
# What may be above or below zero, so that its sign says something.
_BALANCES = frozenset(
    map(
        key,
        "net result results profit profits income surplus balance margin change changes difference "
        "increase decrease variance flow flows gain gains benefit credit".split(),
    )
)


def is_outflow(table: QueryTable, row: int) -> bool:
    """Whether a row is of money spent, all of whose figures are written as negative.

    Args:
        table: An account.
        row: Of its body.
    """
    label = set(keys(table.rows[row].texts[0]))
    group = {k for title in table.rows[row].group for k in keys(title)}
    if not _is_spending(label) and (label & _BALANCES or not _is_spending(group)):
        return False
    values = _figures(table, row)
    return bool(values) and all(value <= 0 for value in values) and any(values)


def may_be_outflow(table: QueryTable, row: int) -> bool:
    """Whether all figures of a row are negative and nothing says if their sign means something."""
    label = set(keys(table.rows[row].texts[0]))
    values = _figures(table, row)
    return (
        bool(values) and all(value < 0 for value in values)
        and not label & _BALANCES and not is_outflow(table, row)
    )  # fmt: skip


def _is_spending(words: set[str]) -> bool:
    """Whether words say that money is spent: "tax benefit" and "income before tax" do not."""
    return bool(words & _SPENDING) and not (words & _BALANCES) - {key("income")}


def _figures(table: QueryTable, row: int) -> list[Decimal]:
    mark = decimal_mark(table.rows[row].texts[1:])
    figures = (parse_figure(t, mark) for t in table.rows[row].texts[1:] if not is_blank(t))
    return [figure.value for figure in figures if figure is not None]
