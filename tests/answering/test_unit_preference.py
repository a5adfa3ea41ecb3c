"""Which unit is quoted where the words of a question mislead."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "Glossary.md": (
        "# Glossary\n\nDamper: a plate that closes a flue when it is turned by hand.\n\n"
        "PX-41: the flue is too hot and has to cool down before a restart.\n\nThe damper test.\n"
    ),
    "Council_minutes_2024-03-01.md": (
        "# Council minutes of 1 March 2024\n\nPlace: Harbor Hall\n\nPresent: Ina Falk, Bo Lind\n\n"
        "## 1. Slipway\n\n"
        "The proposal to build a slipway was discussed for an hour.\n\n"
        "- **Decision:** The proposal is rejected.\n"
    ),
}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is a damper?", "a plate that closes a flue"),
        ("What does alarm PX-41 mean?", "too hot"),
        ("Did the council approve the slipway?", "rejected"),
        ("According to the council minutes of 1 March 2024, what is the place?", "Harbor Hall"),
    ],
)
def test_the_defining_or_deciding_unit_is_quoted(index: Index, question: str, words: str) -> None:
    answer = index.ask(question)
    assert words in answer.text
    assert words in answer.citations[0].span.quote
