# ruff: noqa: E501 - a question on one line each
"""Questions that tables answer: looked up, computed, or left alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.table_qa.follow_up import standalone
from rag_infer.table_qa.outcome import format_number
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose
from rag_infer.tools.sql_client import SqlTable, ask


def table(name: str, text: str, header_rows: int = 1, caption: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, header_rows, name=name, context=name, caption=caption)


STAFF = table("staff", """
Name | Department | Room | Salary | Start
Ann Keller | Sales | 204 | 52000 | 2019-04-01
Bo Lind | Sales | 205 | 48000 | 2021-09-15
Cai Moss | Research | 310 | 61000 | 2016-01-10
Dee Ortiz | Research | 311 | 58500 | 2018-07-01
Eli Pratt | Storage | 012 | 39000 | 2023-02-20
""")  # fmt: skip
ROOMS = table("rooms", """
Room | Seats | Projector | Floor
Birch | 12 | yes | 1
Cedar | 30 | no | 2
Elm | 8 | yes | 2
Fir | 45 | yes | 3
""")  # fmt: skip
PRICES = table("prices", """
Product | Small | Large
Tea | 2.10 | 3.20
Coffee | 2.60 | 3.90
Cocoa | 3.00 | 4.40
""")  # fmt: skip
SALES = table("sales", """
Region | Units | Revenue
North | 10 | 100
South | 20 | 200
West | 30 | 300
Total | 60 | 600
""")  # fmt: skip
BUDGET = table("budget Costs", """
Item | Cost
Rent | 1200
Power | 300
Subtotal | 1500
Wages | 4000
Travel | 500
Subtotal | 4500
Grand total | 6000
""")  # fmt: skip
YEARS = table("turnover", """
Region | Year | Revenue | Returns
North | 2023 | 100 | 4
North | 2024 | 140 | 6
South | 2023 | 80 | 9
South | 2024 | 60 | 2
""")  # fmt: skip
HUTS = table("huts", """
Season | Price of a night
Summer (May to September) | 31 euros
Winter (October to April) | 22 euros
""")  # fmt: skip
BEDS = table("beds", """
Hut | Loft type | Beds
North hut | Attic | 4
North hut | Cellar | 2
South hut | Attic | 6
South hut | Porch | 3
""")  # fmt: skip
FILING = table("filing", """
 | 2019 | 2018
