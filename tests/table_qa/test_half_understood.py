"""Bounds with their noun, superlatives of time, and questions that must not be half understood."""

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import query_table
from rag_infer.table_qa.selection import choose


def answer(question: str, rows: list[list[str]]) -> tuple[str, ...] | None:
    choice = choose(best_plan(question, [query_table(rows, 1)]))
    return None if choice is None else choice[1].values


PEOPLE = [
    ["Contestant", "Age", "Town"],
    ["Ada Lind", "16", "Graz"],
    ["Bo Marsh", "18", "Wels"],
    ["Cy Pohl", "17", "Linz"],
    ["Di Roth", "23", "Graz"],
]
GAMES = [
    ["Date", "Opponent", "Attendance"],
    ["16 September 1992", "Lyngby", "40,036"],
    ["21 October 1992", "Leeds", "43,251"],
    ["7 April 1993", "Marseille", "46,000"],
]
RACES = [
    ["Year", "Competition", "Venue"],
    ["2003", "All-Africa Games", "Abuja"],
    ["2006", "Commonwealth Games", "Melbourne"],
    ["2007", "African Championships", "Bambous"],
]
TRAINS = [
    ["Departure", "Going to"],
    ["7.00", "Boston"],
    ["08.17", "Grantham"],
    ["11.34", "Grantham"],
    ["12.20", "Boston"],
    ["13.30", "Lincoln"],
    ["14.30", "Grantham"],
]
VIEWERS = [["Year", "Viewers"], ["2007", "5.1"], ["2009", "6.4"], ["2011", "6.0"], ["2013", "5.5"]]
MODELS = [["Model", "Fuel"], ["728i", "Petrol"], ["730i", "Petrol"], ["725t", "Diesel"]]


@pytest.mark.parametrize(
    ("question", "rows", "values"),
    [
        ("Which contestants are below age 18?", PEOPLE, ("Ada Lind", "Cy Pohl")),
        ("Which contestants are over the age of 17?", PEOPLE, ("Bo Marsh", "Di Roth")),
        ("In what year was the first competition?", RACES, ("2003",)),
    ],
)
def test_what_is_compared_may_stand_after_the_bound(
    question: str, rows: list[list[str]], values: tuple[str, ...]
) -> None:
    assert answer(question, rows) == values


@pytest.mark.parametrize(
    ("question", "rows", "wrong"),
    [
        ("Which game had the most in attendance?", GAMES, "46,000"),
        ("What was the earliest departure for Grantham?", TRAINS, "11.34"),
        ("How many viewers were there from 2009 to 2013?", VIEWERS, "5.5"),
        (
            "What is the difference in number of petrol models and number of diesel?",
            MODELS,
            "3",
        ),
    ],
)
def test_what_is_half_understood_is_not_answered(
    question: str, rows: list[list[str]], wrong: str
) -> None:
    assert answer(question, rows) != (wrong,)
