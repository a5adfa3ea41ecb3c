"""Greetings, thanks and politeness around a question."""

from __future__ import annotations

import pytest

from rag_infer.cite.question_normalization import normalize_question


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("Hello, could you please tell me when the bus leaves? Thanks!", "when the bus leaves?"),
        ("Hi, I would like to know who pays the rent, please.", "who pays the rent"),
        ("Good morning, can you tell me what a copy costs?", "what a copy costs?"),
        ("Sorry to bother you, but how long is the break?", "how long is the break?"),
        (
            "Hi there! I hope you are well. I was wondering whether you could perhaps tell me when "
            "lunch is served? Thanks a lot in advance!",
            "when lunch is served?",
        ),
        ("Hello all, I hope this finds you well. What does a copy cost?", "What does a copy cost?"),
        ("I wonder if someone might possibly tell me who pays.", "who pays"),
    ],
)
def test_politeness_is_taken_off(question: str, plain: str) -> None:
    assert normalize_question(question) == plain


@pytest.mark.parametrize(
    "question",
    ["Who says hello?", "Hello!", "What does the -force flag do?", "thanks", "pool opening times"],
)
def test_a_plain_question_stays_as_it_is(question: str) -> None:
    assert normalize_question(question) == question
