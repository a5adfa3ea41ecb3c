"""Notes, comments, charts and hidden parts of real office files and PDFs: read, marked or named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter.color import Color

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


def test_cells_that_are_struck_out_or_white_are_left_out(write: Write) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Rates")
        struck = book.add_format({"font_strikeout": True})
        white = book.add_format({"font_color": "white"})
        head = book.add_format({"font_color": "white", "bg_color": "black"})
        sheet.write_row(0, 0, ["Item", "Fee"], head)
        sheet.write_row(1, 0, ["Boat", 40])
        sheet.write_row(2, 0, ["Raft", 999], struck)
        sheet.write(3, 0, "Canoe")
        sheet.write(3, 1, 998, white)
        sheet.write(4, 0, "Kayak")
        sheet.write_rich_string(4, 1, struck, "90", " now 70 euros")
    page = document(write("a.xlsx", buffer.getvalue())).pages[0]
    assert page.text == "Rates\n\nItem | Fee\nBoat | 40\nCanoe\nKayak | now 70 euros"
    assert page.note == (
        "struck-out text left out (10 characters); hidden text left out (3 characters)"
    )
    (table,) = page.tables
    assert table.cells[-1] == ("Kayak", "now 70 euros")


def _fee_sheet(look: dict[str, Any]) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Rates")
        sheet.write_row(0, 0, ["Item", "Fee"])
        sheet.write_row(1, 0, ["Boat", 40])
        sheet.write(2, 0, "Raft")
        sheet.write(2, 1, 999, book.add_format(look))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "look",
    [
        {"font_color": Color.theme(0, 0)},
        {"font_color": "#FDFDFC"},
        {"font_color": "white", "bg_color": "white"},
        {"font_color": "#102050", "bg_color": "#102050"},
        {"font_size": 1},
        {"num_format": ";;;"},
    ],
)
def test_cells_that_nobody_sees_are_left_out(write: Write, look: dict[str, Any]) -> None:
    page = document(write("a.xlsx", _fee_sheet(look))).pages[0]
    assert page.text == "Rates\n\nItem | Fee\nBoat | 40\nRaft"
    assert page.note == "hidden text left out (3 characters)"


@pytest.mark.parametrize(
    "look",
    [
        {"font_color": "white", "bg_color": Color.theme(4, 0)},
        {"font_color": Color.theme(0, 0), "bg_color": Color.theme(1, 0)},
        {"font_color": Color.theme(0, 0), "bg_color": Color.theme(0, 4)},
        {"font_color": "white", "pattern": 4},
        {"font_color": Color.theme(1, 0)},
        {"num_format": "0;0;;@"},
    ],
)
def test_light_cells_on_dark_ones_are_kept(write: Write, look: dict[str, Any]) -> None:
    page = document(write("a.xlsx", _fee_sheet(look))).pages[0]
    assert page.text.endswith("Raft | 999")
    assert page.note is None


def test_cells_of_hidden_rows_and_columns_are_read_and_named(write: Write) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Rates")
        for row, cells in enumerate((["Item", "Fee", "Cost"], ["Boat", 40, 31], ["Raft", 25, 18])):
            sheet.write_row(row, 0, cells)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(2, 9, None, None, {"hidden": True})
    page = document(write("a.xlsx", buffer.getvalue())).pages[0]
    assert "Raft | 25 | 18" in page.text
    assert page.note == "5 cells of hidden rows or columns among them"


def test_text_boxes_and_titles_of_charts_on_a_sheet_are_read(write: Write) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Rates")
        sheet.write_row(0, 0, ["Item", "Fee"])
        sheet.write_row(1, 0, ["Boat", 40])
        sheet.insert_textbox("D2", "The boats are out from May.")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"categories": "=Rates!$A$2:$A$2", "values": "=Rates!$B$2:$B$2"})
        chart.set_title({"name": "Fees of 2026"})
        chart.set_y_axis({"name": "Euros a day"})
        sheet.insert_chart("D10", chart)
    cells, drawings = document(write("a.xlsx", buffer.getvalue())).pages
    assert cells.text == "Rates\n\nItem | Fee\nBoat | 40"
    assert (drawings.number, drawings.label) == (2, "Rates, drawings")
    assert drawings.text == (
        "The boats are out from May.\n\nChart: Fees of 2026\n\nAxes: Euros a day"
    )


def test_hidden_shapes_are_left_out_and_grouped_ones_are_read(write: Write) -> None:
    from PIL import Image
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Fleet"
    box = (Inches(1), Inches(3), Inches(2), Inches(1))
    secret = slide.shapes.add_textbox(*box)
    secret.text_frame.text = "Secret 999"
    secret._element.nvSpPr.cNvPr.set("hidden", "1")
    group = slide.shapes.add_group_shape().shapes.add_group_shape()
    group.shapes.add_textbox(*box).text_frame.text = "The raft holds nine."
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    shape = slide.shapes.add_picture(picture, Inches(1), Inches(5))
    shape._element.nvPicPr.cNvPr.set("descr", "")
    buffer = io.BytesIO()
    deck.save(buffer)
    page = document(write("a.pptx", buffer.getvalue())).pages[0]
    assert page.text == "Fleet\n\nThe raft holds nine.\n\n[Picture]"
    assert page.note == "hidden text left out (10 characters)"


def test_charts_and_diagrams_in_word_files_are_read(write: Write) -> None:
    import docx
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from pptx.chart.data import CategoryChartData
    from pptx.chart.xmlwriter import ChartXmlWriter
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Visitors", (61, 74.5))
    chart = ChartXmlWriter(XL_CHART_TYPE.COLUMN_CLUSTERED, data).xml
    main = "http://schemas.openxmlformats.org/drawingml/2006"
    diagram = (
        f'<dgm:dataModel xmlns:dgm="{main}/diagram" xmlns:a="{main}/main"><dgm:ptLst>'
        "<dgm:pt><dgm:t><a:p><a:r><a:t>Order the seed</a:t></a:r></a:p></dgm:t></dgm:pt>"
        "<dgm:pt><dgm:t><a:p><a:r><a:t>Sow in April</a:t></a:r></a:p></dgm:t></dgm:pt>"
        "</dgm:ptLst></dgm:dataModel>"
    )
    file = docx.Document()
    for kind, xml, tag, attribute in (
        ("chart", chart, "chart", "id"),
        ("diagram", diagram, "relIds", "dm"),
    ):
        part = Part(
            PackURI(f"/word/{kind}1.xml"), "application/xml", xml.encode(), file.part.package
        )
        number = file.part.relate_to(part, f"{RELATION}{kind}")
        file.add_paragraph(f"See the {kind}.").runs[0]._r.append(
            parse_xml(
                f'<w:drawing xmlns:w="{WORD}"><x:{tag} xmlns:x="{main}/{kind}" '
                f'xmlns:r="{RELATION[:-1]}" r:{attribute}="{number}"/></w:drawing>'
            )
        )
    file.add_paragraph("The end.")
    buffer = io.BytesIO()
    file.save(buffer)
    page = document(write("a.docx", buffer.getvalue())).pages[0]
    assert page.text == (
        "See the chart.\n\nCategory | Visitors\n2024 | 61\n2025 | 74.5\n\n"
        "See the diagram.\n\n- Order the seed\n- Sow in April\n\nThe end."
    )
    assert page.tables[0].cells[1] == ("2024", "61")


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


def test_word_text_that_a_style_strikes_or_hides_or_that_is_white_is_left_out(write: Write) -> None:
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import RGBColor

    file = docx.Document()
    struck = file.styles.add_style("Deleted", WD_STYLE_TYPE.CHARACTER)
    struck.font.strike = True
    file.styles.add_style("Deleted too", WD_STYLE_TYPE.CHARACTER).base_style = struck
    file.styles.add_style("Ghost", WD_STYLE_TYPE.PARAGRAPH).font.hidden = True
    paragraph = file.add_paragraph("The fee is ")
    paragraph.add_run("999 euros ", style="Deleted too")
    paragraph.add_run("120 euros.")
    paragraph.add_run(" Or 998?").font.color.rgb = RGBColor(255, 255, 255)
    file.add_paragraph("The draft said 997.", style="Ghost")
    table = file.add_table(1, 2)
    for cell, words in zip(table.rows[0].cells, ("Boat", "40"), strict=True):
        cell.paragraphs[0].add_run(words).font.color.rgb = RGBColor(255, 255, 255)
    buffer = io.BytesIO()
    file.save(buffer)
    page = document(write("a.docx", buffer.getvalue())).pages[0]
    assert page.text == "The fee is 120 euros.\n\nBoat | 40"
    assert page.note == (
        "struck-out text left out (10 characters); hidden text left out (27 characters)"
    )


def test_white_words_of_word_margins_and_notes_are_left_out(write: Write) -> None:
    import docx
    from docx.shared import RGBColor

    file = docx.Document()
    paragraph = file.add_paragraph("The fee is 120 euros.")
    comment = file.add_comment(paragraph.runs, text="Seen in May.", author="Ida")
    section = file.sections[0]
    section.header.paragraphs[0].text = "Reference GA-2207-Q"
    section.footer.paragraphs[0].text = "Page of the board"
    for place in (section.header, section.footer, comment):
        run = place.paragraphs[0].add_run(" Or 999?")
        run.font.color.rgb = RGBColor(255, 255, 255)
    buffer = io.BytesIO()
    file.save(buffer)
    page = document(write("a.docx", buffer.getvalue())).pages[0]
    assert page.text == (
        "The fee is 120 euros.\n\nComment (Ida): Seen in May."
        "\n\nReference GA-2207-Q\n\nPage of the board"
    )
    assert page.note == "hidden text left out (24 characters)"


def test_what_a_word_control_says_before_it_is_filled_in_is_left_out(write: Write) -> None:
    import docx
    from docx.oxml import parse_xml

    def control(words: str, hint: str) -> Any:
        return parse_xml(
            f'<w:sdt xmlns:w="{WORD}"><w:sdtPr>{hint}<w:text/></w:sdtPr><w:sdtContent><w:r><w:t>'
            f"{words}</w:t></w:r></w:sdtContent></w:sdt>"
        )

    file = docx.Document()
    file.add_paragraph("Inspector: ")._p.append(
        control("Click here to enter text.", "<w:showingPlcHdr/>")
    )
    file.add_paragraph("Weather: ")._p.append(control("gale", '<w:showingPlcHdr w:val="0"/>'))
    file.add_paragraph("Tide: ")._p.append(control("spring", ""))
    file.sections[0].header.paragraphs[0]._p.append(control("[Title]", "<w:showingPlcHdr/>"))
    buffer = io.BytesIO()
    file.save(buffer)
    page = document(write("a.docx", buffer.getvalue())).pages[0]
    assert page.text == "Inspector:\n\nWeather: gale\n\nTide: spring"
    assert page.note is None


def test_errors_in_cells_are_read(write: Write) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Visitors")
        sheet.write_row(0, 0, ("Month", "Income", "Per head"))
        sheet.write_row(1, 0, ("June", 11885))
        sheet.write_formula(1, 2, "=B2/2377", None, 5)
        sheet.write_row(2, 0, ("July", 0))
        sheet.write_formula(2, 2, "=B3/0", None, "#DIV/0!")
        sheet.write_row(3, 0, ("August", "#1 of the year"))
        sheet.write_formula(3, 2, '=VLOOKUP("x",A:B,2)', None, "#N/A")
    page = document(write("a.xlsx", buffer.getvalue())).pages[0]
    assert page.text.endswith(
        "June | 11885 | 5\nJuly | 0 | #DIV/0!\nAugust | #1 of the year | #N/A"
    )


def test_words_of_word_files_that_are_tiny_or_nearly_white_are_left_out(write: Write) -> None:
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    file = docx.Document()
    paragraph = file.add_paragraph("The fee is 120 euros.")
    paragraph.add_run(" Or 999?").font.color.rgb = RGBColor(253, 253, 252)
    paragraph.add_run(" Or 998?").font.size = Pt(1)
    pale = file.styles.add_style("Pale", WD_STYLE_TYPE.PARAGRAPH)
    pale.font.color.rgb = RGBColor(255, 255, 255)
    file.add_paragraph("The draft said 997.", style="Pale").add_run(
        " It is due in May."
    ).font.color.rgb = RGBColor(0, 0, 0)
    buffer = io.BytesIO()
    file.save(buffer)
    page = document(write("a.docx", buffer.getvalue())).pages[0]
    assert page.text == "The fee is 120 euros.\n\nIt is due in May."
    assert page.note == "hidden text left out (35 characters)"


@pytest.mark.parametrize("behind", ["shade of a style", "picture", "picture of a header"])
def test_white_words_of_word_files_on_something_are_kept(write: Write, behind: str) -> None:
    import docx
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml
    from docx.shared import RGBColor

    anchor = (
        f'<w:r xmlns:w="{WORD}"><w:drawing><wp:anchor behindDoc="1" xmlns:wp="http://schemas.'
        'openxmlformats.org/drawingml/2006/wordprocessingDrawing"/></w:drawing></w:r>'
    )
    file = docx.Document()
    pale = file.styles.add_style("Pale", WD_STYLE_TYPE.PARAGRAPH)
    pale.font.color.rgb = RGBColor(255, 255, 255)
    file.add_paragraph("Report of 2026", style="Pale")
    if behind == "picture":
        file.add_paragraph()._p.append(parse_xml(anchor))
    elif behind == "picture of a header":
        file.sections[0].header.paragraphs[0]._p.append(parse_xml(anchor))
    else:
        base = file.styles.add_style("Band", WD_STYLE_TYPE.PARAGRAPH)
        base.element.get_or_add_pPr().append(
            parse_xml(f'<w:shd xmlns:w="{WORD}" w:val="clear" w:fill="102050"/>')
        )
        pale.base_style = base
    buffer = io.BytesIO()
    file.save(buffer)
    page = document(write("a.docx", buffer.getvalue())).pages[0]
    assert (page.text, page.note) == ("Report of 2026", None)


def test_paragraphs_joined_by_a_tracked_deletion_are_one(write: Write) -> None:
    import docx
    from docx.oxml import parse_xml

    file = docx.Document()
    first = file.add_paragraph("The rent is")
    first._p.get_or_add_pPr().append(
        parse_xml(f'<w:rPr xmlns:w="{WORD}"><w:del w:id="1" w:author="A"/></w:rPr>')
    )
    file.add_paragraph("910 euros a month.")
    buffer = io.BytesIO()
    file.save(buffer)
    text = document(write("a.docx", buffer.getvalue())).pages[0].text
    assert text == "The rent is 910 euros a month."


def test_pictures_on_a_sheet_are_named(write: Write) -> None:
    import xlsxwriter
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Rates")
        sheet.write_row(0, 0, ["Item", "Fee"])
        sheet.write_row(1, 0, ["Boat", 40])
        for row, words in enumerate(("A plan of the yard", "", "")):
            sheet.insert_image(
                4 * row, 3, "a.png", {"image_data": picture, "description": words or None}
            )
        sheet.insert_textbox("H2", "Boats from May.")
    with zipfile.ZipFile(buffer) as old:
        names = {name: old.read(name) for name in old.namelist()}
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as new:
        for name, content in names.items():
            new.writestr(name, content.replace(b' descr="a.png"', b""))
    _, drawings = document(write("a.xlsx", changed.getvalue())).pages
    assert drawings.label == "Rates, drawings"
    assert drawings.text == "[Picture: A plan of the yard]\n\n[Picture]\n\nBoats from May."


def test_ticks_signs_and_reading_aids_of_word_files_are_read(write: Write) -> None:
    import docx
    from docx.oxml import parse_xml

    file = docx.Document()
    for words, inner in (
        ("Insured: ", '<w:sym w:font="Wingdings" w:char="F0FE"/>'),
        ("Heated: ", '<w:sym w:font="Wingdings" w:char="F0A8"/>'),
        ("Length 5 ", '<w:sym w:font="Symbol" w:char="F0B1"/><w:t> 1</w:t>'),
        (
            "City: ",
            "<w:ruby><w:rt><w:r><w:t>Tokyo</w:t></w:r></w:rt>"
            "<w:rubyBase><w:r><w:t>東京</w:t></w:r></w:rubyBase></w:ruby>",
        ),
    ):
        run = parse_xml(f'<w:r xmlns:w="{WORD}">{inner}</w:r>')
        file.add_paragraph(words)._p.append(run)
    buffer = io.BytesIO()
    file.save(buffer)
    text = document(write("a.docx", buffer.getvalue())).pages[0].text
    assert text == "Insured: ☑\n\nHeated: ☐\n\nLength 5 ± 1\n\nCity: 東京"


def test_headers_and_footers_of_a_sheet_are_read(write: Write) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Rates")
        sheet.write_row(0, 0, ["Item", "Fee"])
        sheet.write_row(1, 0, ["Boat", 40])
        sheet.set_header('&L&"Arial,Bold"&12Oak && Sons&RPage &P of &N')
        sheet.set_footer("&CValid from 1 May")
    text = document(write("a.xlsx", buffer.getvalue())).pages[0].text
    assert text == "Rates\n\nItem | Fee\nBoat | 40\n\nOak & Sons\n\nValid from 1 May"


def test_charts_of_points_are_read(write: Write) -> None:
    from pptx import Presentation
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Tides"
    data = XyChartData()
    series = data.add_series("Height")
    series.add_data_point(1, 2.5)
    series.add_data_point(2, 3.5)
    box = (Inches(1), Inches(2), Inches(6), Inches(4))
    slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *box, data)
    buffer = io.BytesIO()
    deck.save(buffer)
    text = document(write("a.pptx", buffer.getvalue())).pages[0].text
    assert "Category | Height\n1 | 2.5\n2 | 3.5" in text


def test_formulas_of_word_files_keep_their_fractions_powers_and_brackets(write: Write) -> None:
    import docx
    from docx.oxml import parse_xml

    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    formula = (
        f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('2')}</m:den></m:f>{run('=')}"
        f"<m:sSup><m:e><m:d><m:e>{run('x+1')}</m:e></m:d></m:e><m:sup>{run('2')}</m:sup></m:sSup>"
        f"{run('+')}<m:rad><m:deg/><m:e>{run('7')}</m:e></m:rad>{run('+')}"
        f"<m:sSub><m:e>{run('k')}</m:e><m:sub>{run('3')}</m:sub></m:sSub>"
    )
    file = docx.Document()
    main = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    file.add_paragraph("It is ")._p.append(
        parse_xml(f'<m:oMath xmlns:m="{main}">{formula}</m:oMath>')
    )
    buffer = io.BytesIO()
    file.save(buffer)
    text = document(write("a.docx", buffer.getvalue())).pages[0].text
    assert text == "It is (a+b)/2=(x+1)²+√7+k₃"
