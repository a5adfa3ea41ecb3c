"""Amounts that follow from a quoted one."""

from __future__ import annotations

import pytest

from rag_infer.answering.derived_amounts import derived_amount


@pytest.mark.parametrize(
    ("question", "text", "amount"),
    [
        (
            "What is the annual fee?",
            "The fee is EUR 1,500 per month.",
            "EUR 18,000 (12 × EUR 1,500)",
        ),
        ("How much is it per year?", "Rent: GBP 200.50 a quarter.", "GBP 802 (4 × GBP 200.50)"),
        ("What do 12 days cost?", "He gets CHF 900 per day.", "CHF 10,800 (12 × CHF 900)"),
    ],
)
def test_another_period_or_so_many_units(question: str, text: str, amount: str) -> None:
    assert derived_amount(question, text) == amount


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the monthly fee?", "The fee is EUR 1,500 per month."),
        ("What is the fee?", "The fee is EUR 1,500 per month."),
        ("What is the monthly fee?", "The fee is EUR 1,500 per year."),
        ("What is the annual fee?", "EUR 1,500 per month, or EUR 16,000 for all."),
        ("What is the annual fee?", "The fee is EUR 1,500."),
        ("What do 3 months cost?", "He gets CHF 900 per day."),
    ],
)
def test_all_else_is_quoted_as_it_is(question: str, text: str) -> None:
    assert derived_amount(question, text) is None
