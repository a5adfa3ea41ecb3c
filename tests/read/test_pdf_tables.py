"""Tables of real PDFs, as grids."""

from __future__ import annotations

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

from rag_infer.read.tables import (
    join_continued,
    read_page_content,
    table_in_region,
)
from tests.read.pdf_drawings import (
    FONT,
    HEIGHT,
    PROSE,
    SIZE,
    STATEMENT,
    WIDTH,
    built,
    only,
    paragraph,
    pdf,
    rows_of,
    tables,
)


def test_ruled_table_with_merged_cells() -> None:
    data = [
        ["Region", "Sales", "", "Staff"],
        ["", "2023", "2024", ""],
        ["North", "10", "12", "3"],
        ["South", "20", "25", "4"],
    ]
    style = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
            ("SPAN", (1, 0), (2, 0)),
            ("SPAN", (0, 0), (0, 1)),
            ("SPAN", (3, 0), (3, 1)),
        ]
    )
    grid = only(built(Table(data, style=style, colWidths=80)))
    assert grid.matrix() == [
        ["Region", "Sales", "Sales", "Staff"],
        ["Region", "2023", "2024", "Staff"],
        ["North", "10", "12", "3"],
        ["South", "20", "25", "4"],
    ]
    assert grid.header_rows == 2
    assert grid.ruled


def test_wrapped_cells_of_a_ruled_table_are_one_row() -> None:
    style = getSampleStyleSheet()["BodyText"]
    long = "Reported as not relevant by a large segment of the target population"
    data = [
        ["Property", "Reason for change"],
        ["Clarity", Paragraph(long, style)],
        ["Range", Paragraph("Possible", style)],
    ]
    grid = only(
        built(Table(data, colWidths=[80, 150], style=[("GRID", (0, 0), (-1, -1), 1, "black")]))
    )
    assert grid.matrix()[1:] == [["Clarity", long], ["Range", "Possible"]]


def test_half_ruled_table_with_two_levels_of_headers() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.line(60, 712, 480, 712)
        canvas.drawCentredString(270, 700, "Public")
        canvas.drawCentredString(420, 700, "Private")
        canvas.line(210, 696, 330, 696)
        canvas.line(360, 696, 480, 696)
        top = rows_of(
            canvas, [("Year", "Pupils", "Staff", "Pupils", "Staff")], 686, [250, 330, 400, 480]
        )
        canvas.line(60, 682, 480, 682)
        years = [(f"Class {n}", f"{n}1,200", f"{n}45", f"{n}2,034", f"{n}7") for n in range(1, 6)]
        top = rows_of(canvas, years, top, [250, 330, 400, 480])
        canvas.line(60, top + 9, 480, top + 9)

    grid = only(pdf(draw))
    assert grid.header_rows == 2
    assert grid.matrix()[:3] == [
        ["", "Public", "Public", "Private", "Private"],
        ["Year", "Pupils", "Staff", "Pupils", "Staff"],
        ["Class 1", "11,200", "145", "12,034", "17"],
    ]
    spanning = {cell.text: cell.column_span for cell in grid.cells if cell.row == 0}
    assert spanning == {"Public": 2, "Private": 2}


def test_table_without_rules() -> None:
    grid = only(
        pdf(lambda c: rows_of(c, [("Item", "2021", "2020"), *STATEMENT], 700, [300, 380]) and None)
    )
    assert grid.matrix() == [["Item", "2021", "2020"], *map(list, STATEMENT)]
    assert grid.header_rows == 1
    assert not grid.ruled


def test_signs_printed_apart_belong_to_their_figure() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawRightString(300, 714, "2021")
        canvas.drawRightString(400, 714, "2020")
        for n, (label, a, b) in enumerate(STATEMENT):
            y = 700 - 14 * n
            canvas.drawString(60, y, label)
            for x, text in ((300, a), (400, b)):
                if n in (0, 4):
                    canvas.drawString(x - 60, y, "$")
                body = text.removesuffix(")")
                canvas.drawRightString(x, y, body)
                if body != text:
                    canvas.drawString(x + 1, y, ")")
        canvas.drawString(60, 630, "Margin")
        canvas.drawRightString(300, 630, "51.1")
        canvas.drawString(302, 630, "%")
        canvas.drawRightString(400, 630, "57.1")
        canvas.drawString(402, 630, "%")

    matrix = [[text.replace(" ", "") for text in row[1:]] for row in only(pdf(draw)).matrix()]
    assert matrix == [
        ["2021", "2020"],
        ["$81,288", "$41,651"],
        ["(30,821)", "(8,484)"],
        ["(13,829)", "(9,393)"],
        ["4,878", "—"],
        ["$41,516", "$23,774"],
        ["51.1%", "57.1%"],
    ]


