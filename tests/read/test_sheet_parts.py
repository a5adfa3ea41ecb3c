"""Parts of spreadsheets beside visible cells: hidden, struck out, drawn or printed around."""

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
