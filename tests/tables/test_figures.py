"""Figures of cells, by the locale of their column."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.tables.figures import decimal_mark, is_blank, parse_figure
from rag_infer.tables.header import header_columns_of, header_rows_of


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("1,250.50", "1250.50", ""),
        ("(312)", "-312", ""),
        ("$ (1,312)", "-1312", "USD"),
        ("-5.5%", "-5.5", "%"),
        ("31 euros", "31", "euros"),
        ("GBP 140", "140", "GBP"),
        ("€12", "12", "EUR"),
        ("12 €", "12", "EUR"),
        ("1 234 567", "1234567", ""),
        ("435 (a)", "435", ""),
        ("4.2bn", "4200000000", ""),
        ("3 days", "3", "days"),
    ],
)
def test_figures_with_signs_and_units(cell: str, value: str, unit: str) -> None:
    figure = parse_figure(cell)
    assert figure is not None
    assert (figure.value, figure.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    "cell",
    ["007", "123456789012345678", "12/03/2024", "2024-01-02", "12:30", "B12", "5-3", "1.2.3",
     "", "-", "n/a", "3 of 4 people", "(3", "1,25,3"],
)  # fmt: skip
def test_what_is_no_figure(cell: str) -> None:
    assert parse_figure(cell) is None


def test_commas_are_what_the_column_says() -> None:
    german = ["1.200,50", "300,25", "89"]
    assert decimal_mark(german) == ","
    assert [str(f.value) for c in german if (f := parse_figure(c, ","))] == [
        "1200.50",
        "300.25",
        "89",
    ]
    assert decimal_mark(["1,250", "12,500", "7"]) == "."
    assert decimal_mark(["9.677", "1.204,5"]) == ","
    assert decimal_mark(["2.25", "1,000.5"]) == "."


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_figure_is_the_same_in_both_notations(value: Decimal) -> None:
    english = f"{value:,}"
    german = english.translate(str.maketrans(",.", ".,"))
    for cell, mark in ((english, "."), (german, ",")):
        figure = parse_figure(cell, mark)
        assert figure is not None
        assert figure.value == value


@given(st.text(max_size=30))
def test_any_text_is_a_figure_or_not(text: str) -> None:
    for mark in ".,":
        figure = parse_figure(text, mark)
        assert figure is None or figure.value.is_finite()
    is_blank(text)


@pytest.mark.parametrize(
    ("rows", "header_rows", "header_columns"),
    [
        ([["Town", "Founded"], ["Aalen", "1360"]], 1, 1),
        ([["Amsel", "12"], ["Fink", "7"]], 0, 1),
        ([["", "2019", "2018"], ["Revenue", "10", "9"], ["Cost", "4", "3"]], 1, 1),
        ([["", "Year", "Year"], ["", "2019", "2018"], ["Revenue", "10", "9"]], 2, 1),
        ([["", "2019", "2018"], ["Assets", "", ""], ["Cash", "10", "9"]], 1, 1),
        ([["Id", "Name"], ["1", "Ann"], ["2", "Bo"]], 1, 0),
        ([["Name:", "Ann"], ["Phone:", "12"]], 0, 1),
    ],
)
def test_headers(rows: list[list[str]], header_rows: int, header_columns: int) -> None:
    assert header_rows_of(rows) == header_rows
    assert header_columns_of(rows, header_rows) == header_columns