def test_footnote_marks_stay_behind_the_label() -> None:
    def draw(canvas: Canvas) -> None:
        rows_of(canvas, [("", "2021", "2020"), *STATEMENT], 700, [300, 380])
        x = 60 + canvas.stringWidth("Net sales", FONT, SIZE)
        canvas.setFont(FONT, 5)
        canvas.drawString(x, 689.5, "(a)")

    labels = [row[0].replace(" ", "") for row in only(pdf(draw)).matrix()]
    assert labels[1] == "Netsales(a)"


def test_wrapped_label_and_titles_of_groups() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawRightString(300, 714, "Share")
        canvas.drawRightString(380, 714, "Count")
        y = 700.0
        for label, a, b in (
            ("Sex", "", ""),
            ("  Male", "48.1", "1,204"),
            ("  Female", "51.9", "1,300"),
            ("Education", "", ""),
            ("  Less than high school, or no", "", ""),
            ("    schooling at all", "12.0", "301"),
            ("  High school diploma", "40.1", "1,004"),
            ("  College", "47.9", "1,199"),
        ):
            indent = len(label) - len(label.lstrip())
            canvas.drawString(60 + 4 * indent, y, label.strip())
            canvas.drawRightString(300, y, a)
            canvas.drawRightString(380, y, b)
            y -= 12

    assert only(pdf(draw)).matrix()[1:] == [
        ["Sex", "", ""],
        ["Male", "48.1", "1,204"],
        ["Female", "51.9", "1,300"],
        ["Education", "", ""],
        ["Less than high school, or no schooling at all", "12.0", "301"],
        ["High school diploma", "40.1", "1,004"],
        ["College", "47.9", "1,199"],
    ]


def test_rows_far_apart_and_a_long_title_of_a_group_are_one_table() -> None:
    title = (
        "Changes in operating assets and liabilities, excluding the effect of acquisitions and"
        " divestitures in all of the years shown:"
    )

    def draw(canvas: Canvas) -> None:
        y = 740.0
        y = rows_of(canvas, [("Item", "2021", "2020"), *STATEMENT], y, [440, 520])
        y = paragraph(canvas, title, 60, y, 300) - 3
        for row in STATEMENT:
            rows_of(canvas, [row], y, [440, 520])
            y -= 30

    grid = only(pdf(draw))
    assert grid.matrix() == [
        ["Item", "2021", "2020"],
        *map(list, STATEMENT),
        [title, "", ""],
        *map(list, STATEMENT),
    ]


def test_tables_that_follow_one_another_are_parted() -> None:
    def draw(canvas: Canvas) -> None:
        y = rows_of(canvas, [("", "2021", "2020"), *STATEMENT], 740, [440, 520])
        quarters = [
            ("", "First", "Second", "Third"),
            ("Orders", "1,200", "1,310", "1,190"),
            ("Returns", "31", "28", "40"),
            ("Staff", "12", "14", "15"),
        ]
        rows_of(canvas, quarters, y - 6, [320, 420, 500])

    grids = tables(pdf(draw))
    assert [grid.n_columns for grid in grids] == [3, 4]
    assert grids[1].matrix()[1] == ["Orders", "1,200", "1,310", "1,190"]


