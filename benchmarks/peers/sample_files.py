"""Small files of every format with parts that readers like to lose, made by real libraries.

Knows: how such files are made. Does not know: how they are read.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

SENTENCE = "The bridge over the Lune was opened in 1911."
ROWS = [("Branch", "Revenue"), ("Alta", "48200"), ("Bodo", "39100")]
ROW = "Alta | 48200"
_SAVED = Path(__file__).parents[2] / "tests" / "read" / "data"
_LEFT_OUT = {"notes.md": {"private comment": "comments left out", "struck out": "struck-out text"}}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ODF = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("presentation", "presentation"), ("style", "style"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A file: its name, its bytes, the words of each part, and what its notes must say."""

    name: str
    data: bytes
    parts: dict[str, str]
    left_out: dict[str, str] = field(default_factory=dict)


def samples() -> list[Sample]:
    """One file of every format, by name."""
    made = [make() for make in (*_OFFICE, *_PAGES)] + _texts()
    return sorted(made, key=lambda sample: sample.name.rpartition(".")[2])


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def _docx() -> Sample:
    import docx
    from docx.oxml import parse_xml

    file = docx.Document()
    file.add_heading("Bridges", 1)
    paragraph = file.add_paragraph(SENTENCE)
    file.add_comment(paragraph.runs, text="Check the year.", author="Kim")
    removed = f'<w:del xmlns:w="{_W}"><w:r><w:delText>in 1899</w:delText></w:r></w:del>'
    added = f'<w:ins xmlns:w="{_W}"><w:r><w:t> It was widened in 1962.</w:t></w:r></w:ins>'
    paragraph._p.append(parse_xml(removed))
    paragraph._p.append(parse_xml(added))
    file.add_paragraph("Bring a helmet", style="List Bullet")
    table = file.add_table(3, 2)
    for row, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    file.sections[0].header.paragraphs[0].text = "Reference GA-2207-Q"
    file.sections[0].footer.paragraphs[0].text = "Questions: desk@lune.example"
    return Sample(
        "report.docx",
        _saved(file.save),
        {"heading": "Bridges", "text": SENTENCE, "tracked insertion": "widened in 1962",
         "list": "Bring a helmet", "table": ROW, "comment": "Comment (Kim): Check the year.",
         "header": "GA-2207-Q", "footer": "desk@lune.example"},
    )  # fmt: skip


def _pptx() -> Sample:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Bridges"
    slide.placeholders[1].text = SENTENCE
    slide.notes_slide.notes_text_frame.text = "The wing opens on 9 October."
    data = CategoryChartData()
    data.categories = ["2022", "2023"]
    data.add_series("Thousand", (61, 74))
    second = deck.slides.add_slide(deck.slide_layouts[6])
    box = (Inches(1), Inches(1), Inches(5), Inches(3))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *box, data)
    table = second.shapes.add_table(3, 2, *box).table
    for row, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    hidden = deck.slides.add_slide(deck.slide_layouts[5])
    hidden.shapes.title.text = "Draft prices"
    hidden._element.set("show", "0")
    return Sample(
        "slides.pptx",
        _saved(deck.save),
        {"title": "Bridges", "text": SENTENCE, "notes": "opens on 9 October",
         "chart": "2023 | 74", "table": ROW},
        {"hidden slide": "hidden slide"},
    )  # fmt: skip


def _xlsx() -> Sample:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Branches")
        for row, (name, value) in enumerate(ROWS):
            sheet.write_row(row, 0, [name, int(value) if row else value])
        sheet.write_comment("B2", "Before tax.", {"author": "Kim"})
        sheet.merge_range("D1:E1", "Region North")
        sheet.write("D2", 0.175, book.add_format({"num_format": "0.0%"}))
        draft = book.add_worksheet("Draft")
        draft.write(0, 0, "11111")
        draft.hide()
    return Sample(
        "branches.xlsx",
        buffer.getvalue(),
        {"rows": "Alta | 48200", "percent": "17.5%", "merged cell": "Region North",
         "comment": "Before tax."},
        {"hidden sheet": "hidden sheet"},
    )  # fmt: skip


def _odf(name: str, body: str, parts: dict[str, str], kind: str = "") -> Sample:
    content = (
        f'<office:document-content {_ODF} xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:body>{body}</office:body></office:document-content>"
    )
    urn = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = f'<manifest:manifest xmlns:manifest="{urn}"/>'
    members: dict[str, str | bytes] = (
        {"mimetype": kind, "META-INF/manifest.xml": manifest} if kind else {}
    )
    return Sample(name, _zipped({**members, "content.xml": content}), parts)


