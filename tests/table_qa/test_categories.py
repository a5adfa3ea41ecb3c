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
    assert choose(best_plan("who worked the most hours?", [WAGES])) is None
    assert choose(best_plan("average hourly wage", [WAGES])) is not None


def test_figures_that_another_table_names_whole_are_in_doubt() -> None:
    lessons = query_table(
        [["Subject", "Teacher", "Hours per week"], ["Art", "Ann Lee", "3"], ["Sport", "Bo", "2"]],
        1, name="lessons",
    )  # fmt: skip
    shifts = query_table(
        [["Shift", "Helper", "Hours"], ["1", "V01", "4"], ["2", "V02", "6"]], 1, name="shifts"
    )
    question = "Who worked the most hours?"
    alone = choose(best_plan(question, [lessons]))
    assert alone is not None
    assert alone[1].values == ("Ann Lee",)
    both = choose(best_plan(question, [lessons, shifts]))
    assert both is None or both[1].values != ("Ann Lee",)
    meant = best_plan(question, [lessons, shifts], lambda _word, names: [0.0] * len(names))
    assert choose(meant) is None or choose(meant)[1].values != ("Ann Lee",)  # type: ignore[index]
    named = choose(best_plan("Which teacher has the most hours?", [lessons, shifts]))
    assert named is not None
    assert named[1].values == ("Ann Lee",)


def test_the_mean_for_each_row_is_that_of_all_rows() -> None:
    choice = choose(best_plan("average gas use per month", [POWER]))
    assert choice is not None
    assert choice[1].values == ("7,186.6667",)
    choice = choose(best_plan("average price per category", [SHOP]))
    assert choice is not None
    assert choice[1].rows == (("Bread", "5.2 EUR"), ("Cake", "3.5 EUR"))


def test_days_of_a_month_are_one_condition_of_the_formula() -> None:
    days = [f"2024-0{month}-{day:02} 10:15" for month in (3, 4) for day in range(1, 13)]
    rents = query_table(
        [["Rental", "Start"], *([f"R{n}", day] for n, day in enumerate(days))], 1, name="rentals"
    )
    choice = choose(best_plan("How many rentals in March 2024?", [rents]))
    assert choice is not None
    assert choice[1].values == ("12",)
    assert "\"Start\" LIKE '2024-03-%'" in choice[1].sql
    assert choice[1].title.endswith("Start 2024-03")


def test_a_denied_flag_is_not_what_is_asked() -> None:
    vegan = ("Vegan", "yes", "no", "no", "yes")
    rows = [["Rye loaf", "Bread"], ["Cheesecake", "Cake"], ["Carrot cake", "Cake"]]
    rows = [["Item", "Category"], *rows, ["Crumble", "Cake"]]
    table = query_table([[*row, flag] for row, flag in zip(rows, vegan, strict=True)], 1)
    choice = choose(best_plan("Which cakes are not vegan?", [table]))
    assert choice is not None
    assert choice[1].values == ("Cheesecake", "Carrot cake")
