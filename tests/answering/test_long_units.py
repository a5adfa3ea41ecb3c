"""Text without punctuation is quoted around what answers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.answering.long_units import MAX_UNIT_CHARS


@pytest.mark.parametrize(
    ("statement", "question", "value"),
    [
        (
            "the pilot of the barge is Henk Vos since May",
            "Who is the pilot of the barge?",
            "Henk Vos",
        ),
        (
            "we paid 7,300 euros for the new crane",
            "How much was paid for the crane?",
            "7,300 euros",
        ),
        ("the sluice opens at nine and shuts at ten", "When does the sluice open?", "nine"),
    ],
)
def test_the_quote_is_short_and_exact(
    tmp_path: Path, statement: str, question: str, value: str
) -> None:
    words = random.Random(3).choices(
        "garden stone wheel window copper ladder mirror".split(), k=900
    )
    text = " ".join([*words[:500], statement, *words[500:]])
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="transcript")
        answer = index.ask(question)
    assert value in answer.text
    assert len(answer.text) <= MAX_UNIT_CHARS
    span = answer.citations[0].span
    assert text[span.start : span.end] == span.quote
