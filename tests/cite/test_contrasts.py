"""Another word of the same closed class makes a sentence one on another thing."""

from __future__ import annotations

import pytest

from rag_infer.cite.contrasts import contrasting_words
from rag_infer.cite.question_type import read


@pytest.mark.parametrize(
    ("question", "unit", "contrasts"),
    [
        ("When was the west wing burnt down?", "The east wing burnt down in 1944.", ("west",)),
        ("What does a ticket cost for children?", "A ticket is 9 euros for adults.", ("children",)),
        ("Where is the red boat?", "The white boat lies at pier 3.", ("red",)),
        ("How much is a small cocoa?", "A large cocoa is 4 euros.", ("small",)),
        ("Wann öffnet das Bad im Sommer?", "Im Winter öffnet das Bad um neun.", ("Sommer",)),
        ("What is the minimum order?", "The maximum order is 40 boxes.", ("minimum",)),
        ("When is it open at weekends?", "On weekdays it opens at nine.", ("weekends",)),
        ("Is it open on Sunday?", "It is open on Saturday.", ("Sunday",)),
    ],
)
def test_contrasts(question: str, unit: str, contrasts: tuple[str, ...]) -> None:
    assert contrasting_words(read(question), unit, "") == contrasts


@pytest.mark.parametrize(
    ("question", "unit", "setting"),
    [
        ("Is it open on Saturday?", "It is open from Monday to Friday.", ""),  # a range
        ("How big is the small hall?", "The small hall has 40 m2.", ""),
        ("How large is the hall?", "It is a small hall.", ""),  # asks for the size
        ("When was the west wing built?", "It was built in 1902.", ""),
        ("When was the west wing built?", "The east end of it is older.", "West wing"),
    ],
)
def test_does_not_contrast(question: str, unit: str, setting: str) -> None:
    assert contrasting_words(read(question), unit, setting) == ()


def test_a_word_of_the_question_itself_contrasts_with_nothing() -> None:
    question = "Is the red or the white boat faster?"
    assert contrasting_words(read(question), "The white boat is faster.", "") == ()
