"""Tables: how many rows, which columns, and from where to where the columns go.

Each point is composed of cells, and every cell that it names is cited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.summary.key_points import KeyPoint, KeyPoints
from rag_infer.summary.text_units import PageSpan
from rag_infer.tables.columns import Column, column_of
from rag_infer.tables.figures import decimal_mark
from rag_infer.tables.totals import total_rows
from rag_infer.types import Page, Table

_TABLE_FORMATS = ("csv", "sheet")
_MIN_TABLE_SHARE = 0.7  # of the characters of a document's pages
_MAX_NAMES = 12  # columns that are named
_MAX_VALUES = 5  # different values of a column that are all named
_MAX_CELL_CHARS = 80


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    span: PageSpan | None


@dataclass(frozen=True, slots=True)
class _Grid:
    """A table with its pieces on further pages: names of the columns, rows of the body."""

    name: str
    header: tuple[tuple[_Cell, ...], ...]
    rows: tuple[tuple[_Cell, ...], ...]


def is_tabular(format: str, pages: Sequence[Page]) -> bool:
    """Whether a document is a table, or hardly more than tables."""
    if not any(page.tables for page in pages):
        return False
    if format in _TABLE_FORMATS:
        return True
    within = sum(
        b - a for page in pages for table in page.tables for row in table.spans for a, b in row
    )
    length = sum(len("".join(page.text.replace("|", "").split())) for page in pages)
    return within >= _MIN_TABLE_SHARE * length


def table_points(pages: Sequence[Page]) -> KeyPoints:
    """A point on each table, then one on each of its columns."""
    grids = [grid for grid in _grids(pages) if grid.rows]
    first = [point for grid in grids if (point := _overview(grid)) is not None]
    columns = [list(_column_points(grid)) for grid in grids]
    further = [
        points[n] for n in range(max(map(len, columns), default=0)) for points in columns
        if n < len(points)
    ]  # fmt: skip
    return KeyPoints(tuple(first + further), noun=("point on a table", "points on tables"))


def _grids(pages: Sequence[Page]) -> Iterator[_Grid]:
    pieces: list[tuple[Page, Table]] = []
    for page in pages:
        for table in page.tables:
            if pieces and not table.continues:
                yield _grid(pieces)
                pieces = []
            pieces.append((page, table))
    if pieces:
        yield _grid(pieces)


def _grid(pieces: Sequence[tuple[Page, Table]]) -> _Grid:
    first = pieces[0][1]
    header = _cells(*pieces[0])[: first.header_rows]
    rows = [row for page, table in pieces for row in _cells(page, table)[table.header_rows :]]
    filled = tuple(row for row in rows if any(cell.text for cell in row))
    return _Grid(first.name, tuple(header), filled)


def _cells(page: Page, table: Table) -> list[tuple[_Cell, ...]]:
    return [
        tuple(
            _Cell(" ".join(text.split()), (page.number, *span) if span[1] > span[0] else None)
            for text, span in zip(row, spans, strict=True)
        )
        for row, spans in zip(table.cells, table.spans, strict=True)
    ]


def _names(grid: _Grid) -> list[_Cell]:
    """The lowest name of each column."""
    width = len(grid.rows[0])
    names = []
    for column in range(width):
        named = [row[column] for row in grid.header if column < len(row) and row[column].text]
        names.append(named[-1] if named else _Cell("", None))
    return names


def _overview(grid: _Grid) -> KeyPoint | None:
    names = [cell for cell in _names(grid) if cell.text and cell.span is not None]
    cited = names[:_MAX_NAMES]
    count = len(grid.rows)
    what = f"A table of {count:,} {'row' if count == 1 else 'rows'}"
    if grid.name:
        what = f"{grid.name}: {what[0].lower()}{what[1:]}"
    if not cited:
        spans = tuple(cell.span for cell in grid.rows[0] if cell.span is not None)
        row = " | ".join(cell.text for cell in grid.rows[0] if cell.text)
        return KeyPoint(f"{what}; the first: {row}", spans, _section(grid)) if spans else None
    text = f"{what}: {', '.join(cell.text for cell in cited)}"
    if len(names) > len(cited):
        text += f" and {len(names) - len(cited)} more columns"
    spans = tuple(cell.span for cell in cited if cell.span is not None)
    return KeyPoint(text, spans, _section(grid))


def _section(grid: _Grid) -> tuple[str, ...]:
    return (grid.name,) if grid.name else ()


def _column_points(grid: _Grid) -> Iterator[KeyPoint]:
    texts = [[cell.text for cell in row] for row in grid.rows]
    names = _names(grid)
    width = min(len(row) for row in texts)
    mark = decimal_mark(cell for row in texts for cell in row)
    columns = [column_of(n, names[n].text, [row[n] for row in texts], mark) for n in range(width)]
    totals = total_rows([row[:width] for row in texts], columns)
    body = [n for n in range(len(texts)) if n not in totals]
    label = _label_column(columns)
    for column in columns[:_MAX_NAMES]:
        name = names[column.index]
        if name.text:
            yield from _column_point(grid, column, name, body, label)
    for n in sorted(totals):
        filled = [cell for cell in grid.rows[n] if cell.text and cell.span is not None]
        if len(filled) > 1:
            text = " | ".join(cell.text for cell in filled)
            spans = tuple(cell.span for cell in filled if cell.span is not None)
            yield KeyPoint(text, spans, _section(grid))


def _label_column(columns: Sequence[Column]) -> int | None:
    """The first column that names the rows: text, different in each."""
    for column in columns:
        filled = [value for value in column.values if value is not None]
        if column.kind in ("text", "date", "year") and len(set(filled)) == len(filled) > 1:
            return column.index
    return None


def _column_point(
    grid: _Grid, column: Column, name: _Cell, body: Sequence[int], label: int | None
) -> Iterator[KeyPoint]:
    cells = {n: grid.rows[n][column.index] for n in body}
    filled = {n: cell for n, cell in cells.items() if cell.text and cell.span is not None}
    if column.kind in ("number", "date", "year"):
        typed = [(value, n) for n in filled if (value := column.values[n]) is not None]
        if not typed:
            return
        low = min(typed, key=lambda pair: pair[0])[1]
        high = max(typed, key=lambda pair: pair[0])[1]
        yield _range(grid, column, name, (low, high), label)
        return
    different = {cell.text: cell for cell in reversed(filled.values())}
    values = [different[text] for text in dict.fromkeys(cell.text for cell in filled.values())]
    if not values or any(len(cell.text) > _MAX_CELL_CHARS for cell in values[:_MAX_VALUES]):
        return
    if len(values) <= _MAX_VALUES:
        text, cited = ", ".join(cell.text for cell in values), values
    else:
        text = f"{len(values):,} different, from {values[0].text} to {values[-1].text}"
        cited = [values[0], values[-1]]
    yield _composed(grid, f"{name.text}: {text}", [name, *cited])


def _range(
    grid: _Grid, column: Column, name: _Cell, rows: tuple[int, int], label: int | None
) -> KeyPoint:
    low, high = (grid.rows[n][column.index] for n in rows)
    cited = [name, low, high]
    if column.values[rows[0]] == column.values[rows[1]]:
        return _composed(grid, f"{name.text}: {low.text}", cited[:2])
    words = ["lowest", "highest"] if isinstance(column.values[rows[0]], Decimal) else ["from", "to"]
    if column.kind == "year":
        words = ["from", "to"]
    parts = [f"{word} {cell.text}" for word, cell in zip(words, (low, high), strict=True)]
    if words[0] == "from":
        return _composed(grid, f"{name.text}: {' '.join(parts)}", cited)
    if label is not None and label != column.index:
        rows_named = [grid.rows[n][label] for n in rows]
        if all(cell.text and len(cell.text) <= _MAX_CELL_CHARS for cell in rows_named):
            parts = [f"{part} ({cell.text})" for part, cell in zip(parts, rows_named, strict=True)]
            cited += rows_named
    return _composed(grid, f"{name.text}: {', '.join(parts)}", cited)


def _composed(grid: _Grid, text: str, cells: Sequence[_Cell]) -> KeyPoint:
    spans = tuple(dict.fromkeys(cell.span for cell in cells if cell.span is not None))
    return KeyPoint(text, spans, _section(grid))
