"""A claim may repeat a figure of the question that its source has as a range."""

from __future__ import annotations

import pytest

from rag_infer import Index
from rag_infer.answering.claim_ranges import stated_ranges

RULES = """# Expenses

Purchases between 150 and 1,000 euros are approved by the workshop manager.
Purchases above 1,000 euros are approved by Ilse Marrow in writing.
A tuning costs 110 to 135 euros.
The discount is 5 percent from an order of 2,000 euros on.
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("ranges") / "index", create=True)
    index.add_text(RULES, id="rules.md")
    return index


@pytest.mark.parametrize(
    ("question", "claim", "is_supported"),
    [
        (
            "Who approves purchases of 700 euros?",
            "Purchases of 700 euros are approved by the workshop manager.",
            True,
        ),
        (
            "Who approves purchases of 700 euros?",
            "Purchases of 700 euros are approved by Ilse Marrow.",
            False,
        ),
        (
            "Who approves purchases of 4000 euros?",
            "Purchases of 4000 euros are approved by Ilse Marrow.",
            True,
        ),
        (
            "Who approves purchases of 4000 euros?",
            "Purchases of 4000 euros are approved by the workshop manager.",
            False,
        ),
        (
            "What is the discount for an order of 2500 euros?",
            "The discount is 5 percent for an order of 2500 euros.",
            True,
        ),
        (  # the figure is the model's own
            "How much is a tuning?",
            "A tuning costs 120 euros.",
            False,
        ),
    ],
)
def test_a_figure_of_the_question_within_a_range_is_supported(
    index: Index, question: str, claim: str, is_supported: bool
) -> None:
    judged = index.ask(question, llm=lambda _: claim).claims[0]
    assert judged.text == claim
    assert (judged.verdict == "supported") == is_supported
    if is_supported:
        quote = judged.evidence[0].quote
        assert RULES[judged.evidence[0].start : judged.evidence[0].end] == quote


@pytest.mark.parametrize(
    ("sentence", "ranges"),
    [
        ("Zone B is 20 to 80 km away.", [(20, 80, "80")]),
        ("At most 20 litres are kept.", [(float("-inf"), 20, "20")]),
        ("It falls by 1 percent, at least 3 euros.", [(3, float("inf"), "3")]),
        ("The fee is 120 euros.", []),
    ],
)
def test_ranges_are_read(sentence: str, ranges: list[tuple[float, float, str]]) -> None:
    assert [(r.low, r.high, r.bound) for r in stated_ranges(sentence)] == ranges