def _odt() -> Sample:
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in ROWS
    )
    body = (
        f'<office:text><text:h text:outline-level="1">Bridges</text:h><text:p>{SENTENCE}'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>By the mayor."
        "</text:p></text:note-body></text:note></text:p><text:p><office:annotation><dc:creator>Kim"
        "</dc:creator><text:p>Check it.</text:p></office:annotation>It is open.</text:p>"
        f'<table:table table:name="Branches">{rows}</table:table></office:text>'
    )
    return _odf(
        "travel.odt",
        body,
        {"heading": "Bridges", "text": SENTENCE, "footnote": "By the mayor.",
         "comment": "Comment (Kim): Check it.", "table": ROW},
    )  # fmt: skip


def _ods() -> Sample:
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in ROWS
    )
    body = f'<office:spreadsheet><table:table table:name="Branches">{rows}</table:table>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return _odf("branches.ods", f"{body}</office:spreadsheet>", {"rows": ROW}, kind)


def _odp() -> Sample:
    body = (
        '<office:presentation><draw:page draw:name="One"><draw:frame><draw:text-box><text:p>'
        f"{SENTENCE}</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame>"
        "<draw:text-box><text:p>Opens on 9 October.</text:p></draw:text-box></draw:frame>"
        "</presentation:notes></draw:page></office:presentation>"
    )
    return _odf("slides.odp", body, {"text": SENTENCE, "notes": "Opens on 9 October."})


def _zipped(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _pdf() -> Sample:
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import Text
    from pypdf.generic import NameObject, TextStringObject
    from reportlab.pdfgen.canvas import Canvas

    drawn = io.BytesIO()
    canvas = Canvas(drawn, pagesize=(595, 842))
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(60, 780, "Bridges")
    canvas.setFont("Helvetica", 11)
    canvas.drawString(60, 750, SENTENCE)
    canvas.drawString(60, 720, "Policy number:")
    canvas.acroForm.textfield(
        name="policy", value="TRV-55120-K", x=220, y=715, width=200, height=18
    )
    canvas.drawString(60, 690, "Agreed:")
    canvas.acroForm.checkbox(name="agreed", checked=True, x=220, y=685, size=14)
    for n, row in enumerate([*ROWS, ("Celje", "51700"), ("Dax", "27900")]):
        y = 640 - 18 * n
        canvas.drawString(64, y, row[0])
        canvas.drawString(204, y, row[1])
        canvas.rect(60, y - 5, 140, 18)
        canvas.rect(200, y - 5, 100, 18)
    canvas.drawString(60, 500, "The fee is 120")
    canvas.setFont("Helvetica", 7)
    canvas.drawString(60 + canvas.stringWidth("The fee is 120", "Helvetica", 11), 504, "3")
    canvas.setFont("Helvetica", 11)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(60, 470, "White words are for machines.")
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(drawn))
    note = Text(rect=(400, 740, 420, 760), text="Measured again.")
    note[NameObject("/T")] = TextStringObject("Kim")
    writer.add_annotation(page_number=0, annotation=note)
    return Sample(
        "report.pdf",
        _saved(writer.write),
        {"heading": "Bridges", "text": SENTENCE, "form field": "TRV-55120-K", "tick": "[x]",
         "table": "48200", "note mark": "120 \u00b3", "sticky note": "[Comment (Kim): Measured"},
        {"white text": "hidden text left out"},
    )  # fmt: skip


def _html() -> Sample:
    page = f"""<html><head><title>Bridges</title><meta name=author content="A. Writer"></head><body>
    <nav><a href=a>Home</a></nav><main><h1>Bridges</h1><p>{SENTENCE}</p><ul><li>Bring a helmet</ul>
    <dl><dt>Owner<dd>Parish of Selby</dl><p>It weighs 10<sup>6</sup> kg.</p>
    <table><tr><th>Branch<th>Revenue<tr><td>Alta<td>48200</table>
    <form><label>Customer <input value="Hanne Lorck"></label></form></main>
    <footer><p>Mill Lane 3, phone 555-0166</p></footer></body></html>"""
    return Sample(
        "page.html",
        page.encode(),
        {"title": "Bridges", "text": SENTENCE, "list": "Bring a helmet",
         "definitions": "Parish of Selby", "table": ROW, "form": "Customer: Hanne Lorck",
         "footer facts": "phone 555-0166", "author": "A. Writer"},
    )  # fmt: skip


