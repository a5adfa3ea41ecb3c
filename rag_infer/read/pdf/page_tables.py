"""The tables of PDF pages, each cell at its place in the page's flowing text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rag_infer.read.pdf.hyphenation import Piece
from rag_infer.read.pdf.page_text import PageText
from rag_infer.read.pdf.paragraphs import PageLayout
from rag_infer.read.tables import TableGrid
from rag_infer.read.tables.continued import goes_on, joined, same_header
from rag_infer.tables.header import header_columns_of
from rag_infer.types import CellSpan, Table


class PageTables:
    """Places the tables of a document's pages, in order, so that pieces know what they go on."""

    def __init__(self) -> None:
        self._open: TableGrid | None = None

    def place(self, page_text: PageText, layout: PageLayout) -> tuple[Table, ...]:
        """The tables of the next page; none where its text came without places."""
        if not page_text.grids or not layout.pieces:
            return ()
        places = _Places(layout.pieces)
        return tuple(self._table(grid, layout.text, places) for grid in page_text.grids)

    def _table(self, grid: TableGrid, text: str, places: _Places) -> Table:
        before = self._open
        header_rows = grid.header_rows
        continues = before is not None and goes_on(before, grid)
        if before is not None and continues:
            if not same_header(before, grid):
                header_rows = 0
            self._open = joined(before, grid)
        else:
            self._open = grid
        cells = [[""] * grid.n_columns for _ in range(grid.n_rows)]
        spans: list[list[CellSpan]] = [[(0, 0)] * grid.n_columns for _ in range(grid.n_rows)]
        for cell in grid.cells:
            span = places.span(cell.spans, cell.text, text)
            for row in range(cell.row, cell.row + cell.row_span):
                for column in range(cell.column, cell.column + cell.column_span):
                    cells[row][column] = " ".join(cell.text.split())
                    spans[row][column] = span
        rows = tuple(map(tuple, cells))
        return Table(
            rows, tuple(map(tuple, spans)), header_rows, header_columns_of(rows, header_rows),
            caption=" ".join(grid.caption.split()), continues=continues,
        )  # fmt: skip


class _Places:
    """From raw characters of a page to those of its flowing text."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        offset = 0
        matches: list[tuple[int, int, int, int]] = []
        for text, start, end in pieces:
            if start >= 0:
                matches.append((start, end, offset, len(text)))
            offset += len(text)
        matches.sort()
        self._pieces = matches
        self._starts = [start for start, *_ in matches]

    def span(self, runs: Sequence[CellSpan], cell: str, text: str) -> CellSpan:
        """Where a cell stands: all of its runs if they follow one another, else the first."""
        placed = [span for run in runs if (span := self._run(run)) is not None]
        if not placed:
            return 0, 0
        start, end = min(a for a, _ in placed), max(b for _, b in placed)
        if _letters(text[start:end]) == _letters(cell):
            return _trimmed(start, end, text)
        return _trimmed(*placed[0], text)

    def _run(self, run: CellSpan) -> CellSpan | None:
        start = end = -1
        number = max(0, bisect_right(self._starts, run[0]) - 1)
        while number < len(self._pieces) and self._pieces[number][0] < run[1]:
            a, b, offset, length = self._pieces[number]
            number += 1
            if b <= run[0]:
                continue
            low, high = max(run[0], a), min(run[1], b)
            first, last = offset, offset + length
            if b - a == length:  # character for character
                first, last = offset + low - a, offset + high - a
            start = first if start < 0 else min(start, first)
            end = max(end, last)
        return None if start < 0 else (start, end)


def _letters(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def _trimmed(start: int, end: int, text: str) -> CellSpan:
    piece = text[start:end]
    if not piece.strip():
        return 0, 0
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
