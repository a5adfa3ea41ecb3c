# ruff: noqa: E501 - a question on one line each
"""Questions about line items by periods: accounts, segments, key figures."""

from __future__ import annotations

import pytest

from rag_infer.table_qa.outcome import Outcome
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose


def table(text: str, header_rows: int = 1, context: str = "", caption: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]
    return query_table(rows, header_rows, name=context, context=context, caption=caption)


INCOME = table("""
 | 2021 | 2020 | 2019
Revenue: | | |
Ferries | $410.0 | $380.0 | $400.0
Harbors | 95.5 | 90.0 | 91.0
Total revenue | 505.5 | 470.0 | 491.0
Expenses: | | |
Fuel | 120.0 | 100.0 | 110.0
Wages and related costs | 210.0 | 205.0 | 201.0
Other expenses | 12.0 | 11.0 | —
Total expenses | 342.0 | 316.0 | 311.0
Income before tax | 163.5 | 154.0 | 180.0
Net income | 121.0 | (14.5) | 130.5
Net income per share | 1.21 | (0.15) | 1.31
Carried nautical miles (CNMs) | 9,100 | 8,700 | 8,950
Revenue per CNM | 0.056 | 0.054 | 0.055
Crew utilization | 81.5% | 79.0% | 80.2%
""", context="Nordhavn Lines annual report", caption="in millions")  # fmt: skip
QUARTERS = table("""
 | Quarter ended | | Change
 | June 30, 2022 | June 30, 2021 | %
Orders | 1,250 | 1,000 | 25.0
Backlog | 400 | 500 | (20.0)
""", header_rows=2, context="Quarterly report of Brandt Tools")  # fmt: skip
BALANCES = table("""
 | Assets | | Liabilities |
 | 2022 | 2021 | 2022 | 2021
Opening balance | 70 | 60 | 20 | 15
Additions | 12 | 10 | 4 | 5
""", header_rows=2)  # fmt: skip


AGES = table("Name | Age\nBo | 41\nCai | 38")


def outcome(question: str, source: QueryTable) -> Outcome | None:
    choice = choose(best_plan(question, [source]))
    return None if choice is None else choice[1]


@pytest.mark.parametrize(
    ("question", "source", "values"),
    [
        ("How much did Nordhavn Lines spend on fuel in 2020?", INCOME, ["100.0"]),
        ("What was the total revenue of Nordhavn in 2021?", INCOME, ["505.5"]),
        ("What was the revenue from harbors in 2019?", INCOME, ["91.0"]),
        ("What was net income in 2021 and 2020, respectively?", INCOME, ["121.0", "(14.5)"]),
        ("What were Nordhavn's CNMs in 2019?", INCOME, ["8,950"]),
        ("What percentage was crew utilization in 2020?", INCOME, ["79.0%"]),
        ("What is the change in net income from 2019 to 2020?", INCOME, ["-145"]),
        ("What was the change in other expenses between 2019 and 2020?", INCOME, ["11"]),
        ("By what percentage did fuel increase from 2020 to 2021?", INCOME, ["20 %"]),
        ("How much did fuel increase in 2021 compared to the previous year?", INCOME, ["20"]),
        ("What was the average net income for the years 2019 to 2021?", INCOME, ["79"]),
        ("What is the average fuel?", INCOME, ["110"]),
        ("What was the sum of fuel in 2019 and 2020?", INCOME, ["210"]),
        ("What is the ratio of net income to total revenue in 2021?", INCOME, ["0.239367"]),
        ("What is fuel as a percentage of total expenses in 2020?", INCOME, ["31.6456 %"]),
        ("What is the difference between fuel and wages and related costs in 2021?", INCOME, ["90"]),
        ("In which year was net income the lowest?", INCOME, ["2020"]),
        ("In which years was fuel greater than 105?", INCOME, ["2019", "2021"]),
        ("What was the percentage change in orders between 2021 and 2022?", QUARTERS, ["25.0"]),
        ("What was the backlog as of June 30, 2021?", QUARTERS, ["500"]),
        ("What was the opening balance of liabilities in 2021?", BALANCES, ["15"]),
        ("What is the change in additions of assets from 2021 to 2022?", BALANCES, ["2"]),
    ],
)  # fmt: skip
def test_line_items(question: str, source: QueryTable, values: list[str]) -> None:
    result = outcome(question, source)
    assert result is not None
    assert [value.removesuffix(" USD") for value in result.values] == values


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("What was the total revenue of Vestfjord Lines in 2021?", INCOME),  # another company
        ("What was net income in 2018?", INCOME),  # no such period
        ("What was the income in 2021?", INCOME),  # before tax, or net
        ("What were the expenses in 2021 in thousands?", INCOME),  # another scale
        ("What was the average change in fuel between 2019 and 2021?", INCOME),
        ("What is the average fuel in 2020?", INCOME),  # of what it does not say
        ("What was the revenue per passenger in 2021?", INCOME),
        ("What was the fuel without taxes in 2021?", INCOME),
        ("What was net income not in 2021 but in 2020?", INCOME),
        ("What was the gross profit in 2021?", INCOME),
        ("What percentage was fuel in 2021?", INCOME),  # of what it does not say
        ("What was the opening balance in 2021?", BALANCES),  # of assets, or of liabilities
        ("What was the backlog after the change in 2022?", QUARTERS),
        ("What was the change in other expenses in percent from 2019 to 2020?", INCOME),  # from none
        ("What was the revenue of Vestfjord Lines from harbors in 2021?", INCOME),
        ("What was the total of Harbors Lines in 2021?", INCOME),  # "Lines" alone is no company
        ("How much did Bo earn?", AGES), ("How many years did Bo work?", AGES),
    ],
)  # fmt: skip
def test_what_the_items_do_not_say_is_left_alone(question: str, source: QueryTable) -> None:
    assert outcome(question, source) is None


def test_a_computation_names_its_formula_and_cites_each_cell() -> None:
    result = outcome("What is the ratio of net income to total revenue in 2021?", INCOME)
    assert result is not None
    assert (result.title, result.formula) == (
        "Ratio of Net income and Total revenue", "121.0 / 505.5",
    )  # fmt: skip
    assert len(result.cells) == 2


def test_a_dash_that_is_read_as_zero_is_said() -> None:
    result = outcome("What was the change in other expenses between 2019 and 2020?", INCOME)
    assert result is not None
    assert (result.formula, "a dash is read as zero" in result.notes) == ("11.0 - 0", True)


def test_a_negative_figure_of_an_account_is_one_in_the_formula() -> None:
    result = outcome("What is the change in net income from 2019 to 2020?", INCOME)
    assert result is not None
    assert result.formula == "(-14.5) - 130.5"


def test_words_of_the_one_total_say_what_its_parts_are() -> None:
    rows = [
        ["", "2024", "2023"],
        ["Fuel", "120", "100"],
        ["Landing fees", "30", "20"],
        ["Total operating expense", "150", "120"],
    ]
    source = query_table(rows, 1, context="Airline annual report")
    for question, value in (
        ("What was the operating expense for fuel in 2024?", "120"),
        ("How much was paid for landing fees in 2023?", "20"),
        ("What was the operating expense in 2024?", "150"),
    ):
        choice = choose(best_plan(question, [source]))
        assert choice is not None and choice[1].values == (value,), question
    assert choose(best_plan("What was the cargo expense for fuel in 2024?", [source])) is None
