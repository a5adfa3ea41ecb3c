"""Merged cells on a grid, and tables as stored messages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.read.page_builder import PageBuilder
from rag_infer.tables.header import header_rows_of
from rag_infer.tables.layout import MarkupCell, TableRow, laid_out
from rag_infer.tables.message import packed, unpacked

TEXTS = st.text(max_size=12)


def test_merged_cells_fill_what_they_cover() -> None:
    rows = laid_out(
        [
            [MarkupCell("Region", 2), MarkupCell("Sales", column_span=2)],
            [MarkupCell("2023"), MarkupCell("2024")],
            [MarkupCell("North", 2), MarkupCell("1"), MarkupCell("2")],
            [MarkupCell("3"), MarkupCell("4")],
        ]
    )
    assert [list(row.texts) for row in rows] == [
        ["Region", "Sales", "Sales"],
        ["Region", "2023", "2024"],
        ["North", "1", "2"],
        ["North", "3", "4"],
    ]
    assert rows[0].repeated == {2}


@pytest.mark.parametrize(
    "rows",
    [
        [[MarkupCell(f"a{n}", 1000, 1000), MarkupCell(f"b{n}")] for n in range(2_000)],
        [[MarkupCell(f"w{n}")] for n in range(2_000)] + [[MarkupCell("w")] * 20_000],
    ],
    ids=["spans", "one wide row"],
)
def test_a_grid_of_billions_of_places_is_not_laid_out(rows: list[list[MarkupCell]]) -> None:
    grid = laid_out(rows)
    assert len(grid) == len(rows)
    assert {len(row.texts) for row in grid} == {1}
    for cells, row in zip(rows, grid, strict=True):  # no text is lost
        assert row.texts[0].split() == [cell.text for cell in cells]


@given(
    st.lists(
        st.lists(
            st.builds(MarkupCell, TEXTS, st.integers(-1, 2000), st.integers(-1, 30)), max_size=5
        ),
        max_size=6,
    )
)
def test_any_markup_gives_a_rectangle(rows: list[list[MarkupCell]]) -> None:
    grid = laid_out(rows)
    assert len(grid) == len(rows)
    assert len({len(row.texts) for row in grid}) <= 1


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=6), max_size=60))
def test_every_cell_stands_at_its_span(rows: list[list[str]]) -> None:
    builder = PageBuilder()
    builder.add("paragraph", "before")
    builder.add_table([TableRow(row) for row in rows])
    page = builder.page()
    for table in page.tables:
        for cells, spans in zip(table.cells, table.spans, strict=True):
            for cell, (start, end) in zip(cells, spans, strict=True):
                assert page.text[start:end] == cell
        assert unpacked(packed(table), len(page.text)) == table
    whole = PageBuilder()
    whole.add("heading", "mail")
    whole.extend(page)
    again = whole.page()
    for table in again.tables:
        for cells, spans in zip(table.cells, table.spans, strict=True):
            assert [again.text[a:b] for a, b in spans] == list(cells)


@pytest.mark.parametrize(
    "message",
    [
        [],
        [1, 0, "", "", [], False, [], []],
        [1, 0, "", "", [], False, [["a"]], [[5, 900]]],
        [1, 0, "", "", [], False, [["a"], ["b", "c"]], [[0, 1], [0, 1, 0, 1]]],
        [3, 0, "", "", [], False, [["a"]], [[0, 1]]],
        [1, 0, "", "", [], False, [[7]], [[0, 1]]],
        "text",
    ],
)
def test_a_damaged_table_is_refused(message: object) -> None:
    import zlib

    with pytest.raises(ValueError, match=r"table|cell|text|values"):
        unpacked(zlib.compress(json.dumps(message).encode()), 100)


def test_texts_under_each_spanning_header_are_a_header_too() -> None:
    rows = [
        ["", "2025", "2025", "from 2026", "from 2026"],
        ["Room", "5 days", "3 days", "5 days", "3 days"],
        ["Ducks", "900", "600", "960", "640"],
        ["Geese", "800", "500", "860", "540"],
    ]
    assert header_rows_of(rows) == 2
    assert header_rows_of([rows[0], ["Ducks", "5", "3", "5", "3"], *rows[2:]]) == 1
