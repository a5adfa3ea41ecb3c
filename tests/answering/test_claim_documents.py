"""A claim may name the document of its source where the supporting sentence does not."""

from __future__ import annotations

import pytest

from rag_infer import Index

CONTRACT = """# Restoration contract no. {number}

between Marrow Piano Works (the Workshop) and {customer} (the Customer)

## Termination

The Customer may terminate this contract with {notice} notice.
"""
HANDBOOK = "# Staff handbook {year}\n\nEmployees have {days} days of paid holiday a year.\n"
MINUTES = "# Minutes of 2 September\n\nPresent: Ilse Marrow, Maren Tal. Her mentor is Petra Oye.\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("claims") / "index", create=True)
    for number, customer, notice in (
        ("088", "Tarnby Music School", "one month's"),
        ("117", "Amrit Solberg", "14 days'"),
    ):
        text = CONTRACT.format(number=number, customer=customer, notice=notice)
        index.add_text(text, id=f"contract-{number}.md")
    for year, days in (("2023", 25), ("2025", 28)):
        index.add_text(HANDBOOK.format(year=year, days=days), id=f"handbook-{year}.md")
    index.add_text(MINUTES, id="minutes.md")
    return index


@pytest.mark.parametrize(
    ("question", "claim", "is_supported"),
    [
        (
            "What is the notice of the music school?",
            "The notice of the contract with Tarnby Music School is one month.",
            True,
        ),
        (
            "What is the notice of the music school?",
            "The notice of the contract with Tarnby Music School is 14 days.",
            False,
        ),
        (  # who does something is not what a title says
            "Who may terminate the contract of the music school?",
            "Marrow Piano Works may terminate this contract with one month's notice.",
            False,
        ),
        (
            "How many days of holiday were there in 2023?",
            "In 2023, employees had 25 days of paid holiday a year.",
            True,
        ),
        (
            "How many days of holiday were there in 2023?",
            "In 2023, employees had 28 days of paid holiday a year.",
            False,
        ),
        (  # who was present is not what the minutes say of themselves
            "Who is the mentor of Maren Tal?",
            "The mentor of Maren Tal is Petra Oye.",
            False,
        ),
    ],
)
def test_what_a_document_says_of_itself_supports_a_claim(
    index: Index, question: str, claim: str, is_supported: bool
) -> None:
    answer = index.ask(question, llm=lambda _: claim)
    judged = answer.claims[0]
    assert judged.text == claim
    assert (judged.verdict == "supported") == is_supported
