"""Figures of a document's financial statements: which table is which, and the cell of an item.

A balance sheet has the total of the assets, a statement of cash flows says what operating
activities brought, a statement of income has sales and what is left; notes and segments have parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import PurePosixPath

from rag_infer.table_qa.financial_formulas import ITEMS, Item, Statement
from rag_infer.table_qa.line_items import LineItems
from rag_infer.table_qa.query_table import QueryTable, keys

_FOOTNOTE = re.compile(r"\(\s*\w{1,2}\s*\)\s*$|[:*†]+\s*$")
_PARENTHESES = re.compile(r"\([^()]*\)")
_SIGNS: dict[Statement, re.Pattern[str]] = {
    "balance": re.compile(r"^total (?:assets|current liabilities|liabilities)$", re.IGNORECASE),
    "cash": re.compile(
        r"\b(?:cash|provided|used)\b.*\boperating activities|^operating activities", re.IGNORECASE
    ),
    "income": re.compile(
        r"^(?:consolidated )?net (?:income|earnings|\(loss\)|loss)\b", re.IGNORECASE
    ),
}
_PART = re.compile(
    r"\b(?:segment|discontinued|held for sale|pro forma|parent company|non-?gaap|adjusted|"
    r"quarterly|percentage of)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_PARTS = re.compile(
    r"\b(?:raw materials?|work[- ]in[- ](?:process|progress)|finished (?:goods|products)|supplies|"
    r"packaging)\b",
    re.IGNORECASE,
)
_DETAIL = re.compile(r",\s*including\b.*$", re.IGNORECASE)
_SMALL = ("other", "before", "after", "not", "without", "under", "over")
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
        table: The table that it stands in.
        cells: Its row and column there; those of its parts where it has no figure of its own.
        values: The figures as a formula takes them: costs are positive.
        scale: The power of ten of the table's figures.
    """

    item: str
    year: str
    table: QueryTable
    cells: tuple[tuple[int, int], ...]
    values: tuple[Decimal, ...]
    scale: int

    @property
    def term(self) -> str:
        """The figures as an expression has them."""
        terms = [f"{v:,f}" if v >= 0 else f"(0 - {-v:,f})" for v in self.values]
        return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


