"""What is masked in a clause is asked for, and is the answer."""

from __future__ import annotations

import pytest

from rag_infer.evaluation.masked_drafts import masked_drafts_of
from rag_infer.evaluation.question_drafts import SourcePage


def drafts(text: str, title: str | None = None) -> dict[str, tuple[str, str]]:
    page = SourcePage("a.md", title, 1, text)
    return {d.question: (d.answer, d.kind) for d in masked_drafts_of(page)}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The audit was completed by Ruth Okafor.",
            "By whom was the audit completed?",
            "Ruth Okafor",
        ),
        (
            "The north gate was painted on 3 May 2020 and again later.",
            "When was the north gate painted?",
            "3 May 2020",
        ),
        (
            "Our invoices are paid within 30 days.",
            "Within what time are our invoices paid?",
            "30 days",
        ),
        (
            "4.2 The deposit must be returned by 31 May 2027, less costs.",
            "By when must the deposit be returned?",
            "31 May 2027",
        ),
        (
            "The old van was sold for 4,200 euros.",
            "For how much was the old van sold?",
            "4,200 euros",
        ),
        ("The tenant pays € 1,250 for it.", "How much does the tenant pay?", "€ 1,250"),
        ("All rooms have 12 seats.", "How many seats do all rooms have?", "12 seats"),
        ("The yearly fee amounts to EUR 50.", "How much is the yearly fee?", "EUR 50"),
        (
            "The Distributor shall purchase at least 40,000 bottles in each calendar year.",
            "How many bottles shall the distributor purchase?",
            "40,000 bottles",
        ),
        (
            "3.1 The Tenant shall pay a rent of GBP 186,000 per annum.",
            "How much rent shall the tenant pay?",
            "GBP 186,000",
        ),
        ("(b) Our warden is Ruth Okafor.", "Who is our warden?", "Ruth Okafor"),
    ],
)
def test_the_end_of_a_clause_is_masked(sentence: str, question: str, answer: str) -> None:
    assert drafts(f"{sentence}\n") == {question: (answer, "masked")}


@pytest.mark.parametrize(
    "sentence",
    [
        "The audit was completed by the committee.",
        "It was painted in 2019.",
        "The gate was red in May.",
        "The gate is closed on request.",
        "The tenant and the owner who pays 900 euros.",
        "A large model may use 13 units.",
        "The model has 13 billion of them.",
        "The office is Open Monday.x",
        "The address to give is Kiln Street 14, entrance B.",
        "The hall is closed on 24 December, on 25 December and on Midsummer Eve.",
        "The hall has 62 rope lines and a bouldering area.",
    ],
)
def test_what_is_no_value_is_not_masked(sentence: str) -> None:
    assert drafts(f"{sentence}\n") == {}
