"""A figure, date or name that belongs to another statement never makes a claim supported."""

from __future__ import annotations

import pytest

from rag_infer.cite.claim_verifier import FeatureVerifier
from rag_infer.embed import load_embedder

SOURCE = [
    "The tenancy begins on 1 April 2025 and runs for an indefinite period.",
    "The letter of 1 May 2025 names the keys.",
    "Support had 412 tickets in April, 18% more than in March.",
    "Employees may work from home two days per week, except on Wednesday.",
    "We keep invoices for ten years because the law requires it.",
    "Bake for 45 minutes and let the cake cool in the tin.",
    "Cool the syrup for 25 minutes.",
    "Ingrid Voss decides on changes to the prompt, Tomasz Lind on spending above 500 euros a day.",
    "Storing the cache in 8 bits halves it.",
    "Paged attention allots the cache in blocks of 16 tokens.",
    "A prompt of 32 tokens fits into the cache at once.",
    "The release moves to 16 June because the payment tests fail.",
    "Marie Curie won the prize in 1903.",
    "She shared it with her husband.",
]


@pytest.fixture(scope="module")
def verifier() -> FeatureVerifier:
    return FeatureVerifier(load_embedder())


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("The tenancy begins on 1 May 2025.", "May"),
        ("Support had 412 tickets in March.", "March"),
        ("Employees may work from home on Wednesday.", "Wednesday"),
        ("We keep invoices for two years.", "two"),
        ("Bake the cake for 25 minutes.", "25"),
        ("Tomasz Lind decides on changes to the prompt.", "Tomasz"),
        ("Storing the cache in 8 bits doubles it.", "doubles"),
        ("Paged attention allots the cache in blocks of 32 tokens.", "32"),
        ("Ingrid Voss decides on spending above 500 euros a day.", "Ingrid"),
    ],
)
def test_a_specific_of_another_statement_is_not_supported(
    verifier: FeatureVerifier, claim: str, word: str
) -> None:
    (verdict,) = verifier.check([claim], SOURCE)
    assert verdict.verdict != "supported"
    assert word in (verdict.reason or "")


@pytest.mark.parametrize(
    "claim",
    [
        "The tenancy begins on 1 April 2025.",
        "Support had 412 tickets in April.",
        "Employees may work from home two days per week, except on Wednesday.",
        "Invoices are kept for ten years.",
        "Bake the cake for 45 minutes.",
        "Ingrid Voss decides on changes to the prompt.",
        "Tomasz Lind decides on spending above 500 euros a day.",
        "Paged attention allots the cache in blocks of 16 tokens.",
        "The release moves to 16 June.",
        "Marie Curie won the prize in 1903.",
    ],
)
def test_what_the_source_says_stays_supported(verifier: FeatureVerifier, claim: str) -> None:
    (verdict,) = verifier.check([claim], SOURCE)
    assert verdict.verdict == "supported", verdict
