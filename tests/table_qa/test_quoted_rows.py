"""Rows that a search found for a question: they answer where they have all that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.quoted_rows import may_answer


def table(text: str, context: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, 1, context=context)


LIFTS = table("""
Lift | Type | Length (m) | Opens | Seats
Aquila | Gondola | 2,840 | 08:15 | 8
Corno | Chairlift | 1,120 | 08:45 | 4
Lago | Chairlift | 1,560 | 08:30 | 6
""", "lifts")  # fmt: skip
WELLS = table("""
Country | Region | Wells 2023 | Wells 2024
Kenya | East Africa | 18 | 21
Uganda | East Africa | 11 | 12
Nepal | Asia | 10 | 13
Total | | 39 | 46
""", "wells built")  # fmt: skip
RUNNERS = table("""
Runner | Age group | Place
Petra Vogel | W40 | 1
Jon Sand | M30 | 2
""", "results")  # fmt: skip
GRADES = table("""
Grade | Hours | Rate
Partner | 900 | 320
Junior partner | 1200 | 240
Associate | 1500 | 180
""", "hours to bill")  # fmt: skip
PUMPS = table("""
Supplier | Model | Unit price (USD) | Lead time
AquaLift | HP-30 | 1,180 | 6 weeks
Borex | B2 Hand | 940 | 10 weeks
""", "quotes for pumps")  # fmt: skip
WALKS = table("""
Service | Guide | Remark
Hawk walk | Ina Vel | 90 minutes
Owl evening | Bo Tor | in winter
""", "services")  # fmt: skip


@pytest.mark.parametrize(
    ("question", "source", "rows", "is_answer"),
    [
        ("How long is the Aquila gondola?", LIFTS, (0,), True),
        ("How fast is the Aquila gondola?", LIFTS, (0,), False),
        ("When does Corno open?", LIFTS, (1,), True),
        ("How many seats does Lago have?", LIFTS, (2,), True),
        ("How many chairlifts are there?", LIFTS, (1,), False),
        ("How old is Lago?", LIFTS, (2,), False),
        ("Which lift opens first?", LIFTS, (0, 1, 2), True),
        ("How many wells were built in Nepal in 2024?", WELLS, (2,), True),
        ("How many wells were built in East Africa in 2024?", WELLS, (0,), False),
        ("What is the total of wells in 2024?", WELLS, (3,), True),
        ("What is the total of wells in 2024?", WELLS, (0,), False),
        ("How many wells were built in 2024?", WELLS, (3,), True),
        ("How many wells were built in East Africa in 2024?", WELLS, (3,), False),
        ("What percentage of the wells is in Kenya?", WELLS, (0,), False),
        ("By how much did the wells of Kenya grow?", WELLS, (0,), False),
        ("Which country is it?", WELLS, (0, 1, 2, 3), False),
        ("How many hours does a partner bill?", GRADES, (0,), True),
        ("How many hours does a partner bill?", GRADES, (1,), False),
        ("How old is Petra Vogel?", RUNNERS, (0,), False),
        ("What does the HP-30 cost?", PUMPS, (0,), True),
        ("What does the HP-30 weigh?", PUMPS, (0,), False),
        ("What is the lead time of the B2 Hand?", PUMPS, (1,), True),
        ("What is the voltage of the B2 Hand?", PUMPS, (1,), False),
        ("wat is the unit price of the HP-30", PUMPS, (0,), True),
        ("How long does a hawk walk last?", WALKS, (0,), True),
        ("How long is the beak of the hawk?", WALKS, (0,), False),
        ("Who is responsible for the hawk walk?", WALKS, (0,), True),
        ("rate of a junior partner", GRADES, (1,), True),
        ("wells in East Africa", WELLS, (0,), False),
        ("wells 2023 in East Africa", WELLS, (0, 1), True),
        ("What are the wells 2023 in East Africa?", WELLS, (0,), False),
        ("What are the wells 2023 in Asia?", WELLS, (2,), True),
        ("Which region has two countries?", WELLS, (0,), False),
        ("Which wells were lost?", WELLS, (0,), False),
        ("Which wells are there in Nepal?", WELLS, (2,), True),
        ("How many seats has the Corno on Tuesday?", LIFTS, (1,), False),
    ],
)
def test_a_row_answers_where_it_has_what_is_asked(
    question: str, source: QueryTable, rows: tuple[int, ...], is_answer: bool
) -> None:
    assert may_answer(question, source, rows) is is_answer


def test_a_word_like_a_header_by_meaning_is_said() -> None:
    def likeness(word: str, names: Sequence[str]) -> list[float]:
        return [0.6 if (word, name) == ("voltag", "Model") else 0.1 for name in names]

    assert may_answer("What is the voltage of the B2 Hand?", PUMPS, (1,), likeness)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("club")
    (folder / "staff.csv").write_text(
        "Name,Role,Office,Salary (GBP)\nGrace Adeyemi,Director,London,62000\n"
        "Tom Beale,Accountant,London,41500\nPriya Rai,Field officer,Kathmandu,27400\n"
    )
    (folder / "note.md").write_text("# Office\n\nThe office in London opened in 2004.\n")
    index = Index.open(folder / "index", create=True)
    index.add(folder / "staff.csv", folder / "note.md")
    return index


def test_a_row_without_the_attribute_is_shown_as_the_nearest(index: Index) -> None:
    answer = index.ask("How old is Grace Adeyemi?")
    assert not answer.answered
    assert answer.grade == "nearest"
    assert "Grace Adeyemi | Director" in answer.text


def test_a_document_without_tables_is_quoted_as_ever(index: Index) -> None:
    assert "2004" in index.ask("When did the office in London open?").text
