"""Questions about all documents of a kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Filter, Index
from rag_infer.answering.survey_question import read_survey_question

FILES = {
    "Catering_Velkan.txt": (
        'CATERING CONTRACT\n\nMade between:\n\n(1) Velkan Ltd (the "Caterer"); and\n\n(2) Torlo '
        'Group (the "Hotel").\n\n1. Courts\n\nThe law of Norway applies to this contract.\n'
    ),
    "Cleaning_Miwen.txt": (
        'CLEANING CONTRACT\n\nMade between:\n\n(1) Miwen Ltd (the "Cleaner"); and\n\n(2) Karin '
        'Group (the "School").\n\n1. Law\n\nThe law of Norway applies to this contract.\n'
    ),
    "Storage_Selo.txt": (
        'STORAGE CONTRACT\n\nMade between:\n\n(1) Selo Ltd (the "Keeper"); and\n\n(2) Torlo '
        'Group (the "Owner").\n\n1. Law\n\nThe law of Poland applies to this contract.\n'
    ),
    "Club_minutes_2023-05-04.md": (
        "# Club minutes of 4 May 2023\n\n- **Decision:** The roof is mended.\n\n"
        "- **Action:** Edith Falk asks three roofers by 1 June 2023.\n"
    ),
    "Club_minutes_2024-02-01.md": (
        "# Club minutes of 1 February 2024\n\n- **Decision:** The boat is sold.\n\n"
        "- **Action:** Hugo Lind looks for a buyer.\n"
    ),
}


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("Which contracts are under the law of Norway?", {"Catering", "Cleaning"}),
        ("List all contracts.", {"Catering", "Cleaning", "Storage"}),
        ("Which contracts does Torlo have?", {"Catering", "Storage"}),
        ("Which decisions were taken in 2024?", {"Club"}),
        ("What are the tasks of Edith Falk?", {"Club"}),
    ],
)
def test_every_document_that_has_it_is_cited(index: Index, question: str, cited: set[str]) -> None:
    answer = index.ask(question)
    assert answer.answered
    names = [Path(c.span.document_id).name for c in answer.citations]
    assert {name.split("_")[0] for name in names} == cited
    for citation in answer.citations:
        page = index.engine.snapshot.page(citation.span.document_id, citation.span.page_number)
        assert page is not None
        assert page[1][citation.span.start : citation.span.end] == citation.span.quote


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("How many contracts are under the law of Norway?", "2"),
        ("How many meetings were there in 2023?", "1"),
        ("How many contracts are there?", "3"),
    ],
)
def test_a_count_is_told_in_short(index: Index, question: str, count: str) -> None:
    answer = index.ask(question)
    assert answer.short_text == count
    assert answer.reason is not None
    assert "documents of the kind" in answer.reason


def test_only_what_the_filter_allows_is_read(index: Index) -> None:
    answer = index.ask("How many contracts are there?", filter=Filter(paths=("*Storage*",)))
    assert answer.short_text == "1"


@pytest.mark.parametrize(
    "question",
    [
        "What is the law of the storage contract?",
        "Which meeting room has a screen?",
        "Which contract has the longest notice period?",
        "What contract number has the boat?",
        "Who signed the contract?",
        "How many guests may come?",
    ],
)
def test_other_questions_are_left_to_retrieval(question: str) -> None:
    assert read_survey_question(question) is None
