"""Notes, comments, charts and hidden parts of Word files, slides and PDFs: read or named."""

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