Assets | |
Cash | 10.5 | 9.5
Receivables | 4.0 | 3.0
Total assets | 14.5 | 12.5
Net sales | 100.0 | 80.0
Cost of net sales | 60.0 | 50.0
""", caption="in millions")  # fmt: skip
PICKS = table("draft", """
Pick # | Player | Team
1 | Ash | Hawks
2 | Bay | Bulls
3 | Cox | Hawks
4 | Day | Kings
""")  # fmt: skip
ALL = [STAFF, ROOMS, PRICES, SALES, BUDGET, YEARS, HUTS, BEDS, FILING, PICKS]


def answer(question: str, tables: Sequence[QueryTable]) -> tuple[str, ...] | None:
    choice = choose(best_plan(question, list(tables)))
    return None if choice is None else choice[1].values


@pytest.mark.parametrize(
    ("question", "tables", "values"),
    [
        # look-ups
        ("What is the salary of Cai Moss?", [STAFF], ["61000"]),
        ("How much does Cai Moss earn?", [STAFF], ["61000"]),
        ("salary Dee Ortiz", [STAFF], ["58500"]),
        ("In which room is Dee Ortiz?", [STAFF], ["311"]),
        ("Which room does Eli Pratt have?", [STAFF], ["012"]),
        ("When did Bo Lind start?", [STAFF], ["2021-09-15"]),
        ("In which department does Eli Pratt work?", [STAFF], ["Storage"]),
        ("Who works in Research?", [STAFF], ["Cai Moss", "Dee Ortiz"]),
        ("How many seats does Cedar have?", [ROOMS], ["30"]),
        ("Which rooms have a projector?", [ROOMS], ["Birch", "Elm", "Fir"]),
        ("Which room has no projector?", [ROOMS], ["Cedar"]),
        ("Does Cedar have a projector?", [ROOMS], ["no"]),
        ("On which floor is Fir?", [ROOMS], ["3"]),
        ("Which room has 12 seats?", [ROOMS], ["Birch"]),
        ("Was kostet eine Nacht in der Huette Winter?", [ROOMS], None),
        ("What does a large coffee cost?", [PRICES], ["3.90"]),
        ("How much is a small cocoa?", [PRICES], ["3.00"]),
        ("What does a night in winter cost?", [HUTS], ["22 euros"]),
        ("What is the price of a night in summer?", [HUTS], ["31 euros"]),
        ("How many beds does the porch of the South hut have?", [BEDS], ["3"]),
        ("How many beds does the cellar of the North hut have?", [BEDS], ["2"]),
        ("What was the revenue of North in 2024?", [YEARS], ["140"]),
        ("What were total assets in 2018?", [FILING], ["12.5"]),
        ("What were net sales in 2019?", [FILING], ["100.0"]),
        ("What was cash in 2018?", [FILING], ["9.5"]),
        # filters and lists
        ("Who earns more than 55000?", [STAFF], ["Cai Moss", "Dee Ortiz"]),
        ("Which rooms have more than 20 seats?", [ROOMS], ["Cedar", "Fir"]),
        ("Which rooms have at most 8 seats?", [ROOMS], ["Elm"]),
        ("Which rooms have between 10 and 30 seats?", [ROOMS], ["Birch", "Cedar"]),
        # computed
        ("What is the total revenue in sales?", [SALES], ["600"]),
        ("What is the average Units in sales?", [SALES], ["20"]),
        ("Which region has the highest revenue?", [SALES], ["West"]),
        ("How many regions are in sales?", [SALES], ["3"]),
        ("What is the total cost?", [BUDGET], ["6,000"]),
        ("What is the average cost?", [BUDGET], ["1,500"]),
        ("Which item has the highest cost?", [BUDGET], ["Wages"]),
        ("Who has the highest salary?", [STAFF], ["Cai Moss"]),
        ("What is the median salary?", [STAFF], ["52,000"]),
        ("How many people work in Sales?", [STAFF], ["2"]),
        ("What is the average salary in Research?", [STAFF], ["59,750"]),
        ("top 2 names by salary", [STAFF], ["Cai Moss", "Dee Ortiz"]),
        ("What is the total revenue by region?", [YEARS], ["North 240", "South 140"]),
        ("Which region has the highest revenue?", [YEARS], ["North"]),
        ("What is the total revenue in 2024?", [YEARS], ["200"]),
        ("What is the difference in revenue between 2023 and 2024?", [YEARS], ["20"]),
        ("How many percent of the revenue comes from South?", [YEARS], ["36.8421 %"]),
        ("What was the change in cash between 2018 and 2019?", [FILING], ["1"]),
        ("What was the percentage change in net sales between 2018 and 2019?", [FILING], ["25 %"]),
        ("What was the change in cash from 2018 to 2019?", [FILING], ["1"]),
        ("What was the average cash for 2018 and 2019?", [FILING], ["10"]),
        ("Which team has the most picks?", [PICKS], ["Hawks"]),
    ],
)  # fmt: skip
def test_questions(question: str, tables: list[QueryTable], values: list[str] | None) -> None:
    assert answer(question, tables) == (None if values is None else tuple(values))


@pytest.mark.parametrize(
    "question",
    [
        "How many employees are ill?", "What is the total revenue of Mars?",
        "Why is the highest salary so high?", "What is a widget?",
        "Which room has neither a projector nor a window?",
        "Who started right after Bo Lind?", "What is the salary?",
        "What is the total margin by region?", "How many seats does the bus have?",
        "What does a night in spring cost?", "What is the salary of Ann Miller?",
        "What is the average number of rooms?", "Who did not start in 2019?",
    ],
)  # fmt: skip
def test_what_no_table_says_is_left_alone(question: str) -> None:
    assert answer(question, ALL) is None


def test_rows_that_sum_up_others_are_said_to_be_left_out() -> None:
    choice = choose(best_plan("What is the average cost?", [BUDGET]))
    assert choice is not None
    assert choice[1].notes == ("rows that sum up others left out: Subtotal, Grand total",)


def test_two_tables_that_answer_differently_are_no_answer() -> None:
    other = table("pay", "Name | Salary\nCai Moss | 70000\nBo Lind | 1")
    assert answer("What is the salary of Cai Moss?", [STAFF, other]) is None


@pytest.mark.parametrize(
    ("earlier", "question", "whole"),
    [
        (["What is the total revenue by region?"], "And the average?",
         "What is the average revenue by region?"),
        (["What is the total revenue by region?"], "And by year?",
         "What is the total revenue by year?"),
        (["What is the total revenue in 2024?"], "And in 2023?", "What is the total revenue in 2023?"),
        (["Which region has the highest revenue?"], "And the lowest?",
         "Which region has the lowest revenue?"),
        (["What is the total revenue by region?"], "What about returns?",
         "What is the total returns by region?"),
        (["What is the salary of Bo?"], "And what does she earn?", None),
        (["What is the total revenue?"], "Which region has the highest revenue?",
         "Which region has the highest revenue?"),
    ],
)  # fmt: skip
def test_follow_ups(earlier: list[str], question: str, whole: str | None) -> None:
    assert standalone(question, earlier) == whole


def test_the_sql_that_is_shown_gives_the_same() -> None:
    for question, source in (
        ("What is the total cost?", BUDGET),
        ("What is the average salary in Research?", STAFF),
        ("Which item has the highest cost?", BUDGET),
        ("What is the total revenue in 2024?", YEARS),
        ("Which region has the highest revenue?", YEARS),
        ("How many people work in Sales?", STAFF),
    ):
        choice = choose(best_plan(question, [source]))
        assert choice is not None
        names = tuple(column.name for column in source.columns)
        rows = [source.rows[n].texts for n in source.data]
        result = ask([SqlTable(source.name, "", names, rows)], choice[1].sql)
        value = result.rows[0][0]
        shown = choice[1].values[0].replace(",", "")
        assert value == shown or Decimal(value) == Decimal(shown)


@settings(max_examples=60)
@given(
    st.text(max_size=80),
    st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), min_size=1, max_size=6),
)
def test_any_question_of_any_table_is_answered_or_not(question: str, rows: list[list[str]]) -> None:
    choose(best_plan(question, [query_table(rows, 1), STAFF]))


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_computed_figures_keep_their_digits(value: Decimal) -> None:
    assert abs(Decimal(format_number(value).replace(",", "")) - value) < Decimal("0.01")