class Statements:
    """The financial statements among the tables of one document."""

    def __init__(self, tables: Sequence[QueryTable]) -> None:
        self._tables = [t for t in tables if t.rows and len(t.columns) > 1]
        self._items: dict[int, LineItems] = {}
        self._years: dict[int, dict[int, str]] = {}

    @cached_property
    def _of_kind(self) -> dict[Statement, list[QueryTable]]:
        """The tables of each statement: those of the page that has the most rows of it.

        Items of two pages are never mixed: notes and parent companies have sheets of their own.
        """
        kinds: dict[Statement, list[QueryTable]] = {}
        for kind, sign in _SIGNS.items():
            pages: dict[int | None, list[QueryTable]] = {}
            for table in self._tables:
                labels = [row.texts[0].strip() for row in table.rows]
                titles = [title for row in table.rows for title in row.group[:1]]
                if any(sign.search(text) for text in (*labels, *titles)) and (
                    kind != "income" or any(_label_keys(text) in _REVENUES for text in labels)
                ):
                    pages.setdefault(_page(table), []).append(table)
            pages = {
                page: group for page, group in pages.items()
                if any(self._years_of(table) for table in group)
            }  # fmt: skip
            if pages:
                best = max(pages.values(), key=_importance)
                kinds[kind] = sorted(best, key=lambda t: -len(t.rows))
        return kinds

    @cached_property
    def years(self) -> tuple[str, ...]:
        """The years of the statements, the latest first."""
        years = {
            year
            for group in self._of_kind.values()
            for table in group[:1]
            for year in self._years_of(table).values()
        }
        return tuple(sorted(years, reverse=True))

    def _years_of(self, table: QueryTable) -> dict[int, str]:
        """The year of each column: of its header, else of the line above, else as the table above.

        A balance sheet is often drawn as two tables of a page, of which one has the dates above.
        """
        if (own := self._line_items(table).years) or id(table) in self._years:
            return own or self._years[id(table)]
        columns = self._line_items(table).columns
        years = tuple(dict.fromkeys(_YEAR.findall(table.context)))
        file_years = set(_YEAR.findall(PurePosixPath(table.document).stem))
        for candidates in (years, tuple(y for y in years if y not in file_years)):
            if len(columns) > 1 and len(candidates) == len(columns):
                # The name of the file stands first in the context: the order is that of the line.
                line = [y for y in _YEAR.findall(table.context) if y in candidates][-len(columns) :]
                if len(set(line)) == len(columns):
                    self._years[id(table)] = dict(zip(columns, line, strict=True))
                    return self._years[id(table)]
        self._years[id(table)] = {}
        place = next((n for n, t in enumerate(self._tables) if t is table), 0)
        above = self._tables[place - 1] if place else None
        if above is not None and _page(above) == _page(table) and not any(map(any, table.headers)):
            before = self._years_of(above)
            if len(before) == len(columns) > 1:
                self._years[id(table)] = dict(zip(columns, before.values(), strict=True))
        return self._years[id(table)]

    def _line_items(self, table: QueryTable) -> LineItems:
        if id(table) not in self._items:
            self._items[id(table)] = LineItems(table)
        return self._items[id(table)]

    def figure(self, name: str, year: str) -> ItemFigure | None:
        """The cell of an item in a year; None where no statement has it, or two differ."""
        item = _BY_NAME[name]
        for label in item.labels:
            keys_of_label = _label_keys(label)
            for table in self._of_kind.get(item.statement, ()):
                cell = self._cell(item, table, keys_of_label, year)
                if cell is not None:
                    return cell
        return None

    def _cell(
        self, item: Item, table: QueryTable, keys_of_label: tuple[str, ...], year: str
    ) -> ItemFigure | None:
        items = self._line_items(table)
        columns = [c for c, of in self._years_of(table).items() if of == year]
        if items.label < 0 or len(columns) != 1 or len(table.rows) < _MIN_ROWS:
            return None
        column = columns[0]
        scale = _SCALES.get(table.scale, 0)
        values: dict[Decimal, int] = {}
        for number, row in enumerate(table.rows):
            if _label_keys(row.texts[items.label]) != keys_of_label or _is_change_group(
                row.group, item
            ):
                continue
            if not any(text.strip() for n, text in enumerate(row.texts) if n != items.label):
                parts = _parts(table, items, number, column)
                if parts:
                    cells, figures = zip(*parts, strict=True)
                    return ItemFigure(item.name, year, table, cells, figures, scale)
            figure = items.figure(number, column)
            if figure is None or figure.unit == "%":
                continue
            values.setdefault(abs(figure.value) if item.name in _COST else figure.value, number)
        if len(values) != 1:
            return None
        value, number = next(iter(values.items()))
        return ItemFigure(item.name, year, table, ((number, column),), (value,), scale)


def _parts(
    table: QueryTable, items: LineItems, title: int, column: int
) -> list[tuple[tuple[int, int], Decimal]]:
    """The rows right below a title that are known parts of it, with their figures."""
    parts = []
    for number in range(title + 1, len(table.rows)):
        if _PARTS.search(table.rows[number].texts[items.label]) is None:
            break
        figure = items.figure(number, column)
        if figure is None:
            return []
        parts.append(((number, column), figure.value))
    return parts


def _importance(tables: Sequence[QueryTable]) -> tuple[bool, bool, int]:
    """How likely tables of a page are the statement itself rather than a part of it."""
    around = " ".join(table.context for table in tables)
    return (
        _PART.search(around) is None,
        re.search(r"\bconsolidated\s+(?:balance|statements?)\b", around, re.IGNORECASE) is not None,
        sum(len(table.rows) for table in tables),
    )


def _page(table: QueryTable) -> int | None:
    return next((s.page_number for row in table.rows for s in row.spans if s is not None), None)


def _is_change_group(group: Sequence[str], item: Item) -> bool:
    """Whether a row stands under changes of balances or shares of sales: no amounts of its own."""
    title = " ".join(group).lower()
    return "percent" in title or "%" in title or (item.statement == "balance" and "change" in title)


def _label_keys(label: str) -> tuple[str, ...]:
    """A label in a form in which two that are the same are equal."""
    plain = _FOOTNOTE.sub("", _DETAIL.sub("", label.strip()).replace("’", "'"))
    while (shorter := _FOOTNOTE.sub("", plain.strip())) != plain:
        plain = shorter
    plain = _PARENTHESES.sub(" ", plain)
    # "Other income, net" is not net income, though "other" is a stop word.
    small = {w for w in _SMALL if re.search(rf"\b{w}\b", plain, re.IGNORECASE)}
    return tuple(sorted([*keys(plain), *small]))


_REVENUES = frozenset(map(_label_keys, _BY_NAME["revenue"].labels))
