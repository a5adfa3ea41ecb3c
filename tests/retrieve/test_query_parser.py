"""Search syntax in what a person typed, and in questions that only look like it."""

from __future__ import annotations

import pytest

from rag_infer.retrieve.query_parser import parse


@pytest.mark.parametrize(
    "question",
    [
        "What does the -force flag do?",
        "does -verbose print more?",
        "how do I use -output here",
        "Was macht die Option -still?",
    ],
)
def test_a_question_excludes_nothing(question: str) -> None:
    assert parse(question).excluded == ()
    assert "-" in parse(question).text


def test_search_words_exclude() -> None:
    assert parse("pump -diesel").excluded == ("diesel",)
    assert parse('pump -"wind power"').excluded == ("wind power",)


def test_a_question_keeps_its_phrases() -> None:
    query = parse('What does the "safe mode" keep?')
    assert query.phrases == ("safe mode",)
    assert query.asks
