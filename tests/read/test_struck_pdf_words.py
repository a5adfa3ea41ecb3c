"""Words of PDF pages that a line or an annotation strikes out are left out and named."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]


def _drawn(canvas: Any, y: float, *pieces: tuple[str, str]) -> None:
    """A line of text on a PDF page; pieces are plain, struck by a line or a bar, or underlined."""
    x = 72.0
    for text, look in pieces:
        width = canvas.stringWidth(text, "Helvetica", 12)
        canvas.drawString(x, y, text)
        if look == "line":
            canvas.line(x, y + 3.5, x + width, y + 3.5)
        elif look == "bar":
            canvas.rect(x, y + 3.2, width, 0.7, stroke=0, fill=1)
        elif look == "underline":
            canvas.line(x, y - 1.5, x + width, y - 1.5)
        x += width


def test_words_of_pdf_pages_with_a_line_through_them_are_left_out(write: Write) -> None:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setFont("Helvetica", 12)
    _drawn(canvas, 700, ("The fee is ", ""), ("999 euros", "line"), (" 120 euros a year.", ""))
    _drawn(canvas, 680, ("The deposit of 998 euros is due in May.", "line"))
    _drawn(canvas, 660, ("Bars too: ", ""), ("997 euros", "bar"), (" 46 euros.", ""))
    _drawn(canvas, 620, ("Underlined words are kept: ", ""), ("45 euros", "underline"), (".", ""))
    canvas.line(40, 583.6, 400, 583.6)
    _drawn(canvas, 580, ("A line of a chart runs through this.", ""))
    canvas.save()
    page = document(write("a.pdf", buffer.getvalue())).pages[0]
    assert page.text == (
        "The fee is 120 euros a year.\n\nBars too: 46 euros.\n\n"
        "Underlined words are kept: 45 euros.\n\nA line of a chart runs through this."
    )
    assert page.note == "struck-out text left out (57 characters)"


@pytest.mark.parametrize("look", ["line", "bar"])
def test_single_letters_of_pdf_pages_with_a_line_through_them_are_left_out(
    write: Write, look: str
) -> None:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setFont("Helvetica", 12)
    _drawn(canvas, 720, ("A day costs ", ""), ("€ 5", look), (" € 7.", ""))
    _drawn(canvas, 690, ("Seats: ", ""), ("9 ", look), ("8 in all.", ""))
    _drawn(
        canvas,
        660,
        ("Level ", ""),
        ("B", look),
        (" C holds, and ", ""),
        ("4", "underline"),
        (".", ""),
    )
    _drawn(canvas, 630, ("Mark 1", ""), ("4", look), (" stays, as half a figure is none.", ""))
    canvas.save()
    page = document(write("a.pdf", buffer.getvalue())).pages[0]
    assert page.text == (
        "A day costs € 7.\n\nSeats: 8 in all.\n\nLevel C holds, and 4.\n\n"
        "Mark 14 stays, as half a figure is none."
    )


def test_bars_of_fractions_and_rules_beside_single_letters_strike_nothing(write: Write) -> None:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for number, size in enumerate((9, 12, 16)):
        y = 720 - 80 * number
        for font, left in (("Helvetica", 72), ("Times-Italic", 172), ("Symbol", 272)):
            canvas.setFont(font, size)
            for place, gap in enumerate((0.1, 0.25, 0.4)):  # of the size, above and below the bar
                x = left + 30 * place
                canvas.drawString(x, y + gap * size, "a")
                canvas.drawString(x, y - (gap + 0.7) * size, "4")
                canvas.line(x - 1, y, x + 0.6 * size, y)
    canvas.save()
    page = document(write("a.pdf", buffer.getvalue())).pages[0]
    assert page.note is None
    assert page.text.count("4") == 27


def test_cells_of_pdf_tables_that_are_struck_out_are_empty(write: Write) -> None:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setFont("Helvetica", 12)
    rows = [("Item", "Price"), ("Oak", "999"), ("Ash", "38"), ("Elm", "41"), ("Fir", "29")]
    for number in range(len(rows) + 1):
        canvas.line(66, 716 - 20 * number, 260, 716 - 20 * number)
    for x in (66, 180, 260):
        canvas.line(x, 716, x, 716 - 20 * len(rows))
    for number, (item, price) in enumerate(rows):
        canvas.drawString(72, 701 - 20 * number, item)
        canvas.drawString(200, 701 - 20 * number, price)
    canvas.line(200, 685, 220, 685)
    canvas.save()
    page = document(write("a.pdf", buffer.getvalue())).pages[0]
    assert "999" not in page.text
    assert [row[1] for row in page.tables[0].cells] == ["Price", "", "38", "41", "29"]


def test_words_that_an_annotation_strikes_out_are_left_out(write: Write) -> None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setFont("Helvetica", 12)
    _drawn(canvas, 700, ("The fee is 999 euros 120 euros a year.", ""))
    start = 72 + canvas.stringWidth("The fee is ", "Helvetica", 12)
    end = start + canvas.stringWidth("999 euros", "Helvetica", 12)
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(buffer))
    corners = [start, 711, end, 711, start, 697, end, 697]
    mark = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/StrikeOut"),
            NameObject("/Rect"): ArrayObject(map(FloatObject, (start, 697, end, 711))),
            NameObject("/QuadPoints"): ArrayObject(map(FloatObject, corners)),
        }
    )
    writer.add_annotation(0, mark)
    marked = io.BytesIO()
    writer.write(marked)
    page = document(write("a.pdf", marked.getvalue())).pages[0]
    assert page.text == "The fee is 120 euros a year."
    assert page.note == "struck-out text left out (9 characters)"
