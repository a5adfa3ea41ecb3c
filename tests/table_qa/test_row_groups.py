# ruff: noqa: E501 - a question on one line each
"""Rows that a question names together, the larger of two, all rows, and rows of a document."""

from __future__ import annotations

import pytest

from rag_infer.table_qa.entity_counts import entity_count_plans
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.question import parse_question
from rag_infer.table_qa.selection import choose


def table(name: str, text: str, surroundings: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, 1, name=name, context=name, surroundings=surroundings)


ORDER = table("Order 771 Harlow Timber", """
No. | Article | Pieces | Each | Amount
1 | Oak board, planed | 12 | 14.50 | 174.00
2 | Pine batten 20 mm | 40 | 2.25 | 90.00
3 | Wood glue, waterproof | 3 | 9.00 | 27.00
4 | Delivery | 1 | 60.00 | 60.00
 | | | Net | 351.00
 | | | VAT 20% | 70.20
 | | | To pay | 421.20
""")  # fmt: skip
ACCIDENTS = table("Safety report", """
Month | Visitors | Accidents
January | 410 | 2
February | 380 | 1
March | 520 | 4
Total | 1310 | 7
""")  # fmt: skip
BUDGET = table("Library budget", """
Line | Budget | Spent
Books and journals | 8000 | 7100
Heating | 5200 | 5600
Repairs | 2400 | 900
""")  # fmt: skip
BOATS = table("Charter contract KR-12", """
Sail no. | Class | Berth | Weekly fee EUR
GER 41 | Folkboat | North | 310
GER 58 | Folkboat | North | 310
SWE 07 | Day sailer | South | 240
""", "The insurance covers each boat. Five mooring lines are supplied. All boats are cleaned.")  # fmt: skip
SITES = table("Costs by site", """
Site | First years | Later years | Total
Mill | 50 | 70 | 120
Quay | 20 | 30 | 50
""", "Repairs fall due over the years.")  # fmt: skip
SERVICE = table("Lift service", """
Work | How often
Ropes measured | once a year
Pit cleaned | every 6 months
Doors checked | every visit
""")  # fmt: skip
CLASSES = table("Handbook", """
Class | Places | Teacher
Owls | 12 | Obi
Larks | 24 | Reyes
""")  # fmt: skip
DISAGREEING = table("Costs by site", """
Site | First years | Later years
Mill | 50 | 30
Quay | 20 | 70
""")  # fmt: skip


def answer(question: str, *tables: QueryTable) -> tuple[str, ...] | None:
    choice = choose(best_plan(question, tables))
    return None if choice is None else choice[1].values


@pytest.mark.parametrize(
    ("question", "source", "values"),
    [
        ("What do the oak boards and the glue on order 771 cost together before VAT?", ORDER, ("201",)),
        ("What did the battens and the delivery come to, without VAT?", ORDER, ("150",)),
        ("What do the oak boards, the battens and the glue cost together?", ORDER, ("291",)),
        ("How many accidents were there in January and February together?", ACCIDENTS, ("3",)),
        ("How many visitors were there in total in January and March?", ACCIDENTS, ("930",)),
        ("Is more budgeted for heating or for repairs?", BUDGET, ("Heating",)),
        ("Is less spent on books or on heating?", BUDGET, ("Heating",)),
        ("How much was spent on books and repairs together?", BUDGET, ("8,000",)),
        ("What do all the boats together cost a week under KR-12?", BOATS, ("860 EUR",)),
        ("Which site needs the most money for repairs?", SITES, ("Mill",)),
        ("What does one pine batten cost on order 771?", ORDER, ("2.25",)),
        ("How often are the ropes measured?", SERVICE, ("once a year",)),
        ("Which class has more places, Owls or Larks?", CLASSES, ("Larks",)),
    ],
)  # fmt: skip
def test_rows_that_are_named(question: str, source: QueryTable, values: tuple[str, ...]) -> None:
    assert answer(question, source, SITES if source is not SITES else ORDER) == values


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("What do the oak boards and the glue cost together including VAT?", ORDER),  # not computed
        ("How many accidents were there in January and the total together?", ACCIDENTS),
        ("How many serious accidents were there in January and February together?", ACCIDENTS),
        ("What do heating and the oak boards cost together?", BUDGET),  # of two tables
        ("Is more budgeted for heating or for wages?", BUDGET),
        ("What does one steel batten cost on order 771?", ORDER),
        ("What do all the boats together cost a week?", BOATS),  # of which contract
        ("What do all the anchors together cost a week under KR-12?", BOATS),
        ("Which site needs the most money?", DISAGREEING),
    ],
)  # fmt: skip
def test_what_no_rows_say_is_left_alone(question: str, source: QueryTable) -> None:
    assert answer(question, source) is None


def test_rows_below_items_are_their_sum_and_no_data() -> None:
    roles = [row.role for row in ORDER.rows]
    assert roles == ["data"] * 4 + ["total"] * 3
    assert [column.kind for column in ORDER.columns][2:] == ["number"] * 3
    assert ORDER.amount_column == 4


@pytest.mark.parametrize(
    ("question", "counted"),
    [
        ("How many boats do we charter under KR-12?", True),
        ("How many lines do we charter under KR-12?", False),  # the text says five
        ("How many anchors do we charter under KR-12?", False),  # nothing says them
        ("How many boats are there?", False),  # no document is named
    ],
)
def test_rows_of_a_named_document(question: str, counted: bool) -> None:
    plans = list(
        entity_count_plans(parse_question(question), BOATS, lambda _, names: [0.6] * len(names))
    )
    assert [len(plan.rows) for plan in plans] == ([3] if counted else [])


def test_rows_that_do_not_mean_what_is_counted_are_not_counted() -> None:
    question = parse_question("How many boats do we charter under KR-12?")
    assert not list(entity_count_plans(question, BOATS, lambda _, names: [0.1] * len(names)))
