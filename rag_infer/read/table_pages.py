"""Rows of a sheet or a text file as pages: its tables, each in small groups under its header.

A blank row ends a table, unless what follows has the same columns and no header of its own. Tables
side by side are parted by a blank column. Rows with a single cell above a table are its title,
those below it its notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rag_infer.read.page_builder import PageBuilder, clean_row
from rag_infer.tables.header import header_rows_of
from rag_infer.tables.layout import TableRow
from rag_infer.types import Page

_MAX_PAGE_CHARS = 200_000
_REGION_ROWS = 2_000  # a longer run of rows is one table, whatever lies beside it
_BATCH_ROWS = 100
_MAX_STORED_CELLS = 200_000  # of a file: the rows of a larger one are read from its text
_MAX_TITLE_CELLS = 10


@dataclass(slots=True)
class _Pages:
    """Pages as they fill up."""

    name: str | None
    number: int
    builder: PageBuilder = field(default_factory=PageBuilder)
    chars: int = 0
    first_row: int = 1
    cells: int = 0
    is_stored: bool = True  # the grids of this page's tables are stored
    titles: list[str] = field(default_factory=list)
    header: list[TableRow] = field(default_factory=list)
    width: tuple[int, int] | None = None  # the columns of the table that is open
    caption: str = ""


def table_pages(
    rows: Iterable[Sequence[str] | TableRow],
    name: str | None = None,
    first_page: int = 1,
    notes: Sequence[str] = (),
) -> Iterator[Page]:
    """Pages of a sheet or file; ``name`` is a sheet's, ``first_page`` the number of the first.

    A page is labeled with the name, or the rows that it holds. ``notes`` stand at the end.
    """
    pages = _Pages(name, first_page)
    if name:
        pages.builder.add("heading", name, 1)
    source = _Rows(rows)
    is_filled = False
    for region, is_whole in source.regions():
        is_filled = True
        for part in _side_by_side(region) if is_whole else [region]:
            yield from _add_region(pages, part, source)
        if not is_whole:
            for batch in source.rest_of_region():
                first = pages.width[0] if pages.width is not None else 0
                longest = max(len(row.texts) for row in batch)
                yield from _add_rows(pages, _columns(batch, first, longest), source)
    for note in notes if is_filled else ():
        pages.builder.add("paragraph", note)
    if pages.number > first_page:
        if pages.builder:
            yield pages.builder.page(pages.number, _label(name, pages.first_row, source.row))
    elif is_filled:
        yield pages.builder.page(pages.number, name)
    else:
        yield Page(pages.number, "", name, note="no rows in it")


def _label(name: str | None, first_row: int, end: int) -> str:
    rows = f"rows {first_row}-{end}"
    return f"{name}, {rows}" if name else rows


class _Rows:
    """Rows, cleaned, in runs between blank ones."""

    def __init__(self, rows: Iterable[Sequence[str] | TableRow]) -> None:
        self._rows = iter(rows)
        self.row = 0
        self._ended = False

    def _next(self) -> TableRow | None:
        """The next row; None for a blank one or at the end."""
        for row in self._rows:
            self.row += 1
            cleaned = clean_row(row if isinstance(row, TableRow) else TableRow(row))
            return cleaned if any(cleaned.texts) else None
        self._ended = True
        return None

    def regions(self) -> Iterator[tuple[list[TableRow], bool]]:
        """Each run of rows, and whether that is all of it."""
        while not self._ended:
            region: list[TableRow] = []
            while len(region) < _REGION_ROWS and (row := self._next()) is not None:
                region.append(row)
            if region:
                yield region, len(region) < _REGION_ROWS

    def rest_of_region(self) -> Iterator[list[TableRow]]:
        batch: list[TableRow] = []
        while (row := self._next()) is not None:
            batch.append(row)
            if len(batch) == _BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch


def _extent(rows: Sequence[TableRow]) -> tuple[int, int]:
    """The first column with text, and the one after the last."""
    columns = [n for row in rows for n, text in enumerate(row.texts) if text]
    return (min(columns), max(columns) + 1) if columns else (0, 0)


def _side_by_side(region: list[TableRow]) -> list[list[TableRow]]:
    """The tables of a region that blank columns part, each of two columns and rows at least."""
    start, end = _extent(region)
    used = {n for row in region for n, text in enumerate(row.texts) if text}
    cuts = [n for n in range(start, end) if n not in used]
    bounds, left = [], start
    for cut in [*cuts, end]:
        if cut > left:
            bounds.append((left, cut))
        left = cut + 1
    parts = [_columns(region, a, b) for a, b in bounds]
    is_table = [len(p) > 1 and b - a > 1 for p, (a, b) in zip(parts, bounds, strict=True)]
    return parts if len(parts) > 1 and all(is_table) else [region]


def _columns(region: Sequence[TableRow], start: int, end: int) -> list[TableRow]:
    rows = [
        TableRow(row.texts[start:end], frozenset(n - start for n in row.repeated if n >= start))
        for row in region
    ]
    return [row for row in rows if any(row.texts)]


def _add_region(pages: _Pages, region: list[TableRow], source: _Rows) -> Iterator[Page]:
    extent = _extent(region)
    width = pages.width
    if width is not None and width[0] == extent[0] and extent[1] <= width[1]:
        extent = width  # its last columns may be empty
    region = _columns(region, *extent)
    head = 0
    while head < len(region) and extent[1] - extent[0] > 1 and _is_title(region[head]):
        head += 1
    if head == len(region):
        head = 0 if extent[1] - extent[0] == 1 and len(region) > _MAX_TITLE_CELLS else head
    if extent[1] - extent[0] == 1 and pages.width is None and len(region) > 1:
        head = 0  # a file of one column
    elif extent[1] - extent[0] == 1:
        head = len(region)
    table = region[head:]
    header_rows = header_rows_of([row.texts for row in table[:100]]) if table else 0
    if width == extent and not head and table and (not header_rows or _repeats(pages, table)):
        yield from _add_rows(pages, table[1:] if header_rows else table, source)
        return
    lines = [next(text for text in row.texts if text) for row in region[:head]]
    if not table:
        if pages.width is not None:
            for line in lines:
                pages.builder.add_note(line)
        else:
            for line in lines:
                pages.builder.add("paragraph", line)
        pages.titles = [*(pages.titles if pages.width is None else ()), *lines]
        return
    for line in lines:
        pages.builder.add("paragraph", line)
    pages.caption = " ".join([*pages.titles, *lines])
    pages.titles = []
    pages.header = table[:header_rows]
    pages.width = extent
    pages.builder.open_table(pages.header, pages.name or "", pages.caption)
    yield from _add_rows(pages, table[header_rows:], source)


def _is_title(row: TableRow) -> bool:
    """Whether a row holds one cell that does not name some of the columns."""
    if row.filled != 1:
        return False
    return bool(row.texts[0]) or len(row.repeated) * 2 > len(row.texts)


def _repeats(pages: _Pages, table: Sequence[TableRow]) -> bool:
    """Whether a region begins with the header of the table above."""
    return len(pages.header) == 1 and list(table[0].texts) == list(pages.header[0].texts)


def _add_rows(pages: _Pages, rows: Sequence[TableRow], source: _Rows) -> Iterator[Page]:
    for start in range(0, max(1, len(rows)), _BATCH_ROWS):
        batch = rows[start : start + _BATCH_ROWS]
        if pages.chars > _MAX_PAGE_CHARS:
            last = source.row - len(rows) + start
            yield pages.builder.page(pages.number, _label(pages.name, pages.first_row, last))
            pages.number, pages.builder, pages.chars = pages.number + 1, PageBuilder(), 0
            pages.first_row = last + 1
            pages.is_stored = pages.cells <= _MAX_STORED_CELLS
            pages.builder.open_table(pages.header, pages.name or "", pages.caption, continues=True)
        pages.cells += sum(len(row.texts) for row in batch)
        pages.builder.add_rows(batch, stored=pages.is_stored)
        pages.chars += sum(len(text) + 3 for row in batch for text in row.texts)
