"""A table of a page as a grid of cells: what the reader of tables returns."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell. Empty ones are left out.

    Attributes:
        row: First row, from 0.
        column: First column, from 0.
        row_span: Rows that it covers.
        column_span: Columns that it covers.
        text: Its words, lines joined by a space.
        box: Its words' box: x0, y0, x1, y1 in PDF points from the lower left, as the page lies in
            the file (before ``/Rotate``).
        spans: Where its words are in the page's text as PDFium gives it, half-open, one for each
            run of words that follow one another there.
    """

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    box: Box
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TableGrid:
    """One table on one page, or the joined pieces of one that goes on over pages.

    Attributes:
        page: The page on which it begins, from 0.
        box: The box of its cells on that page, as in ``Cell``.
        n_rows: Rows, those of the header included.
        n_columns: Columns.
        header_rows: The first so many rows name columns.
        cells: Filled cells, by row and column.
        caption: The line above or below that names the table, without white space around it.
        caption_spans: Where the caption is in the page's text.
        ruled: Lines are drawn between its cells.
        lines_above: Printed lines of the page above it, its caption left out.
        lines_below: Printed lines of the page below it.
        pages: The page of each piece, and the row at which the piece begins.
    """

    page: int
    box: Box
    n_rows: int
    n_columns: int
    header_rows: int
    cells: tuple[Cell, ...]
    caption: str = ""
    caption_spans: tuple[Span, ...] = ()
    ruled: bool = False
    lines_above: int = 0
    lines_below: int = 0
    pages: tuple[tuple[int, int], ...] = ()

    def matrix(self) -> list[list[str]]:
        """The texts as rows of equal length; a cell that covers several stands in each."""
        rows = [[""] * self.n_columns for _ in range(self.n_rows)]
        for cell in self.cells:
            for row in range(cell.row, cell.row + cell.row_span):
                for column in range(cell.column, cell.column + cell.column_span):
                    rows[row][column] = cell.text
        return rows
