"""Figures of a document's financial statements: which table is which, and the cell of an item.

A balance sheet has the total of the assets, a statement of cash flows says what operating activities
brought, a statement of income has sales and what is left of them; notes and segments have parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from rag_infer.table_qa.financial_formulas import ITEMS, Item, Statement
from rag_infer.table_qa.line_items import LineItems
from rag_infer.table_qa.query_table import QueryTable, keys

_FOOTNOTE = re.compile(r"\(\s*\w{1,2}\s*\)\s*$|[:*†]+\s*$")
_PARENTHESES = re.compile(r"\([^()]*\)")
_SIGNS = {
    "balance": re.compile(r"^total assets\b", re.IGNORECASE),
    "cash": re.compile(
        r"\b(?:cash|provided|used)\b.*\boperating activities|^operating activities", re.IGNORECASE
    ),
    "income": re.compile(r"^(?:consolidated )?net (?:income|earnings|\(loss\)|loss)\b", re.IGNORECASE),
}
_PART = re.compile(
    r"\b(?:segment|discontinued|held for sale|pro forma|parent company|non-?gaap|adjusted|quarterly|"
    r"percentage of|comprehensive)\b",
    re.IGNORECASE,
)
_SCALES = {"": 0, "thousand": 3, "million": 6, "billion": 9}
_COST = frozenset(
    "cost_of_sales capital_expenditures dividends interest_expense income_tax depreciation".split()
)
_BY_NAME = {item.name: item for item in ITEMS}
_MIN_ROWS = 6


@dataclass(frozen=True, slots=True)
class ItemFigure:
    """A cell of a statement.

    Attributes:
        item: What it is.
        year: Whose it is.
        table: The table that it stands in, with its row and column.
        value: Its figure as a formula takes it: costs are positive.
        scale: The power of ten of the table's figures.
    """

    item: str
    year: str
    table: QueryTable
    row: int
    column: int
    value: Decimal
    scale: int


class Statements:
    """The financial statements among the tables of one document."""

    def __init__(self, tables: Sequence[QueryTable]) -> None:
        self._tables = [t for t in tables if t.rows and len(t.columns) > 1]
        self._items: dict[int, LineItems] = {}

    @cached_property
    def _of_kind(self) -> dict[Statement, list[QueryTable]]:
        """The tables of each kind, the fullest first."""
        kinds: dict[Statement, list[QueryTable]] = {"income": [], "balance": [], "cash": []}
        for table in self._tables:
            labels = [row.texts[0].strip() for row in table.rows]
            titles = [title for row in table.rows for title in row.group[:1]]
            for kind, sign in _SIGNS.items():
                if any(sign.search(text) for text in (*labels, *titles)):
                    kinds[kind].append(table)  # type: ignore[index]
        for found in kinds.values():
            found.sort(key=lambda t: (_PART.search(t.context) is not None, -len(t.rows)))
        return kinds

    @cached_property
    def years(self) -> tuple[str, ...]:
        """The years of the statements, the latest first."""
        years = {
            year
            for found in self._of_kind.values()
            for table in found[:1]
            for year in self._line_items(table).years.values()
        }
        return tuple(sorted(years, reverse=True))

    def _line_items(self, table: QueryTable) -> LineItems:
        if id(table) not in self._items:
            self._items[id(table)] = LineItems(table)
        return self._items[id(table)]

    def figure(self, name: str, year: str) -> ItemFigure | None:
        """The cell of an item in a year; None where no statement has it, or two differ."""
        item = _BY_NAME[name]
        for label in item.labels:
            wanted = _label_keys(label)
            for table in self._of_kind[item.statement]:
                found = self._cell(item, table, wanted, year)
                if found is not None:
                    return found
        return None

    def _cell(
        self, item: Item, table: QueryTable, wanted: tuple[str, ...], year: str
    ) -> ItemFigure | None:
        items = self._line_items(table)
        columns = [c for c, of in items.years.items() if of == year]
        if items.label < 0 or len(columns) != 1 or len(table.rows) < _MIN_ROWS:
            return None
        values: dict[Decimal, tuple[int, Decimal]] = {}
        for number, row in enumerate(table.rows):
            if _label_keys(row.texts[items.label]) != wanted or _is_change_group(row.group, item):
                continue
            figure = items.figure(number, columns[0])
            if figure is None or figure.unit == "%":
                continue
            value = abs(figure.value) if item.name in _COST else figure.value
            values.setdefault(value, (number, value))
        if len(values) != 1:
            return None
        number, value = next(iter(values.values()))
        return ItemFigure(
            item.name, year, table, number, columns[0], value, _SCALES.get(table.scale, 0)
        )


def _is_change_group(group: Sequence[str], item: Item) -> bool:
    """Whether a row stands under changes of balances or shares of sales: no amounts of its own."""
    title = " ".join(group).lower()
    return "percent" in title or "%" in title or (item.statement == "balance" and "change" in title)


def _label_keys(label: str) -> tuple[str, ...]:
    """A label in a form in which two that are the same are equal."""
    plain = _FOOTNOTE.sub("", label.strip().replace("’", "'"))
    while (shorter := _FOOTNOTE.sub("", plain.strip())) != plain:
        plain = shorter
    return tuple(sorted(keys(_PARENTHESES.sub(" ", plain))))
