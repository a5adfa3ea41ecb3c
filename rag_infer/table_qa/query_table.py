"""A table as questions see it: typed columns, rows with their part in it, words of everything."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Literal

from rag_infer.cite.text_normalization import key, words
from rag_infer.table_qa.cell_index import CellIndex
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.day_ranges import days_of
from rag_infer.table_qa.validity import Period
from rag_infer.tables.columns import Column, column_of, scale_of
from rag_infer.tables.figures import decimal_mark, is_blank
from rag_infer.tables.totals import group_title, is_like_total, summary_rows, total_rows
from rag_infer.types import Span

GROUP = -1  # the column that stands for titles of groups
_ORDER_COLUMNS = 3
_ROUNDING = Decimal("0.02")
_MAX_INDEX_CELLS = 1_000_000
_MAX_NAMES = 500  # rows whose labels are compared with abbreviations
_PERIOD = re.compile(r"(?:19|20)\d\d")
_MONTH_KEYS = [key(calendar.month_name[month]) for month in range(1, 13)]
Role = Literal["data", "total", "group"]
_CODE_HEADER = re.compile(
    r"(?:\b(?:code|number|no|nr|id|sku|isbn|key|reference|ref)\b\.?|#|№)\s*$", re.IGNORECASE
)
_CODE = re.compile(r"0\d+")
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


@dataclass(frozen=True, slots=True)
class QueryRow:
    """A row of the body. ``group`` are the titles above it; ``spans`` of its cells, if known."""

    texts: tuple[str, ...]
    role: Role
    group: tuple[str, ...] = ()
    spans: Sequence[Span | None] = ()


@dataclass(frozen=True)
class QueryTable:
    """A table with what its cells mean.

    Attributes:
        name: What it is called: its file, sheet or caption.
        document: The document it is from; empty where there is none.
        headers: The header of each column, levels from the top.
        rows: Its body.
        columns: Its columns; values are by row of the body.
        context: Words around it: title, headings, caption, file name, notes.
        scale: ``thousand``, ``million`` or ``billion`` for all its figures, or empty.
        skipped_rows: Rows of the document that it lacks, as they have other columns.
        sql_source: What SQL reads it from, where it is a join.
        join_note: How it was joined, and how many rows have no match; empty for one of a document.
        join_start: The first column of the second table of a join.
        validity: The time for which it holds, if its sheet or caption says it.
        surroundings: The text of its page around it.
    """

    name: str
    document: str
    headers: tuple[tuple[str, ...], ...]
    rows: tuple[QueryRow, ...]
    columns: tuple[Column, ...]
    context: str = ""
    scale: str = ""
    skipped_rows: int = 0
    sql_source: str = ""
    join_note: str = ""
    join_start: int = 0
    validity: Period | None = None
    surroundings: str = ""
    _cache: dict[tuple[int, int], frozenset[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def header_keys(self) -> tuple[tuple[str, ...], ...]:
        """The keys of the words of each header."""
        return tuple(tuple(keys(" ".join(levels), identifiers=True)) for levels in self.headers)

    @cached_property
    def context_keys(self) -> frozenset[str]:
        return frozenset(keys(self.context + " " + self.name, identifiers=True))

    def is_titled(self, word: str) -> bool:
        """Whether its own name has a word, whatever the number: "inspection" of "Inspections"."""
        return word.lower().removesuffix("s") in self._title_words

    @cached_property
    def _title_words(self) -> frozenset[str]:
        return frozenset(
            w.removesuffix("s") for w in re.findall(r"[^\W\d_]{3,}", self.name.lower())
        )

    @cached_property
    def surrounding_keys(self) -> frozenset[str]:
        """The keys of the words of its page around it."""
        return frozenset(keys(self.surroundings))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The headers, and the labels of the first rows."""
        columns = {self.label_column, 0} if self.columns else set()
        labels = (
            row.texts[c]
            for c in sorted(columns)
            if self.columns[c].kind != "number"
            for row in self.rows[:_MAX_NAMES]
        )
        return tuple(dict.fromkeys(filter(None, (*(c.name for c in self.columns), *labels))))

    @cached_property
    def is_order(self) -> bool:
        """Whether its rows are items with a quantity, a price each and their product."""
        return self.amount_column is not None

    @cached_property
    def amount_column(self) -> int | None:
        """The column of products of quantity and price: the last of figures, if it is one."""
        figures = [c for c in self.columns if c.kind == "number"]
        rows = [n for n in self.data if all(c.values[n] is not None for c in figures)]
        if len(figures) < _ORDER_COLUMNS or len(rows) < 2:
            return None
        *factors, amount = figures
        for left, right in combinations(factors, 2):
            products = [
                (Decimal(str(left.values[n])) * Decimal(str(right.values[n])), amount.values[n])
                for n in rows
            ]
            if all(
                isinstance(value, Decimal) and abs(product - value) <= _ROUNDING
                for product, value in products
            ):
                return amount.index
        return None

    @cached_property
    def code_columns(self) -> frozenset[int]:
        """The columns of numbers and codes of rows: by their header, or as all begin with zeros."""
        return frozenset(
            c.index for c in self.columns
            if _CODE_HEADER.search(c.name) or (
                c.kind == "text" and (texts := [
                    text for n in self.data[:_MAX_NAMES] if (text := self.rows[n].texts[c.index])
                ]) and all(map(_CODE.fullmatch, texts))
            )
        )  # fmt: skip

    @cached_property
    def label_column(self) -> int:
        """The column that names rows: the first of text without repeats, else of any text.

        Names come before codes.
        """
        texts = [c for c in self.columns if c.kind in ("text", "date", "year")]
        if not texts:
            return 0

        def order(column: Column) -> tuple[bool, bool, bool, int]:
            values = [v for n, v in enumerate(column.values) if self.rows[n].role == "data"]
            filled = [v for v in values if v is not None]
            repeats = len(set(filled)) < len(filled) or 2 * len(filled) < len(values)
            is_code = column.index in self.code_columns
            return repeats, column.kind != "text", is_code, column.index

        return min(texts, key=order).index

    @cached_property
    def is_statement(self) -> bool:
        """Whether rows are items of an account and columns its periods: rows do not add up."""
        figures = [c for c in self.columns if c.kind == "number"]
        dated = [c for c in self.columns if any(_PERIOD.fullmatch(key) for key in keys(c.name))]
        labels = [next((t for t in row.texts if t.strip()), "") for row in self.rows]
        sums = any(
            row.role == "data" and is_like_total((label,))
            for row, label in zip(self.rows, labels, strict=True)
        )
        return len(dated) > 1 or (bool(figures) and sums)

    @cached_property
    def data(self) -> tuple[int, ...]:
        """The rows that are data."""
        return tuple(n for n, row in enumerate(self.rows) if row.role == "data")

    @cached_property
    def answering_rows(self) -> frozenset[int]:
        """The rows that are no titles of groups."""
        return frozenset(n for n, row in enumerate(self.rows) if row.role != "group")

    @cached_property
    def size(self) -> int:
        """Characters of all cells."""
        return sum(len(text) for row in self.rows for text in row.texts)

    @cached_property
    def cell_index(self) -> CellIndex:
        """By key: the columns and rows in whose cells it occurs. Figures are no labels."""
        searched = [c.index for c in self.columns if c.kind not in ("number", "flag")]
        if len(self.rows) * max(1, len(searched)) > _MAX_INDEX_CELLS:
            searched = searched[: max(1, _MAX_INDEX_CELLS // len(self.rows))]
        groups: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for number, row in enumerate(self.rows):
            if row.role == "group" or not row.group:
                continue
            for title in self.group_of(number):
                for word in essential_keys(title):
                    groups[word][GROUP].add(number)
        columns = {
            c: [None if row.role == "group" else row.texts[c] for row in self.rows]
            for c in searched
        }
        return CellIndex(columns, self.cell_keys, groups)

    def group_of(self, row: int) -> tuple[str, ...]:
        """The titles that a row stands under; none of a total with words of its own.

        "Total assets" may be the last row of any group, so that the group says nothing of it.
        """
        label = next((text for text in self.rows[row].texts if text.strip()), "")
        if is_like_total((label,)) and len(keys(label)) > 1:
            return ()
        return self.rows[row].group

    def cell_keys(self, row: int, column: int) -> frozenset[str]:
        """The keys of the words of a cell; of the row's label, those of its group too."""
        matches = self._cache.get((row, column))
        if matches is None:
            own = keys(self.rows[row].texts[column])
            value = self.columns[column].values[row]
            if isinstance(value, date):
                own += [_MONTH_KEYS[value.month - 1], str(value.year), str(value.day)]
            matches = self._cache[row, column] = frozenset(own) | days_of(
                self.rows[row].texts[column]
            )
        return matches


def keys(text: str, *, identifiers: bool = False) -> list[str]:
    """The keys of a text's words, stop words left out.

    Args:
        text: A header, a cell, a name.
        identifiers: ``unitPrice`` is two words; in cells "GmbH" and "McLeod" are one.
    """
    spaced = _CAMEL.sub(" ", text) if identifiers else text.replace("_", " ")
    return [w.key for w in content_words(spaced)] or [w.key for w in words(spaced)]


def essential_keys(text: str) -> frozenset[str]:
    """The keys of a text without what stands in parentheses, if anything else does."""
    return frozenset(keys(_PARENTHESES.sub(" ", text)) or keys(text))


def query_table(
    cells: Sequence[Sequence[str]],
    header_rows: int,
    *,
    name: str = "",
    document: str = "",
    context: str = "",
    caption: str = "",
    spans: Sequence[Sequence[Span | None]] = (),
    groups: Sequence[tuple[str, ...]] = (),
    skipped_rows: int = 0,
    validity: Period | None = None,
    surroundings: str = "",
) -> QueryTable:
    """A table made of its grid.

    Args:
        cells: Rows of equal length, the header first.
        header_rows: How many rows name columns.
        name: What it is called.
        document: Where it is from.
        context: Words around it.
        caption: The line that names it, where its scale may stand.
        spans: Of the cells of all rows, if they are known.
        groups: The titles over each row of the body, where they are no rows of it.
        skipped_rows: Rows that are left out.
        validity: The time for which it holds.
        surroundings: The text of its page around it.
    """
    # A table may be narrower than its sheet.
    width = max((n + 1 for row in cells for n, cell in enumerate(row) if cell.strip()), default=0)
    cells = [row[:width] for row in cells]
    cells = [(*row, *[""] * (width - len(row))) for row in cells]
    header, body = cells[:header_rows], cells[header_rows:]
    headers = []
    header = _spread(header)
    for column in range(width):
        levels: list[str] = []
        for row in header:
            level = row[column].strip()
            if level and (not levels or levels[-1] != level):
                levels.append(level)
        headers.append(tuple(levels))
    table_mark = decimal_mark(cell for row in body for cell in row)
    summaries = summary_rows(body)
    columns = tuple(
        column_of(
            n, " ".join(headers[n]) or f"column {n + 1}",
            ["" if at in summaries and any(map(str.isalpha, row[n])) else row[n]
             for at, row in enumerate(body)],
            table_mark,
        )
        for n in range(width)
    )  # fmt: skip
    totals = total_rows(body, columns)
    rows: list[QueryRow] = []
    group: tuple[str, ...] = ()
    for number, row in enumerate(body):
        title = group_title(row) if width > 1 else ""
        placed = spans[header_rows + number] if spans else ()
        if title or (
            width > 2 and row[0].strip() and all(map(is_blank, row[1:])) and not any(row[1:])
        ):
            group = (title or row[0].strip(),)
            rows.append(QueryRow(tuple(row), "group", (), placed))
            continue
        role: Role = "total" if number in totals else "data"
        titles = groups[number] if groups else group
        rows.append(QueryRow(tuple(row), role, titles, placed))
    if sum(row.role == "data" for row in rows) == 0:
        rows = [
            QueryRow(r.texts, "data" if r.role == "group" else r.role, (), r.spans) for r in rows
        ]
    corner = header[0][0] if header and header[0] else ""
    scale = scale_of(caption, corner, *(" ".join(levels) for levels in headers), context[:400])
    return QueryTable(
        name, document, tuple(headers), tuple(rows), columns, f"{context} {caption}", scale,
        skipped_rows, validity=validity, surroundings=surroundings,
    )  # fmt: skip


def _spread(header: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Header rows with a text that spans columns at each of them.

    A text spans the empty places at its right under which a lower level goes on, if one goes on
    under the text itself.
    """
    rows = [list(row) for row in header]
    for level, row in enumerate(rows[:-1]):
        below = header[level + 1 :]
        text = ""
        for column in range(1, len(row)):
            goes_on = any(lower[column].strip() for lower in below)
            if row[column].strip():
                text = row[column] if goes_on else ""
            elif goes_on and text:
                row[column] = text
            else:
                text = ""
    return [*rows]
