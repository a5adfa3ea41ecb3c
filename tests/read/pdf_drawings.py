"""PDF pages drawn for tests, and the tables that are found on them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdfium2
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate

from rag_infer.read.tables import (
    TableGrid,
    find_tables,
    read_page_content,
)

WIDTH, HEIGHT = A4
FONT, SIZE = "Helvetica", 9
STATEMENT = [
    ("Net sales", "81,288", "41,651"),
    ("Cost of sales", "(30,821)", "(8,484)"),
    ("Research and development", "(13,829)", "(9,393)"),
    ("Other income", "4,878", "—"),
    ("Net income", "41,516", "23,774"),
]
PROSE = (
    "The committee met on four occasions during the year and reviewed the reports that the"
    " auditors had prepared. It found that the controls were adequate in 2021 and 2022, although"
    " three of the twelve sites had not yet been visited, and it asked for a further report. "
)


def pdf(draw: Callable[[Canvas], None]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFont(FONT, SIZE)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def built(*flowables: object, size: tuple[float, float] = A4) -> bytes:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=size).build(list(flowables))
    return buffer.getvalue()


def tables(data: bytes) -> list[TableGrid]:
    document = pypdfium2.PdfDocument(data)
    return [
        grid
        for page in range(len(document))
        for grid in find_tables(read_page_content(document.raw, page))
    ]


def only(data: bytes) -> TableGrid:
    grids = tables(data)
    assert len(grids) == 1, [grid.matrix() for grid in grids]
    return grids[0]


def rows_of(canvas: Canvas, rows: list[tuple[str, ...]], top: float, ends: list[float]) -> float:
    """Draws rows: the first column from the left, the others set to the right at ``ends``."""
    for row in rows:
        canvas.drawString(60, top, row[0])
        for text, x in zip(row[1:], ends, strict=False):
            canvas.drawRightString(x, top, text)
        top -= 14
    return top


def paragraph(
    canvas: Canvas, text: str, x: float, top: float, width: float, leading: float = 11
) -> float:
    line = ""
    for word in text.split():
        if canvas.stringWidth(f"{line} {word}", FONT, SIZE) > width:
            canvas.drawString(x, top, line)
            top, line = top - leading, word
        else:
            line = f"{line} {word}".strip()
    canvas.drawString(x, top, line)
    return top - leading
