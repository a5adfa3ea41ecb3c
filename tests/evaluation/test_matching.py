from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.evaluation.matching import contains, is_equal, token_f1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The rent is 1,250.50 euros.", "1250.5 euros"),
        ("Die Miete beträgt 1.250,50 Euro.", "1,250.50"),
        ("It has 9,677,940 rows", "9677940"),
        ("Payment within 30 days of the invoice", "30 Days"),
        ("It was signed by Dr. Ruth Okafor on 3 May.", "ruth okafor"),
        ("Version 3.11 is needed.", "3.11"),
        (
            "The tenant pays the heating, the water and the electricity himself.",
            "the tenant himself pays heating, water and electricity",
        ),
    ],
)
def test_an_answer_is_seen_in_other_notation(text: str, answer: str) -> None:
    assert contains(text, answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The rent is 1,250 euros.", "250 euros"),
        ("The rent is 13 euros.", "3 euros"),
        ("No answer", ""),
        ("3.1 and 11", "3.11"),
        (
            "The tenant pays 40 euros for the heating and water and power",
            "The tenant pays 50 euros for the heating and water and power",
        ),
    ],
)
def test_another_number_is_not_the_answer(text: str, answer: str) -> None:
    assert not contains(text, answer)


def test_f1_and_exact_follow_squad() -> None:
    assert is_equal("The Rent", "rent.")
    assert token_f1("the rent is 900", "900 euros") == pytest.approx(
        2 * (1 / 3) * 0.5 / (1 / 3 + 0.5)
    )
    assert token_f1("nothing", "900") == 0


@given(st.text(max_size=80), st.text(max_size=20))
def test_scores_stay_in_range_and_equal_texts_match(text: str, answer: str) -> None:
    assert 0 <= token_f1(text, answer) <= 1
    if is_equal(text, answer) and contains(text, answer):
        assert token_f1(text, answer) == pytest.approx(1)
