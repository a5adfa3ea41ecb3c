"""What a question asks for, conditions and statements around it aside."""

from __future__ import annotations

import pytest

from rag_infer.cite.question_type import main_clause, read


@pytest.mark.parametrize(
    ("question", "clause", "kind"),
    [
        ("Who stands in for Dr Berg when she is away?", "Who stands in for Dr Berg", "person"),
        ("If we cancel on the day, what do they charge?", "what do they charge?", "thing"),
        ("When she is away, who signs?", "who signs?", "person"),
        ("I work in Graz. Do I get a day off?", "Do I get a day off?", "yes"),
        ("Do I need to pay when I leave?", "Do I need to pay", "yes"),
        ("When is the rent due?", "When is the rent due?", "time"),
        ("After how many days is it paid?", "After how many days is it paid?", "number"),
        ("Why was the roof mended?", "Why was the roof mended?", "reason"),
    ],
)
def test_the_main_clause_says_what_is_asked_for(question: str, clause: str, kind: str) -> None:
    assert main_clause(question) == clause
    assert read(question).kind == kind


@pytest.mark.parametrize("question", ["", "?", "when", "if", "Rent. Deposit."])
def test_what_is_no_question_is_left_as_it_is(question: str) -> None:
    assert main_clause(question) == question
