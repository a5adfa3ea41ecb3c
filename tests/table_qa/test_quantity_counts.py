"""Rows that say how many they stand for are added up, not counted."""

from pathlib import Path

import pytest

from rag_infer import Index

STOCK = """Item,Boat,Quantity,Next check
Life raft,Silver Tern,2,2025-10-01
Life raft,Petrel,1,2025-08-15
Life jacket adult,Silver Tern,55,2026-01-10
Life jacket adult,Petrel,15,2026-01-10
Life jacket child,Silver Tern,12,2026-01-10
Flare,Silver Tern,8,2027-03-01
Flare,Petrel,4,2026-09-01
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("boats")
    Path(folder / "equipment.csv").write_text(STOCK, "utf-8")
    index = Index.open(tmp_path_factory.mktemp("index") / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many flares are there in total?", "12"),
        ("How many life rafts are there?", "3"),
        ("What is the total number of life rafts?", "3"),
    ],
)
def test_quantities_are_added_up(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert (answer.short_text or "").startswith(value), answer


def test_rows_of_nothing_that_is_counted_stay_rows(index: Index) -> None:
    answer = index.ask("How many items does the Petrel have?")
    assert (answer.short_text or "") != "20"
