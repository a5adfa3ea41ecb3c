"""What is said of another thing with the verb of the question is not called sure."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "museum.md": (
        "# Museum\n\nThe museum was founded in 1902 by Clara Voigt. The cafe closes at five. "
        "The ticket costs 9 euros for adults.\n"
    ),
    "lime.md": (
        "# Lime plaster in winter\n\nBelow five degrees lime plaster must not be used; it "
        "cracks in frost.\n"
    ),
}


def test_the_hours_of_the_cafe_are_not_surely_those_of_the_museum(index: Index) -> None:
    answer = index.ask("When does the museum close?")
    assert answer.grade != "confident"
    assert answer.short_answer is None


@pytest.mark.parametrize(
    ("question", "words"),
    [("When does the cafe close?", "five"), ("When was the museum founded?", "1902")],
)
def test_the_same_subject_is_sure(index: Index, question: str, words: str) -> None:
    answer = index.ask(question)
    assert answer.grade == "confident"
    assert words in answer.text


def test_when_may_ask_for_a_condition(index: Index) -> None:
    assert index.ask("When must lime plaster not be used?").answered
