"""What stands in one section of a document does not answer a question about another."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "minutes.md": "# Minutes of March\n\n## Benefit concert\n\nThe concert at the boathouse made "
    "2,315 euros. 184 tickets were sold.\n\n## Summer party\n\nThe summer party is on 11 July in "
    "the yard. Marit looks for helpers.\n",
}


def test_another_section_is_no_answer(index: Index) -> None:
    answer = index.ask("How many tickets were sold for the summer party?")
    assert not answer.answered
    assert answer.reason == "“summer party” is not mentioned there"


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many tickets were sold for the benefit concert?", "184"),
        ("How many tickets were sold?", "184"),
        ("When is the summer party?", "11 July"),
    ],
)
def test_the_section_itself_answers(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert value in answer.text
