"""Questions that count, rank, compare or leave out rows by the words beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag_infer.table_qa.day_ranges import days_of
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose


def table(text: str, name: str = "", around: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, 1, name=name, surroundings=around)


RACES = table("""
Date | Driver | Constructor | Chassis | Circuit | Laps
3 May 1997 | Ann McLeod | Vega | Vega T35 | Norrby, Sweden | 40
9 November 1997 | Bo Lind | Orion | Orion 2 | Aarhus, Denmark | 52
2 March 1998 | Ann McLeod | Vega | Vega T37 | Visby, Sweden | 61
4 July 1998 | Cy Dahl | Vega | Vega T37 | Norrby, Sweden | 33
""")  # fmt: skip
MEDALS = table("""
Rank | Nation | Gold | Silver | Bronze | Total
1 | Norland | 5 | 1 | 2 | 8
2 | Austerra | 3 | 4 | 2 | 9
3 | Vestria | 3 | 0 | 1 | 4
4 | Ostria | 0 | 2 | 2 | 4
""")  # fmt: skip
ISLANDS = table("""
Island | Area (km2) | Country
Storoy | 71 | Norland
Lilloy | 12 | Norland
Havn | 45 | Austerra
""")  # fmt: skip
SHOWS = table("""
No | Directed by | Written by | Aired
1 | Ida Holt | Per Lie | 1 May 2001
2 | Ida Holt | Kim Vang | 8 May 2001
3 | Tor Moe | Per Lie | 15 May 2001
""")  # fmt: skip
TASKS = table("""
Task | Owner | Status | Hours
Roof | Ida | done | 12
Gutter | Per | open | 3
Fence | Ida | open | 8
Gate | Kim | | 2
""")  # fmt: skip
TARIFF = table("""
Zone | Adult | Child
City | 2.80 | 1.40
Region | 6.90 | 3.45
""", around="Single tickets in euros, by zone.")  # fmt: skip
HOURS = table("""
Desk | Mon-Thu | Friday | Sat - Sun
Loans | 9-18 | 9-16 | closed
Returns | 8-20 | 8-18 | 10-14
""")  # fmt: skip
STAFF = [
    table("Team | Employees\nKitchen | 12\nService | 20", "staff 2024"),
    table("Team | Employees\nKitchen | 13\nService | 22", "staff 2025"),
]


def answer(question: str, sources: Sequence[QueryTable]) -> list[str] | None:
    choice = choose(best_plan(question, sources))
    return None if choice is None else list(choice[1].values)


@pytest.mark.parametrize(
    ("question", "source", "values"),
    [
        ("How many drivers had Orion as a constructor?", RACES, ["1"]),
        ("How many races were held in Sweden?", RACES, ["3"]),
        ("How many times was Vega the constructor?", RACES, ["3"]),
        ("How many races took place before 9 November 1997?", RACES, ["1"]),
        ("How many races took place after November 1997?", RACES, ["2"]),
        ("How many races took place since 9 November 1997?", RACES, ["3"]),
        ("How many nations won at least three gold medals?", MEDALS, ["3"]),
        ("Which nation won the most silver medals?", MEDALS, ["Austerra"]),
        ("Which nation won the most medals?", MEDALS, ["Austerra"]),
        ("Which country has the fewest bronze medals?", MEDALS, ["Vestria"]),
        ("Which is the largest island?", ISLANDS, ["Storoy"]),
        ("Which director worked on the most episodes?", SHOWS, ["Ida Holt"]),
        ("How many more gold medals did Norland win than Vestria?", MEDALS, ["2"]),
        ("What is the difference in gold medals between Ostria and Norland?", MEDALS, ["5"]),
        ("Which nations won more medals than Vestria?", MEDALS, ["Norland", "Austerra"]),
        ("Which nation has the same number of gold medals as Austerra?", MEDALS, ["Vestria"]),
        ("Were more races held with Vega or Orion?", RACES, ["Vega"]),
        ("Besides Norland, which nation won the most gold medals?", MEDALS,
         ["Austerra", "Vestria"]),
        ("Which task has the most hours other than Roof?", TASKS, ["Fence"]),
        ("Which tasks are not open?", TASKS, ["Roof"]),  # a blank says neither
        ("How many tasks are not done?", TASKS, ["2"]),
        ("What are the hours by owner?", TASKS, ["Ida 20", "Kim 2", "Per 3"]),
        ("How much is a child ticket in the city?", TARIFF, ["1.40"]),
        ("How much more does an adult ticket cost in the region than in the city?", TARIFF,
         ["4.1"]),
        ("When is Returns open on Wednesday?", HOURS, ["8-20"]),
        ("When is Loans open on Sunday?", HOURS, ["closed"]),
        ("How many laps did Bo Lind complete?", RACES, ["52"]),
    ],
)  # fmt: skip
def test_rows_by_the_words_beside_them(
    question: str, source: QueryTable, values: list[str]
) -> None:
    assert answer(question, [source]) == values


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("In which year was Storoy built?", ISLANDS),
        ("Which owner worked the most?", TASKS),  # the most hours, or on the most tasks
        ("How many litres does the Vega of Ann McLeod hold?", RACES),  # no number of rows
        ("On which date was the Orion built?", RACES),  # the date is that of a race
        ("How many points did Vega win?", RACES),  # points are no rows
        ("How many races did Vega win?", RACES),  # in how many, or won them: no column says
        ("How many episodes did Ida Holt write?", SHOWS),  # she is a director here
        ("Which nation scored the most goals?", MEDALS),
        ("How many more gold medals did Vestria win than Norland?", MEDALS),  # it has fewer
        ("Which task is the heaviest?", TASKS),
        ("What is the total number of ranks?", MEDALS),  # places do not add up
        ("Which nation has the same rank as Zembla?", MEDALS),
        ("Besides Zembla, which nation won the most gold medals?", MEDALS),
        ("Which tasks are not urgent?", TASKS),
    ],
)
def test_what_no_word_of_the_table_says_is_left_alone(question: str, source: QueryTable) -> None:
    assert answer(question, [source]) is None


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("How many employees did the Kitchen have in 2025?", ["13"]),
        ("What is the total number of employees in 2024?", ["32"]),
        ("What is the total number of employees by year?", ["2024 32", "2025 35"]),
        ("How did the number of employees in Service change from 2024 to 2025?", ["2"]),
        ("How many employees did the Kitchen have in 2023?", None),
    ],
)
def test_the_same_table_of_several_years(question: str, values: list[str] | None) -> None:
    assert answer(question, STAFF) == values


def test_days_of_a_range() -> None:
    assert "wednesday" in days_of("Mon-Fri")
    assert "saturday" not in days_of("Monday to Friday")
    assert {"sunday", "monday"} <= days_of("Sat - Mon")
    assert days_of("Friday") == days_of("Man-made") == frozenset()
