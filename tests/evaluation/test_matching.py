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
        ("price (SEK), Day ticket, Adult: 145 [1]", "145 kronor"),
        ("Deductible (SEK), Liability: 10,000 [1]", "SEK 10,000"),
        ("The fee is €900 a month.", "900 euros"),
        ("The fee is 900 euros.", "EUR 900"),
        ("The association was founded on 14 May 2009.", "2009-05-14"),
        ("The association was founded on 2009-05-14.", "May 14, 2009"),
        ("One month in the first two years and three months after that.", "3 months"),
        ("It can be frozen for four months at most.", "4 months"),
        ("A week of twenty-five hours", "25 hours"),
        ("One month is the notice period.", "1 month"),
        ("Bolts are tightened with 25 newton meters.", "25 Nm"),
        ("A rope of at least 60 metres", "60 m"),
        ("Revenue rose by 7 %.", "7 percent"),
        ("The café is open until 17:00.", "5 pm"),
        ("The café closes at 5 p.m. on Sundays.", "17:00"),
        ("Six people", "6"),
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
        ("price (SEK), Day ticket, Adult: 145", "145 euros"),
        ("The hall has 145 places; a ticket is 200 SEK.", "145 kronor"),
        ("The fee is 1,145 kronor.", "145 kronor"),
        ("Founded on 14 May 2010", "2009-05-14"),
        ("It lasts thirteen months.", "3 months"),
        ("A week of twenty-five hours", "20 hours"),
        ("A rope of 60 cm", "60 m"),
        ("It takes 7 days.", "7 percent"),
        ("The café is open until 15:00.", "5 pm"),
        ("One of the six", "1"),
        ("12 euros", "12 million euros"),
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
    assert is_equal("three months", "3 months")
    assert is_equal("14 May 2009", "2009-05-14")
    assert not is_equal("14 May 2009, in Norrby", "2009-05-14")
    assert token_f1("the rent is 900", "900 euros") == pytest.approx(
        2 * (1 / 3) * 0.5 / (1 / 3 + 0.5)
    )
    assert token_f1("nothing", "900") == 0


@given(st.text(max_size=80), st.text(max_size=20))
def test_scores_stay_in_range_and_equal_texts_match(text: str, answer: str) -> None:
    assert 0 <= token_f1(text, answer) <= 1
    if is_equal(text, answer) and contains(text, answer):
        assert token_f1(text, answer) == pytest.approx(1)


def test_a_percentage_is_no_other_number() -> None:
    assert contains("The rate is 7 per cent a year.", "7%")
    assert contains("Share (%): 7", "7%")
    assert not contains("It lasts 7 days.", "7%")