def _epub() -> Sample:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="package.opf"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/'
        'elements/1.1/"><dc:title>Bridges</dc:title><dc:creator>A. Writer</dc:creator></metadata>'
        '<manifest><item id="a" href="one.xhtml" media-type="application/xhtml+xml"/><item id="b"'
        ' href="two.xhtml" media-type="application/xhtml+xml"/></manifest><spine>'
        '<itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    chapter = '<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{}</h1><p>{}</p></body></html>'
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "package.opf": package,
        "one.xhtml": chapter.format("One", SENTENCE),
        "two.xhtml": chapter.format("Two", "A mule carried ninety kilograms."),
    }
    parts = {"title": "Bridges", "author": "A. Writer", "first part": SENTENCE}
    return Sample("book.epub", _zipped(members), parts | {"second part": "ninety kilograms"})


def _eml() -> Sample:
    inner = EmailMessage()
    inner["Subject"], inner["From"], inner["To"] = "Offer", "rune@north.example", "b@example.org"
    inner.set_content("We offer twelve lamps.")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Bridges", "a@example.org", "b@example.org"
    message.set_content(SENTENCE)
    message.add_attachment("The noise level is 71 decibels.", filename="noise.txt")
    message.add_attachment(_saved_csv(), maintype="text", subtype="csv", filename="rows.csv")
    message.add_attachment(inner)
    return Sample(
        "message.eml",
        message.as_bytes(),
        {"subject": "Bridges", "sender": "a@example.org", "text": SENTENCE,
         "attached text": "71 decibels", "attached table": ROW,
         "forwarded message": "twelve lamps", "its sender": "rune@north.example"},
    )  # fmt: skip


def _saved_csv() -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(ROWS)
    return buffer.getvalue().encode()


def _zip() -> Sample:
    members: dict[str, str | bytes] = {"notes/a.md": f"# Bridges\n\n{SENTENCE}\n"}
    parts = {"member": SENTENCE, "table in it": ROW}
    return Sample("archive.zip", _zipped({**members, "rows.csv": _saved_csv()}), parts)


def _msg() -> Sample:
    from msgforge import Message

    message = Message(
        subject="Bridge survey",
        html_body=f"<p>{SENTENCE}</p>",
        sender=("ada@lune.example", "Ada Holm"),
        to=[("b@example.org", "Bo")],
        cc=[("c@example.org", "Cy")],
        sent=datetime(2026, 3, 17, 9, 0, tzinfo=UTC),
    )
    table = "\n".join(",".join(row) for row in ROWS)
    message.attach_bytes("rows.csv", table.encode())
    return Sample(
        "outlook.msg",
        message.as_bytes(),
        {"subject": "Bridge survey", "sender": "Ada Holm", "copy": "c@example.org",
         "date": "17 Mar 2026", "text": SENTENCE, "attached table": ROW},
    )  # fmt: skip


def _old_office() -> list[Sample]:
    """Files that LibreOffice saved: Word 97, RTF and PowerPoint 97."""
    parts = {
        "heading": "Rooms of the Mühle", "table": "Mill hall | 120 m² | 800 euros",
        "list": "- Call the miller before noon.", "raised figure": "120 ³ euros",
        "header": "File number LM-2207", "comment": "Comment (Ingeborg Falk)", "author": "Ada Sund",
    }  # fmt: skip
    left_out = {"struck out": "struck-out text", "hidden": "hidden text"}
    texts = [
        Sample(name, (_SAVED / name).read_bytes(), parts, left_out)
        for name in ("lease.doc", "lease.rtf")
    ]
    deck = Sample(
        "museum.ppt",
        gzip.decompress((_SAVED / "museum.ppt.gz").read_bytes()),
        {"title": "Plans of the museum", "text": "costs 18 euros", "notes": "Notes: The wing opens",
         "table": "School classes | Birgit Thaler", "text box": "The lift was tested on 4 May."},
        {"hidden slide": "hidden slide"},
    )  # fmt: skip
    return [*texts, deck]


