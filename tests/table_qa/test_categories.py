"""A category chooses its rows, also where its word stands in the names of some of them."""

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.selection import choose

SHOP = query_table(
    [
        ["Item", "Category", "Price"],
        ["Rye loaf", "Bread", "€5.20"],
        ["Cheesecake", "Cake", "€3.90"],
        ["Carrot cake", "Cake", "€3.40"],
        ["Crumble", "Cake", "€3.20"],
    ],
    1,
    name="shop",
)
POWER = query_table(
    [
        ["Month", "Electricity", "Gas"],
        ["January", "4120", "9800"],
        ["February", "3890", "9150"],
        ["May", "3150", "2610"],
    ],
    1,
    name="power",
)
WAGES = query_table(
    [["Baker", "Shift starts", "Hourly wage"], ["Greta", "02:30", "17.50"],
     ["Marek", "05:15", "15.20"]],
    1,
    name="wages",
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the total price of all cakes?", "10.5 EUR"),
        ("average price of cakes", "3.5 EUR"),
        ("How many cakes are there?", "3"),
    ],
)
def test_all_rows_of_a_category_count(question: str, value: str) -> None:
    choice = choose(best_plan(question, [SHOP]))
    assert choice is not None
    assert choice[1].values == (value,)


def test_the_last_word_says_what_is_asked() -> None:
    choice = choose(best_plan("lowest electricity month", [POWER]))
    assert choice is not None
    assert choice[1].values[0] == "May"
    choice = choose(best_plan("lowest electricity", [POWER]))
    assert choice is not None
    assert choice[1].values == ("3,150",)


def test_an_hourly_wage_is_no_number_of_hours() -> None:
    assert choose(best_plan("average hours per shift", [WAGES])) is None
    assert choose(best_plan("average hourly wage", [WAGES])) is not None
