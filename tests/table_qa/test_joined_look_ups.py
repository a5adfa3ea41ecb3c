"""Look-ups over two sheets, seasons set beside each other, and titles that a question says."""

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose


def sheet(name: str, rows: list[list[str]]) -> QueryTable:
    return query_table(rows, 1, name=f"site {name}", document="d", context=f"site.xlsx {name}")


TABLES = [
    sheet(
        "Rates",
        [
            ["Pitch", "Low season (EUR)", "High season (EUR)", "Electricity"],
            ["Tent", "14", "22", "no"],
            ["Caravan", "26", "41", "yes"],
            ["Motorhome", "31", "49", "yes"],
        ],
    ),
    sheet(
        "Customers",
        [
            ["Customer No", "Name", "City"],
            ["C-104", "Dahlem Travel", "Berlin"],
            ["C-105", "Peak Scouts", "Leeds"],
            ["C-106", "Orla Byrne", "Cork"],
        ],
    ),
    sheet(
        "Invoices",
        [
            ["Invoice", "Customer No", "Amount (EUR)", "Status"],
            ["R-2201", "C-104", "1840", "paid"],
            ["R-2202", "C-105", "960", "open"],
            ["R-2203", "C-104", "1120", "overdue"],
            ["R-2204", "C-106", "240", "paid"],
        ],
    ),
    sheet(
        "Inspections",
        [
            ["Unit", "Inspector", "Date", "Result"],
            ["Hut 1", "M. Falk", "2026-03-02", "passed"],
            ["Hut 2", "M. Falk", "2026-03-02", "failed"],
            ["Hut 3", "J. Roe", "2026-03-09", "passed"],
            ["Hut 4", "J. Roe", "2026-03-10", "failed"],
        ],
    ),
]


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("What is the city of the customer of invoice R-2202?", ("Leeds",)),
        ("Which city is the customer of invoice R-2203 from?", ("Berlin",)),
        ("Which invoices are from Berlin?", ("R-2201", "R-2203")),
        ("What is the status of the invoices of Peak Scouts?", ("open",)),
        ("What is the total of invoices of Dahlem Travel?", ("2,960 EUR",)),
        ("What is the total of the invoices?", ("4,160 EUR",)),
        ("How much dearer is a caravan in high season than in low season?", ("15 EUR",)),
        ("How much cheaper is a tent in low season than in high season?", ("8 EUR",)),
        (
            "What is the price difference between the motorhome and the caravan in low season?",
            ("5 EUR",),
        ),
        ("Which huts failed the inspection?", ("Hut 2", "Hut 4")),
        ("How many huts passed the inspection?", ("2",)),
        ("Who inspected Hut 3?", ("J. Roe",)),
    ],
)
def test_the_cells_of_two_sheets_answer(question: str, values: tuple[str, ...]) -> None:
    choice = choose(best_plan(question, TABLES))
    assert choice is not None
    assert choice[1].values == values


@pytest.mark.parametrize(
    "question",
    [
        "How much dearer is a caravan in low season than in high season?",
        "What is the phone number of the customer of invoice R-2202?",
        "Which huts failed the audit?",
    ],
)
def test_what_no_sheet_says_is_not_answered(question: str) -> None:
    assert choose(best_plan(question, TABLES)) is None
