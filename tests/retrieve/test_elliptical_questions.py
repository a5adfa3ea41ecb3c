"""Follow-ups that only name another thing."""

from __future__ import annotations

import pytest

from rag_infer.retrieve.elliptical_questions import filled_ellipsis, filled_questions


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        (
            "Who is the captain of the Aurora?",
            "And the Boreas?",
            "Who is the captain of the Boreas?",
        ),
        ("How long is she?", "And the Boreas?", "How long is the Boreas?"),
        ("What is its weight?", "What about the Heron?", "What is the Heron's weight?"),
        ("Where does Ida Holm live?", "And Bo Lind?", "Where does Bo Lind live?"),
        ("What was sold in Turku?", "And in Bergen?", "What was sold in Bergen?"),
    ],
)
def test_the_new_name_takes_the_place_of_the_old(before: str, question: str, whole: str) -> None:
    assert filled_ellipsis(question, before) == whole


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("Who is the cook?", "What about the price?"),  # no name
        ("When is it open?", "And why?"),
        ("Who is the captain of the Aurora?", "And when was the Boreas built?"),
        ("What is the rent?", "And the Boreas?"),  # no place for it
    ],
)
def test_others_are_left_as_they_are(before: str, question: str) -> None:
    assert filled_ellipsis(question, before) is None


def test_a_name_is_filled_into_a_question_that_was_filled() -> None:
    turns = ["How long is the Aurora?", "And the Boreas?", "And the Castor?"]
    assert filled_questions(turns)[-1] == "How long is the Castor?"
