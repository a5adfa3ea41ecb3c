"""Everyday questions whose every word has a place in a table, and near misses that are declined."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag_infer.table_qa.aliases import in_words_of
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose


def table(text: str, context: str = "", header_rows: int = 1) -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, header_rows, context=context)


TRAMS = table("""
Tram | From | To | Departure | Arrival | Stop | Bikes
T1 | Hafen | Markt | 06:10 | 06:32 | 4 | yes
T2 | Markt | Hafen | 07:05 | 07:27 | 1 | yes
T3 | Hafen | Zoo | 08:40 | 09:15 | 2 | no
T4 | Hafen | Markt | 18:10 | 18:32 | 4 | no
""", "trams")  # fmt: skip
HILLS = table("""
Rank | Hill | Region | Height (m) | First climbed
1 | Ardan | North | 912 | 1890
2 | Borrow | South | 871 | 1874
3 | Callow | North | 640 | 1902
4 | Dunreach | South | 615 | 1861
""", "hills")  # fmt: skip
CLUB = table("""
Member | Team | Joined | Hours 2023 | Hours 2024 | Goals | Gluten free
Ann Lee | Garden | 2015-04-11 | 120 | 140 | 3 | yes
Bo Ray | Kitchen | 2019-09-30 | 80 | 60 | 9 | no
Cy Tan | Garden | 2021-02-17 | 45 | 90 | 4 | no
""", "club members")  # fmt: skip
AIRLINE = table("""
 | 2023 | 2022
ASMs (millions) | 480 | 430
Property, plant and equipment, net | 305 | 311
Earnings per share | 1.31 | 1.02
""", "Airline figures")  # fmt: skip
INCOME = table("""
 | Three months ended June 30, | | Six months ended June 30, |
 | 2024 | 2023 | 2024 | 2023
Net sales | 84,310 | 79,125 | 165,420 | 154,980
Net income | 8,280 | 6,510 | 15,620 | 12,130
""", header_rows=2)  # fmt: skip


def answer(question: str, tables: Sequence[QueryTable]) -> list[str] | None:
    choice = choose(best_plan(question, list(tables)))
    return None if choice is None else list(choice[1].values)


@pytest.mark.parametrize(
    ("question", "source", "values"),
    [
        ("When does T3 leave?", TRAMS, ["08:40"]),
        ("What time does T1 get to Markt?", TRAMS, ["06:32"]),
        ("When is the last tram from Hafen to Markt?", TRAMS, ["18:10"]),
        ("How many trams go from Hafen to Markt?", TRAMS, ["2"]),
        ("Can I take a bike on T3?", TRAMS, ["no"]),
        ("What is the second highest hill?", HILLS, ["Borrow"]),
        ("Which hill in the South is the tallest?", HILLS, ["Borrow"]),
        ("How much taller is Ardan than Callow?", HILLS, ["272"]),
        ("Is Ardan higher than Borrow?", HILLS, ["yes"]),
        ("Which hill is ranked right below Borrow?", HILLS, ["Callow"]),
        ("Who is in the Garden team?", CLUB, ["Ann Lee", "Cy Tan"]),
        ("Who joined most recently?", CLUB, ["Cy Tan"]),
        ("How many hours did the Garden team work in 2024?", CLUB, ["230"]),
        ("How many more hours did Cy Tan work in 2024 than in 2023?", CLUB, ["45"]),
        ("How many members joined after 2018?", CLUB, ["2"]),
        ("Does Bo Ray work in the Kitchen team?", CLUB, ["yes"]),
        ("Did Bo Ray or Cy Tan score more goals?", CLUB, ["Bo Ray"]),
        ("How many available seat miles were there in 2022?", AIRLINE, ["430"]),
        ("What was PP&E in 2022?", AIRLINE, ["311"]),
        ("What was the EPS in 2023?", AIRLINE, ["1.31"]),
        ("Did EPS rise between 2022 and 2023?", AIRLINE, ["yes"]),
        ("What was net income in the second quarter of 2023?", INCOME, ["6,510"]),
        ("What were net sales in the first half of 2024?", INCOME, ["165,420"]),
    ],
)  # fmt: skip
def test_everyday_wordings(question: str, source: QueryTable, values: list[str]) -> None:
    assert answer(question, [source]) == values


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("When does T9 leave?", TRAMS),
        ("How many trams were canceled on Hafen?", TRAMS),
        ("How much is a ticket from Hafen to Zoo?", TRAMS),
        ("Which tram is painted first?", TRAMS),
        ("What is the longest bridge?", HILLS),
        ("Which hill is ranked right below Dunreach?", HILLS),
        ("Who is the oldest member?", CLUB),  # when they joined is no age
        ("How many members won in 2024?", CLUB),
        ("Who hears about the Garden of Ann?", CLUB),  # the row that is named is no answer
        ("Which members contain gluten?", CLUB),  # "gluten free" is the contrary
        ("How many hours did Ann Lee work in 2022?", CLUB),
        ("What were net sales in the third quarter of 2024?", INCOME),
        ("What was the cost per available seat mile in 2023?", AIRLINE),
    ],
)
def test_near_misses_are_left_alone(question: str, source: QueryTable) -> None:
    assert answer(question, [source]) is None


def test_words_of_a_question_become_those_of_the_table() -> None:
    assert in_words_of("What were available seat miles?", AIRLINE) == "What were ASMs?"
    assert in_words_of("What is EPS?", AIRLINE) == "What is earnings per share?"
    said = "the revenue passengers made"
    assert in_words_of(said, AIRLINE) == said
