"""Joins the pieces of a table that goes on over pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rag_infer.read.tables.figures import is_number
from rag_infer.read.tables.grid import Cell, TableGrid

_MAX_LINES_BELOW = 2  # a page number, a running foot
_MAX_LINES_ABOVE = 3  # a running head
_SAME_PLACE_POINTS = 14.0
_CONTINUED = re.compile(
    r"\b(?:continued|cont[\u2019']?d|cont\.|fortsetzung|forts\.|suite|continuaci[oó]n|segue|vervolg)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\b(?:[A-Z]{0,2}[-.]?\d+(?:[.-]\d+)*)")


def join_continued(grids: Iterable[TableGrid]) -> list[TableGrid]:
    """Joins each table with the piece of it on the next page.

    A piece goes on with a table that is the last of the page before if it is the first on its own,
    both have the same columns in the same places, and it repeats the header, has none, or is
    captioned as continued. A repeated header is left out.

    Args:
        grids: Tables of a document, by page and from top to bottom.
    """
    result: list[TableGrid] = []
    for grid in grids:
        last = result[-1] if result else None
        if last is not None and goes_on(last, grid):
            result[-1] = joined(last, grid)
        else:
            result.append(grid)
    return result


def goes_on(table: TableGrid, piece: TableGrid) -> bool:
    """Whether a table of the next page is a piece of this one."""
    end = table.pages[-1][0] if table.pages else table.page
    if piece.page != end + 1 or piece.n_columns != table.n_columns:
        return False
    if table.lines_below > _MAX_LINES_BELOW or piece.lines_above > _MAX_LINES_ABOVE:
        return False
    if not same_places(table, piece):
        return False
    if same_header(table, piece) or _CONTINUED.search(piece.caption):
        return True
    if _NUMBER.search(piece.caption) and piece.caption != table.caption:
        return False
    return _has_no_header(table, piece)


def same_header(table: TableGrid, piece: TableGrid) -> bool:
    """Whether a piece repeats the header."""
    rows = piece.header_rows
    return rows > 0 and _header(table, rows) == _header(piece, rows)


def _header(grid: TableGrid, rows: int) -> list[tuple[int, int, str]]:
    return [(c.row, c.column, c.text.casefold()) for c in grid.cells if c.row < rows]


def _has_no_header(table: TableGrid, piece: TableGrid) -> bool:
    """Whether a piece begins with data: figures, or texts between the rules of a text table."""
    if piece.header_rows == 0:
        return True
    head = [cell for cell in piece.cells if cell.row < piece.header_rows]
    if any(is_number(cell.text) for cell in head if cell.column > 0):
        return True
    figures = any(is_number(cell.text) for cell in (*table.cells, *piece.cells) if cell.column)
    return not figures and piece.ruled and table.ruled and not piece.caption


def same_places(table: TableGrid, piece: TableGrid) -> bool:
    """Whether columns stand at the same places, seen from the left edge of each table."""
    left, right = _places(table), _places(piece)
    return table.n_columns == piece.n_columns and all(
        min(
            abs(left[c][0] - table.box[0] - right[c][0] + piece.box[0]),
            abs(left[c][1] - table.box[0] - right[c][1] + piece.box[0]),
        )
        < _SAME_PLACE_POINTS
        for c in left
        if c in right
    )


def _places(grid: TableGrid) -> dict[int, tuple[float, float]]:
    places: dict[int, tuple[float, float]] = {}
    for cell in grid.cells:
        if cell.column_span == 1:
            x0, x1 = places.get(cell.column, (cell.box[0], cell.box[2]))
            places[cell.column] = min(x0, cell.box[0]), max(x1, cell.box[2])
    return places


def joined(table: TableGrid, piece: TableGrid) -> TableGrid:
    """A table with a piece of it, without the header that it repeats."""
    drop = piece.header_rows
    if not same_header(table, piece) and _has_no_header(table, piece):
        drop = 0
    offset = table.n_rows - drop
    more: list[Cell] = [
        replace(cell, row=cell.row + offset) for cell in piece.cells if cell.row >= drop
    ]
    return replace(
        table,
        n_rows=table.n_rows + piece.n_rows - drop,
        cells=(*table.cells, *more),
        pages=(*(table.pages or ((table.page, 0),)), (piece.page, table.n_rows)),
        lines_below=piece.lines_below,
    )
