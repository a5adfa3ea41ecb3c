"""Pages of PDFs that hold no table: prose, lists, forms, letters, charts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas

from rag_infer.read.tables import (
    read_page_content,
)
from tests.read.pdf_drawings import (
    FONT,
    PROSE,
    SIZE,
    paragraph,
    pdf,
    tables,
)


def _prose(canvas: Canvas) -> None:
    top = 780.0
    for _ in range(9):
        top = paragraph(canvas, PROSE, 60, top, 420) - 6


def _two_columns(canvas: Canvas) -> None:
    for x in (50, 310):
        top = 780.0
        for _ in range(8):
            top = paragraph(canvas, PROSE, x, top, 235) - 6


def _list(canvas: Canvas) -> None:
    for n in range(12):
        canvas.drawString(60, 700 - 14 * n, "•" if n < 6 else f"{n - 5}.")
        canvas.drawString(80, 700 - 14 * n, f"Call the {'north south east west'.split()[n % 4]}")


def _contents(canvas: Canvas) -> None:
    for n, page in enumerate((1, 3, 3, 8, 15, 21, 40)):
        label = f"{n + 1}. Chapter about matters"
        canvas.drawString(60, 700 - 14 * n, label)
        canvas.drawString(60 + canvas.stringWidth(label, FONT, SIZE), 700 - 14 * n, " ." * 60)
        canvas.drawRightString(500, 700 - 14 * n, str(page))


def _form(canvas: Canvas) -> None:
    for n, (a, b) in enumerate(
        (("First name:", "Last name:"), ("Street:", "Town:"), ("Country:", "Telephone:"))
    ):
        for x, text in ((60, a), (300, b)):
            canvas.rect(x, 680 - 30 * n, 240, 30)
            canvas.drawString(x + 4, 698 - 30 * n, text)


def _letter(canvas: Canvas) -> None:
    for n, (a, b) in enumerate((("Acme Ltd", "12 May 2024"), ("4 High Street", "Our ref: 7"))):
        canvas.drawString(60, 760 - 12 * n, a)
        canvas.drawRightString(500, 760 - 12 * n, b)
    paragraph(canvas, PROSE, 60, 700, 420)


def _numbered_lines(canvas: Canvas) -> None:
    top = 780.0
    for n in range(40):
        canvas.drawRightString(40, top - 14 * n, str(n + 1))
    for _ in range(9):
        top = paragraph(canvas, PROSE, 60, top, 420, leading=14)


def _chart(canvas: Canvas) -> None:
    for n in range(6):
        canvas.line(100, 500 + 30 * n, 400, 500 + 30 * n)
        canvas.line(100 + 60 * n, 500, 100 + 60 * n, 650)
        canvas.drawRightString(95, 497 + 30 * n, str(n * 10))
        canvas.drawString(95 + 60 * n, 488, str(2010 + n))
    for n in range(40):
        canvas.line(100 + 7 * n, 510 + (n * 37) % 100, 107 + 7 * n, 510 + (n * 37 + 37) % 100)


@pytest.mark.parametrize(
    "draw",
    [_prose, _two_columns, _list, _contents, _form, _letter, _numbered_lines, _chart],
    ids=lambda f: f.__name__.strip("_"),
)
def test_what_is_no_table(draw: Callable[[Canvas], None]) -> None:
    assert [grid.matrix() for grid in tables(pdf(draw))] == []


def test_empty_page_and_page_of_one_word() -> None:
    assert tables(pdf(lambda c: c.showPage())) == []
    assert tables(pdf(lambda c: c.drawString(60, 700, "Annex"))) == []


def test_page_of_scattered_lines_and_numbers_is_soon_left() -> None:
    dice = random.Random(7)

    def draw(canvas: Canvas) -> None:
        canvas.setFont(FONT, 4)
        for n in range(1_300):
            x, y = dice.uniform(0, 550), dice.uniform(0, 800)
            canvas.line(x, y, x + dice.uniform(0, 100), y)
            canvas.line(x, y, x, y + dice.uniform(0, 100))
            canvas.drawString(dice.uniform(0, 580), dice.uniform(0, 820), str(n))

    started = time.process_time()
    assert tables(pdf(draw)) == []
    assert time.process_time() - started < 20  # it took minutes before rules were bounded


def test_missing_page_is_an_error() -> None:
    document = pypdfium2.PdfDocument(pdf(_letter))
    with pytest.raises(ValueError, match="cannot be loaded"):
        read_page_content(document.raw, 7)