def test_tables_side_by_side_are_two() -> None:
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
    left = Table([["Topic", "Calls"], ["Tax", "10"], ["Health", "20"]], style=style, colWidths=60)
    right = Table([["Day", "Visits"], ["Mon", "30"], ["Tue", "40"]], style=style, colWidths=60)

    def draw(canvas: Canvas) -> None:
        for table, x in ((left, 60), (right, 320)):
            table.wrapOn(canvas, 200, 200)
            table.drawOn(canvas, x, 600)

    grids = tables(pdf(draw))
    assert [grid.matrix()[1] for grid in grids] == [["Tax", "10"], ["Mon", "30"]]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotated_pages(turn: int) -> None:
    def draw(canvas: Canvas) -> None:
        # Text that runs upward (or downward) on a page that is turned when it is shown.
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(turn)
        canvas.translate(-WIDTH / 2, -HEIGHT / 2)
        canvas.setFont(FONT, SIZE)
        rows_of(canvas, [("Item", "2021", "2020"), *STATEMENT], 500, [300, 380])

    grid = only(pdf(draw))
    assert grid.matrix() == [["Item", "2021", "2020"], *map(list, STATEMENT)]
    # Boxes are those of the page as it lies in the file: a region of them gives the table again.
    document = pypdfium2.PdfDocument(pdf(draw))
    again = table_in_region(read_page_content(document.raw, 0), grid.box)
    assert again is not None
    assert again.matrix() == grid.matrix()


def test_table_over_pages_is_joined() -> None:
    body = [[f"Part {n}", f"{n * 7}.50", f"{n}"] for n in range(90)]
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
    head = ["Name", "Price", "Stock"]
    data = built(Table([head, *body], style=style, repeatRows=1, colWidths=100))
    pieces = tables(data)
    assert len(pieces) > 1
    (grid,) = join_continued(pieces)
    assert grid.matrix() == [head, *body]
    assert [page for page, _ in grid.pages] == list(range(len(pieces)))
    assert next(grid.matrix()[row][0] for _, row in grid.pages) == "Name"


def test_tables_of_other_columns_are_not_joined() -> None:
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
    first = Table(
        [["Name", "Price"], *([f"Part {n}", f"{n}.50"] for n in range(38))],
        style=style,
        colWidths=100,
    )
    second = Table([["Town", "People"], ["Bern", "134,000"], ["Chur", "37,000"]], style=style)
    grids = tables(built(first, second))
    assert [grid.page for grid in grids] == [0, 1]
    assert len(join_continued(grids)) == 2


def test_spans_are_the_words_of_the_cell_in_the_page_text() -> None:
    data = pdf(
        lambda c: rows_of(c, [("Item", "2021", "2020"), *STATEMENT], 700, [300, 380]) and None
    )
    document = pypdfium2.PdfDocument(data)
    text = document[0].get_textpage().get_text_range().replace("\r\n", "\n")
    raw = document[0].get_textpage().get_text_range()
    assert "Net sales" in text
    for cell in only(data).cells:
        assert " ".join(raw[start:end] for start, end in cell.spans).split() == cell.text.split()
        x0, y0, x1, y1 = cell.box
        assert 0 <= x0 < x1 <= WIDTH
        assert 0 <= y0 < y1 <= HEIGHT


def test_caption() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 720, "Table 7. Sales by year, in thousands")
        rows_of(canvas, [("Item", "2021", "2020"), *STATEMENT], 700, [300, 380])
        paragraph(canvas, PROSE, 60, 600, 400)

    grid = only(pdf(draw))
    assert grid.caption == "Table 7. Sales by year, in thousands"
    assert grid.n_rows == 6


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
NUMBERS = st.integers(0, 99_999).map(lambda n: f"{n:,}")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.tuples(WORDS, *[NUMBERS] * (n - 1)), min_size=3, max_size=12)
    )
)
def test_every_ruled_grid_is_read_as_drawn(rows: list[tuple[str, ...]]) -> None:
    head = ["name", *(f"col{n}" for n in range(len(rows[0]) - 1))]
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
    grid = only(built(Table([head, *rows], style=style, colWidths=70)))
    assert grid.matrix() == [head, *map(list, rows)]
    places = [
        (row, column)
        for cell in grid.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    ]
    assert len(places) == len(set(places)) == grid.n_rows * grid.n_columns


@settings(max_examples=40, deadline=None)
@given(
    st.integers(3, 5).flatmap(
        lambda n: st.lists(st.tuples(WORDS, *[NUMBERS] * (n - 1)), min_size=4, max_size=12)
    )
)
def test_every_unruled_grid_is_read_as_set(rows: list[tuple[str, ...]]) -> None:
    head = ("name", *(f"col{n}" for n in range(len(rows[0]) - 1)))
    ends = [220.0 + 70 * n for n in range(len(head) - 1)]
    grid = only(pdf(lambda c: rows_of(c, [head, *rows], 700, ends) and None))
    assert grid.matrix() == [list(head), *map(list, rows)]
