"""Tables of pages: the same grid from every format, each cell at its span."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.read.models import OpenedFile, ReadOptions
from rag_infer.read.registry import format_of, reader_of
from rag_infer.types import Page, Table

MERGED = (
    ("Hut", "Room", "Beds"),
    ("North", "Loft", "4"),
    ("North", "Cellar", "2"),
    ("South", "Loft", "6"),
)
HTML = (
    "<table><caption>Beds</caption><tr><th>Hut<th>Room<th>Beds</tr>"
    "<tr><td rowspan=2>North<td>Loft<td>4</tr><tr><td>Cellar<td>2</tr>"
    "<tr><td>South<td>Loft<td>6</tr></table>"
)


def pages(path: Path) -> list[Page]:
    file_format = format_of(path)
    assert file_format is not None
    opened = OpenedFile(path, path.name, "0" * 64, ReadOptions())
    documents = [d for d in reader_of(file_format)(opened) if d is not None]
    return [page for document in documents for page in document.pages]


def tables(path: Path) -> list[Table]:
    result = []
    for page in pages(path):
        for table in page.tables:
            for cells, spans in zip(table.cells, table.spans, strict=True):
                for cell, (start, end) in zip(cells, spans, strict=True):
                    assert page.text[start:end] == cell
            result.append(table)
    return result


def docx_file(path: Path) -> None:
    import docx

    document = docx.Document()
    table = document.add_table(4, 3)
    for row, texts in enumerate(MERGED):
        for column, text in enumerate(texts):
            if (row, column) != (2, 0):
                table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document.save(str(path))


def pptx_file(path: Path) -> None:
    import pptx
    from pptx.util import Inches

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Beds"
    shape = slide.shapes.add_table(4, 3, Inches(1), Inches(1), Inches(5), Inches(2))
    for row, texts in enumerate(MERGED):
        for column, text in enumerate(texts):
            if (row, column) != (2, 0):
                shape.table.cell(row, column).text = text
    shape.table.cell(1, 0).merge(shape.table.cell(2, 0))
    deck.save(str(path))


def xlsx_file(path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Beds")
    for row, texts in enumerate(MERGED):
        for column, text in enumerate(texts):
            sheet.write(row, column, int(text) if text.isdigit() else text)
    sheet.merge_range("A2:A3", "North")
    book.close()


def epub_file(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path='a.opf'/></rootfiles></container>",
        )
        archive.writestr(
            "a.opf",
            "<package><manifest><item id='i' href='a.html'/></manifest>"
            "<spine><itemref idref='i'/></spine></package>",
        )
        archive.writestr("a.html", f"<html><body>{HTML}</body></html>")


def eml_file(path: Path) -> None:
    path.write_text(
        "From: a@example.org\nSubject: Beds\nContent-Type: text/html\n\n" + HTML, encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.docx", docx_file),
        ("a.pptx", pptx_file),
        ("a.xlsx", xlsx_file),
        ("a.epub", epub_file),
        ("a.eml", eml_file),
        ("a.html", lambda path: path.write_text(f"<html><body>{HTML}</body></html>")),
    ],
)
def test_a_merged_cell_stands_in_every_row(
    tmp_path: Path, name: str, write: Callable[[Path], object]
) -> None:
    write(tmp_path / name)
    (table,) = tables(tmp_path / name)
    assert table.cells == MERGED
    assert (table.header_rows, table.header_columns) == (1, 1)


def test_markdown_cells_are_slices_of_the_source(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Beds\n\n| Hut | Beds |\n|:--|--:|\n| **North** | 4 |\n| `a\\|b` |\n")
    (page,) = pages(path)
    (table,) = page.tables
    assert table.cells == (("Hut", "Beds"), ("North", "4"), ("a|b", ""))
    assert table.caption == "Beds"
    start, end = table.spans[1][0]
    assert page.text[start:end] == "**North**"


def test_a_sheet_may_hold_several_tables(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Two")
    rows = [
        ["Report 2025"], ["Team", "Members"], ["Red", 4], ["Blue", 6], [], ["Total", 10], [],
        ["Car", "Seats", None, "Dog", "Age"], ["Van", 9, None, "Rex", 3],
        ["Bus", 31, None, "Ace", 5], [], ["All figures are estimates."],
    ]  # fmt: skip
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    first, second, third = tables(path)
    assert first.cells[-1] == ("Total", "10")
    assert first.caption == "Report 2025"
    assert second.cells == (("Car", "Seats"), ("Van", "9"), ("Bus", "31"))
    assert third.cells[1:] == (("Rex", "3"), ("Ace", "5"))
    assert third.notes == ("All figures are estimates.",)


def test_a_long_table_goes_on_over_pages_with_its_header(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    lines = [f"{n},{'word ' * 10}{n}" for n in range(5000)]
    path.write_text("number,text\n" + "\n".join(lines))
    pieces = tables(path)
    assert len(pieces) > 1
    assert [piece.continues for piece in pieces] == [False] + [True] * (len(pieces) - 1)
    assert all(piece.cells[0] == ("number", "text") for piece in pieces)
    assert sum(len(piece.cells) - 1 for piece in pieces) == 5000


def test_a_table_in_a_table_is_one_of_its_own(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    outer = document.add_table(2, 2)
    for column, text in enumerate(("Plan", "Detail")):
        outer.cell(0, column).text = text
    outer.cell(1, 0).text = "Basic"
    inner = outer.cell(1, 1).add_table(2, 2)
    for place, text in {(0, 0): "Month", (0, 1): "Fee", (1, 0): "May", (1, 1): "12"}.items():
        inner.cell(*place).text = text
    out = io.BytesIO()
    document.save(out)
    path = tmp_path / "nested.docx"
    path.write_bytes(out.getvalue())
    assert tables(path)[1].cells == (("Month", "Fee"), ("May", "12"))


def pdf_file(path: Path, rows: list[list[str]], *, ruled: bool) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import Paragraph, SimpleDocTemplate
    from reportlab.platypus import Table as PdfTable

    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")] if ruled else []
    flow = [PdfTable(rows, colWidths=[180, 90, 90], style=style, repeatRows=1)]
    from reportlab.lib.styles import getSampleStyleSheet

    normal = getSampleStyleSheet()["Normal"]
    prose = Paragraph("The figures below are those of the last two years. " * 4, normal)
    SimpleDocTemplate(str(path), pagesize=A4).build([prose, *flow, prose])


@pytest.mark.parametrize("ruled", [True, False])
def test_a_table_of_a_pdf_has_its_cells_in_the_flowing_text(tmp_path: Path, ruled: bool) -> None:
    rows = [["Item", "2024", "2023"], ["Net sales", "1,204", "1,100"], ["Cost", "(804)", "(760)"],
            ["Margin", "400", "340"]]  # fmt: skip
    path = tmp_path / "a.pdf"
    pdf_file(path, rows, ruled=ruled)
    (table,) = tables(path)
    assert [list(row) for row in table.cells] == rows
    assert (table.header_rows, table.header_columns) == (1, 1)


def test_a_table_of_a_pdf_goes_on_over_pages(tmp_path: Path) -> None:
    rows = [["Item", "Pieces", "Price"]]
    rows += [[f"Article number {n}", str(n * 3), f"{n}.50"] for n in range(1, 80)]
    path = tmp_path / "long.pdf"
    pdf_file(path, rows, ruled=True)
    pieces = tables(path)
    assert [piece.continues for piece in pieces] == [False] + [True] * (len(pieces) - 1)
    joined = [row for piece in pieces for row in piece.cells[piece.header_rows :]]
    assert [list(row) for row in joined] == rows[1:]


def test_cells_of_a_sheet_read_as_their_formats_show_them(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "formats.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Rates")
    sheet.write_row(0, 0, ["Tariff", "Share", "Time", "Code", "Price", "Fee"])
    for column, (value, code) in enumerate(
        [(0.175, "0.0%"), (1.5, "[h]:mm"), (417, "00000"), (1250.5, '#,##0.00 "EUR"'), (3, "0.00")],
        1,
    ):
        sheet.write_number(1, column, value, book.add_format({"num_format": code}))
    sheet.write(1, 0, "Day")
    sheet.write_comment(1, 0, "Valid on weekdays.", {"author": "Kim"})
    book.close()
    (page,) = pages(path)
    assert page.tables[0].cells[1] == ("Day", "17.5%", "36:00", "00417", "1250.5 EUR", "3")
    assert "Comment at A2 (Kim): Valid on weekdays." in page.text
