"""Notes, comments, charts and hidden parts of real office files and PDFs: read, marked or named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PART_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def with_notes(data: bytes, kind: str, text: str) -> bytes:
    """A Word file with a part of footnotes or endnotes, which python-docx does not write."""
    single = kind[:-1]
    part = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:{kind} xmlns:w="{WORD}">'
        f'<w:{single} w:type="separator" w:id="0"><w:p/></w:{single}>'
        f'<w:{single} w:id="2"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{single}></w:{kind}>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "[Content_Types].xml":
                override = (
                    f'<Override PartName="/word/{kind}.xml" ContentType="{PART_TYPE}{kind}+xml"/>'
                )
                content = content.replace(b"</Types>", f"{override}</Types>".encode())
            if name == "word/_rels/document.xml.rels":
                relation = (
                    f'<Relationship Id="rId{kind}" Type="{RELATION}{kind}" Target="{kind}.xml"/>'
                )
                content = content.replace(
                    b"</Relationships>", f"{relation}</Relationships>".encode()
                )
            new.writestr(name, content)
        new.writestr(f"word/{kind}.xml", part)
    return buffer.getvalue()


def test_word_comments_and_margins_are_read(write: Write) -> None:
    import docx

    file = docx.Document()
    paragraph = file.add_paragraph("The final report is due in March.")
    file.add_comment(paragraph.runs, text="Move it to 15 May.", author="Ingeborg Falk")
    file.sections[0].header.paragraphs[0].text = "Reference GA-2207-Q"
    file.sections[0].footer.paragraphs[0].text = "Questions: grants@lindqvist.example"
    buffer = io.BytesIO()
    file.save(buffer)
    text = document(write("a.docx", buffer.getvalue())).pages[0].text
    assert "due in March.\n\nComment (Ingeborg Falk): Move it to 15 May." in text
    assert text.endswith("Reference GA-2207-Q\n\nQuestions: grants@lindqvist.example")


@pytest.mark.parametrize(
    ("kind", "label"), [("footnotes", "Footnote 1"), ("endnotes", "Endnote 1")]
)
def test_word_notes_are_read(write: Write, kind: str, label: str) -> None:
    import docx

    file = docx.Document()
    file.add_paragraph("The grant may be used for travel.")
    buffer = io.BytesIO()
    file.save(buffer)
    data = with_notes(buffer.getvalue(), kind, "Planes only above 700 kilometres.")
    text = document(write("a.docx", data)).pages[0].text
    assert text == (
        f"The grant may be used for travel.\n\n{label}: Planes only above 700 kilometres."
    )


def test_word_text_that_is_hidden_or_deleted_is_left_out(write: Write) -> None:
    import docx

    file = docx.Document()
    paragraph = file.add_paragraph("The fee is 120 euros.")
    paragraph.add_run(" The draft said 999.").font.hidden = True
    paragraph.add_run(" It is due in May.")
    buffer = io.BytesIO()
    file.save(buffer)
    text = document(write("a.docx", buffer.getvalue())).pages[0].text
    assert text == "The fee is 120 euros. It is due in May."


def test_slides_with_charts_notes_and_hidden_ones(write: Write) -> None:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Visitors"
    data = CategoryChartData()
    data.categories = ["2022", "2023"]
    data.add_series("Thousand", (61, 74))
    box = (Inches(1), Inches(2), Inches(6), Inches(4))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *box, data)
    slide.notes_slide.notes_text_frame.text = "The wing opens on 9 October."
    secret = deck.slides.add_slide(deck.slide_layouts[5])
    secret.shapes.title.text = "Entry would cost 19 euros"
    secret._element.set("show", "0")
    buffer = io.BytesIO()
    deck.save(buffer)
    shown, hidden = document(write("a.pptx", buffer.getvalue())).pages
    assert "2022 | 61\n2023 | 74" in shown.text
    assert "Thousand" in shown.text
    assert "Notes: The wing opens on 9 October." in shown.text
    assert (hidden.text, hidden.note) == ("", "hidden slide, left out")
    (table,) = shown.tables
    assert table.cells[-1] == ("2023", "74")


@pytest.mark.parametrize("state", ["hide", "very_hidden"])
def test_hidden_sheets_are_named_and_left_out(write: Write, state: str) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name, value in (("Branches", 48200), ("Draft", 11111)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Branch", "Revenue"])
            sheet.write_row(1, 0, ["Alta", value])
            if name == "Draft":
                getattr(sheet, state)()
            else:
                sheet.write_comment("B2", "Before tax.", {"author": "Kim"})
    pages = document(write("a.xlsx", buffer.getvalue())).pages
    assert [page.label for page in pages] == ["Branches", "Draft"]
    assert "Alta | 48200" in pages[0].text
    assert "Before tax." in pages[0].text
    assert (pages[1].text, pages[1].note) == ("", "hidden sheet, left out")


@pytest.mark.parametrize("kind", ["Text", "Highlight", "Square"])
def test_comments_on_pdf_pages_are_read_and_marked(write: Write, kind: str) -> None:
    """A sticky note, a highlighted line, a frame: each with its comment, as pypdf writes them."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import Highlight, Rectangle, Text
    from pypdf.generic import ArrayObject, FloatObject, NameObject, TextStringObject
    from reportlab.pdfgen.canvas import Canvas

    drawn = io.BytesIO()
    canvas = Canvas(drawn, pagesize=(595, 842))
    canvas.drawString(60, 740, "The yard covers 640 square metres of ground.")
    canvas.save()
    area = (60, 730, 300, 760)
    corners = ArrayObject(map(FloatObject, (60, 760, 300, 760, 60, 730, 300, 730)))
    annotation: Any = {
        "Text": lambda: Text(rect=area, text="Measured again: 655."),
        "Highlight": lambda: Highlight(rect=area, quad_points=corners),
        "Square": lambda: Rectangle(rect=area),
    }[kind]()
    annotation[NameObject("/Contents")] = TextStringObject("Measured again: 655.")
    annotation[NameObject("/T")] = TextStringObject("Odile Farrow")
    writer = PdfWriter(clone_from=PdfReader(drawn))
    writer.add_annotation(page_number=0, annotation=annotation)
    buffer = io.BytesIO()
    writer.write(buffer)
    text = document(write("a.pdf", buffer.getvalue())).pages[0].text
    assert "The yard covers 640 square metres of ground." in text
    assert "[Comment (Odile Farrow): Measured again: 655.]" in text
