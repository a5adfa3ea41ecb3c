"""Names and dates that a question takes for granted."""

from __future__ import annotations

import pytest

from rag_infer.cite.premises import missing_premises
from rag_infer.cite.question_type import read
from rag_infer.cite.text_normalization import words

PAGE = "The bonus for 2024 is 300. It is paid on 5 May 2025 by Vel Ltd in Spain."


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What was the bonus for 2023?", ("2023",)),
        ("What was the bonus for 2024?", ()),
        ("What does Tormi pay?", ("Tormi",)),
        ("What does Vel pay?", ()),
        ("What was paid on 6 June 2025?", ("6", "June", "2025")),
        ("What was paid on 5 May 2025?", ()),
        ("Who is paid in Portugal?", ("Portugal",)),
        ("Is there a bonus of 25%?", ()),
        ("Wie hoch ist der Bonus im Jahr?", ()),
    ],
)
def test_what_is_said_nowhere(question: str, missing: tuple[str, ...]) -> None:
    keys = {w.key for w in words(PAGE)}
    assert missing_premises(read(question), keys, PAGE) == missing