def _texts() -> list[Sample]:
    cells = [
        {"cell_type": "markdown", "source": f"# Bridges\n{SENTENCE}", "metadata": {}},
        {"cell_type": "code", "source": "height = 31", "metadata": {}, "execution_count": 1,
         "outputs": [{"output_type": "stream", "name": "stdout", "text": "mean 4.2"}]},
    ]  # fmt: skip
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    record = {"id": "T-1", "title": "Bridges", "text": SENTENCE, "owner": "Rasmus"}
    event = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Stocktaking\r\n"
        "DTSTART:20260304T080000Z\r\nLOCATION:Warehouse 5\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Kim Odd\r\nTEL:555-0144\r\nEND:VCARD\r\n"
    bridges = {"heading": "Bridges", "text": SENTENCE}
    table = "| Branch | Revenue |\n|---|---|\n| Alta | 48200 |\n\n```\nmake all\n```\n"
    words: list[tuple[str, str, dict[str, str]]] = [
        ("plain.txt", f"{SENTENCE}\n", {"text": SENTENCE}),
        ("latin.txt", f"{SENTENCE} Die Brücke über den Fluß.\n",
         {"text": SENTENCE, "Latin-1": "Brücke über den Fluß"}),
        ("polish.txt", "Most nad rzeką otwarto w środę, a klucz leży u dozorcy.\n",
         {"Latin-2": "klucz leży u dozorcy", "of short text": "środę"}),
        ("server.log", f"2026-03-02 10:00:01 INFO {SENTENCE}\n2026-03-02 10:04:17 WARN low\n",
         {"entry": f"10:00:01 INFO {SENTENCE}", "first time": "'from': '2026-03-02 10:00:01'"}),
        ("notes.md", f"---\nauthor: Kim\n---\n# Bridges\n\n{SENTENCE}[^1]\n\n- a helmet\n\n{table}"
         "\n[^1]: By the mayor.\n\n%% private words %% ~~old words~~\n",
         {"heading": "Bridges", "text": SENTENCE, "list": "a helmet", "table": ROW,
          "code": "make all", "front matter": "Kim", "footnote": "By the mayor."}),
        ("paper.rst", f"Bridges\n=======\n\n{SENTENCE}\n", bridges),
        ("paper.org", f"* Bridges\n{SENTENCE}\n", bridges),
        ("paper.adoc", f"= Bridges\n\n{SENTENCE}\n", bridges),
        ("paper.tex", f"\\section{{Bridges}}\n{SENTENCE}\n", bridges),
        ("film.srt", f"1\n00:00:01,000 --> 00:00:04,000\n{SENTENCE}\n", {"text": SENTENCE}),
        ("film.vtt", f"WEBVTT\n\n00:01.000 --> 00:04.000\n{SENTENCE}\n", {"text": SENTENCE}),
        ("dates.ics", event, {"event": "Stocktaking", "place": "Warehouse 5"}),
        ("people.vcf", card, {"name": "Kim Odd", "telephone": "555-0144"}),
        ("data.json", '{"owner": {"name": "Kim", "phone": "555-0144"}}',
         {"value": "Kim", "key path": "owner.phone: 555-0144"}),
        ("data.yaml", "owner:\n  name: Kim\n", {"key path": "owner.name: Kim"}),
        ("data.toml", '[owner]\nname = "Kim"\n', {"key path": "owner.name: Kim"}),
        ("data.ini", "[owner]\nname = Kim\n", {"key path": "owner.name: Kim"}),
        ("data.xml", f"<bridges><bridge><note>{SENTENCE}</note></bridge></bridges>",
         {"text": SENTENCE}),
        ("rows.tsv", "\n".join("\t".join(row) for row in ROWS), {"rows": ROW}),
        ("tides.ipynb", notebook,
         {"prose": SENTENCE, "code": "height = 31", "output": "mean 4.2"}),
        ("tickets.jsonl", json.dumps(record) + "\n",
         {"id": "T-1", "text": SENTENCE, "further field": "Rasmus"}),
        ("tool.go", f"package a\n\n// {SENTENCE}\nfunc Height(x int) int {{\n\treturn 31\n}}\n",
         {"comment": SENTENCE, "definition": "func Height"}),
        ("tool.py", f'def height():\n    """{SENTENCE}"""\n    return 31\n',
         {"definition": "def height", "docstring": SENTENCE}),
    ]  # fmt: skip
    encodings = {"latin.txt": "latin-1", "polish.txt": "iso-8859-2"}
    made = [
        Sample(name, text.encode(encodings.get(name, "utf-8")), parts, _LEFT_OUT.get(name, {}))
        for name, text, parts in words
    ]
    made += _old_office()
    made.append(Sample("rows.csv", _saved_csv(), {"rows": ROW}))
    mbox = b"From a@example.org Wed Feb  4 08:00:00 2026\nSubject: Bridges\n\n" + SENTENCE.encode()
    made.append(Sample("post.mbox", mbox + b"\n", {"subject": "Bridges", "text": SENTENCE}))
    return made


_OFFICE = (_docx, _pptx, _xlsx, _odt, _ods, _odp)
_PAGES = (_pdf, _html, _epub, _eml, _msg, _zip)
