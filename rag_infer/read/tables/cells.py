"""Cells made of words: their text, their box in the file, their spans in the page's text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_infer.read.tables.grid import Cell, Span, TableGrid
from rag_infer.read.tables.page_content import PageContent
from rag_infer.read.tables.sign_columns import join_sign_columns
from rag_infer.read.tables.words import Word, without_leader


def cell_of(
    content: PageContent,
    words: Sequence[Word],
    row: int,
    column: int,
    row_span: int = 1,
    column_span: int = 1,
) -> Cell:
    """A cell of words in reading order."""
    if len(words) == 1:
        word = words[0]
        box = content.box_in_file((word.x0, word.top, word.x1, word.bottom))
        spans = ((word.start, word.end),)
        text = without_leader(word.text)
        return Cell(row, column, row_span, column_span, text, box, spans)
    box = (
        min([word.x0 for word in words]),
        min([word.top for word in words]),
        max([word.x1 for word in words]),
        max([word.bottom for word in words]),
    )
    return Cell(
        row,
        column,
        row_span,
        column_span,
        without_leader(text_of(words)),
        content.box_in_file(box),
        spans_of(words),
    )


def text_of(words: Sequence[Word]) -> str:
    """Words joined by spaces; one that is hyphenated at the end of its line is made whole."""
    text = ""
    broken = False
    for word in words:
        if broken and word.text[:1].islower():
            text = text[:-1] + word.text
        else:
            text += (" " if text else "") + word.text
        # The hyphen that PDFium marks at a line's end is no character of its own.
        broken = word.text.endswith("-") and word.end - word.start < len(word.text)
    return text


def spans_of(words: Iterable[Word]) -> tuple[Span, ...]:
    """Runs of the page's text that the words take up."""
    spans: list[Span] = []
    for start, end in sorted((word.start, word.end) for word in words):
        if spans and start - spans[-1][1] <= 2:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return tuple(spans)


def grid_of(
    content: PageContent, cells: Sequence[Cell], header_rows: int, *, ruled: bool
) -> TableGrid | None:
    """A grid without empty rows and columns; None if less than two columns are left."""
    cells = join_sign_columns([cell for cell in cells if cell.text])
    rows = sorted({cell.row for cell in cells})
    columns = _columns(cells)
    if not rows or len(columns) < 2:
        return None
    row_of = {old: new for new, old in enumerate(rows)}
    column_of = {old: new for new, old in enumerate(columns)}
    starts = [
        next(c for c in range(cell.column, cell.column + cell.column_span) if c in column_of)
        for cell in cells
    ]
    packed = [
        Cell(
            row_of[cell.row],
            column_of[start],
            _span(rows, cell.row, cell.row_span),
            _span(columns, cell.column, cell.column_span),
            cell.text,
            cell.box,
            cell.spans,
        )
        for cell, start in zip(cells, starts, strict=True)
    ]
    packed.sort(key=lambda cell: (cell.row, cell.column))
    return TableGrid(
        page=content.page,
        box=(
            min(cell.box[0] for cell in packed),
            min(cell.box[1] for cell in packed),
            max(cell.box[2] for cell in packed),
            max(cell.box[3] for cell in packed),
        ),
        n_rows=len(rows),
        n_columns=len(columns),
        header_rows=sum(row < header_rows for row in rows),
        cells=tuple(packed),
        ruled=ruled,
        pages=((content.page, 0),),
    )


def _span(used: Sequence[int], first: int, count: int) -> int:
    """How many of the rows, or columns, that are used a cell covers."""
    return 1 if count == 1 else max(1, sum(first <= n < first + count for n in used))


def _columns(cells: Sequence[Cell]) -> list[int]:
    """The columns that hold a cell of their own: others only make room between two."""
    own = {cell.column for cell in cells if cell.column_span == 1}
    for cell in cells:
        if not own.intersection(range(cell.column, cell.column + cell.column_span)):
            own.add(cell.column)
    return sorted(own)
