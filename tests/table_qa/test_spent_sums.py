"""What was paid or spent is added up over the rows that a question chooses."""

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.question import parse_question
from rag_infer.table_qa.selection import choose

TRIP = query_table(
    [
        ["Expense", "Paid by", "Amount (EUR)"],
        ["Flight out", "Company card", "248.60"],
        ["Taxi", "Cash", "23.40"],
        ["Hotel", "Company card", "417.00"],
        ["Dinner", "Private card", "86.50"],
        ["Supplies", "Private card", "59.90"],
        ["Advance returned", "Cash", "(50.00)"],
    ],
    1,
    name="trip",
)
PRICES = query_table(
    [["Item", "Category", "Price"], ["Rye loaf", "Bread", "€5.20"], ["Spelt", "Bread", "€4.10"]],
    1,
    name="prices",
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("how much was paid with the company card?", "665.6 EUR"),
        ("What is the sum of amounts paid by private card?", "146.4 EUR"),
    ],
)
def test_all_rows_that_were_paid_so_are_added_up(question: str, value: str) -> None:
    choice = choose(best_plan(question, [TRIP]))
    assert choice is not None
    assert choice[1].values == (value,)


@pytest.mark.parametrize(
    "question",
    [
        "how much was paid in cash?",  # what came back may count or not
        "how much was paid with the company card in Rome?",
        "how much was not paid with the company card?",
    ],
)
def test_what_is_open_is_no_sum(question: str) -> None:
    assert choose(best_plan(question, [TRIP])) is None


def test_prices_are_no_amounts() -> None:
    assert choose(best_plan("how much did we spend on bread?", [PRICES])) is None


def test_a_doer_is_no_group_and_a_rate_is() -> None:
    assert parse_question("sum of amounts paid by private card").group_start == -1
    assert parse_question("sum of amounts paid per month").group_start > 0
    assert parse_question("sum of amounts by card").group_start > 0
