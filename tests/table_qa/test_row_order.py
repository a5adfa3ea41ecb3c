"""Questions by the order of rows, between two rows, and of the only row that fits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose


def table(text: str) -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, 1)


STOPS = table("""
Stop | Platform | Zone
Alder Street | A | North
Birch Road | B | North
Cedar Park | A | South
Dock Gate | C | South
""")  # fmt: skip
CHAIRS = table("""
Year | Chair | Votes | Place
1998 | Ines Holm | 210 | Oslo
2002 | Jon Berg | 180 | Bergen
2006 | Kari Vik | 260 | Oslo
2010 | Lars Moe | 140 | Tromso
""")  # fmt: skip
NEWEST_FIRST = table("""
Year | Chair
2010 | Lars Moe
2006 | Kari Vik
2002 | Jon Berg
""")  # fmt: skip
BOXES = table("""
Box | Length | Weight | Rank
Delta | 40 | 3.5 | 1
Gamma | 55 | 2.5 | 2
Omega large | 70 | 9.0 | 3
""")  # fmt: skip
SCORERS = table("""
Date | Opponent | Scorers
1 May 2020 | Rovers | Hale, Stone
8 May 2020 | United | Hale
15 May 2020 | Albion | Stone
20 June 2020 | Rovers | Pike
""")  # fmt: skip
VOTES = table("""
Party | Candidate | Votes
Blue | Ash | 410
Green | Bay | 330
Turnout | Turnout | 790
""")  # fmt: skip


def answer(question: str, tables: Sequence[QueryTable]) -> list[str] | None:
    choice = choose(best_plan(question, list(tables)))
    return None if choice is None else list(choice[1].values)


@pytest.mark.parametrize(
    ("question", "source", "values"),
    [
        ("Which stop comes after Birch Road?", STOPS, ["Cedar Park"]),
        ("What stop is listed before Birch Road?", STOPS, ["Alder Street"]),
        ("What is the next stop after Cedar Park?", STOPS, ["Dock Gate"]),
        ("What is the last stop listed?", STOPS, ["Dock Gate"]),
        ("What is the first stop in the zone South?", STOPS, ["Cedar Park"]),
        ("Who was the chair before Kari Vik?", CHAIRS, ["Jon Berg"]),
        ("What is the first chair on the list?", NEWEST_FIRST, ["Lars Moe"]),
        ("Which chair is listed after Kari Vik?", NEWEST_FIRST, ["Jon Berg"]),
        ("Who got more votes, Holm or Vik?", CHAIRS, ["Kari Vik"]),
        ("Which chair had fewer votes: Jon Berg or Lars Moe?", CHAIRS, ["Lars Moe"]),
        ("Which box is longer, Delta or Gamma?", BOXES, ["Gamma"]),
        ("Which is heavier, Delta or Gamma?", BOXES, ["Delta"]),
        ("Which is the only stop with platform C?", STOPS, ["Dock Gate"]),
        ("How many dates were in May?", SCORERS, ["3"]),
        ("How many times was Hale a scorer?", SCORERS, ["2"]),  # alone, and in a list
    ],
)  # fmt: skip
def test_order_and_alternatives(question: str, source: QueryTable, values: list[str]) -> None:
    assert answer(question, [source]) == values


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("Who was the chair before Kari Vik?", NEWEST_FIRST),  # in time, or in the list
        ("Which stop comes after Dock Gate?", STOPS),  # there is none
        ("Which stops come after Birch Road?", STOPS),  # one, or all
        ("How many stops come before Dock Gate?", STOPS),
        ("Which stop comes after Elm Street?", STOPS),
        ("Which stop is not before Birch Road?", STOPS),
        ("Which chair was elected first?", CHAIRS),
        ("Who got more votes, Holm or Dahl?", CHAIRS),
        ("Which box has the higher rank, Delta or Gamma?", BOXES),  # a rank is no size
        ("Which box is older, Delta or Gamma?", BOXES),
        ("Which is the only stop with platform A?", STOPS),  # there are two
        ("Which candidate has the most votes?", VOTES),  # a row that spans cells may sum up
        ("How many votes were there after 2000?", CHAIRS),
        ("Which stop was the last?", STOPS),  # of time, which no column tells
        ("Which scorers were there against Rovers or United?", SCORERS),
        ("List the dates with Hale.", SCORERS),  # alone, or in a list
    ],
)  # fmt: skip
def test_what_the_order_leaves_open_is_left_alone(question: str, source: QueryTable) -> None:
    assert answer(question, [source]) is None
