"""A sentence that shares nearly all words with a question, and does not answer it."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "depot.md": "# Depot\n\nThe north gate was repaired in 2019. The hall was painted in 2021. The "
    "lift was stopped in May because a cable had torn. Entry costs 12 euros for adults.\n",
    "cottage.md": "# Green cottage\n\nThe green cottage is let from 3 May.\n",
    "lending.md": "# Lending\n\n| Instrument | Deposit | Fee | Longest loan |\n|---|---|---|---|\n"
    "| Star tracker | £60 | £7 | 3 weeks |\n| Filter set | £20 | £3 | 2 weeks |\n\n"
    "The key test is taken with Ines Maddox; it lasts about forty minutes.\n",
    "cabin.md": "# Blue cottage\n\nThe blue cottage is let from 9 June.\n",
}


@pytest.mark.parametrize(
    "question",
    [
        "When was the south gate repaired?",
        "What does entry cost for children?",
        "Why was the hall painted?",
        "What does the filter set weigh?",
        "What does the key test cost?",
    ],
)
def test_is_not_given_as_the_answer(index: Index, question: str) -> None:
    assert not index.ask(question).answered


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("When was the north gate repaired?", "2019"),
        ("What does entry cost for adults?", "12 euros"),
        ("Why was the lift stopped?", "cable"),
    ],
)
def test_the_thing_itself_is_answered(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert value in answer.text


def test_statements_on_two_things_do_not_disagree(index: Index) -> None:
    answer = index.ask("From when is the green cottage let?")
    assert "3 May" in answer.text
    assert "9 June" not in answer.text
    assert answer.reason is None


def test_a_quoted_name_that_does_not_occur_is_the_reason(index: Index) -> None:
    answer = index.ask('When was the "south gate" repaired?')
    assert not answer.answered
    assert "south gate" in (answer.reason or "")


def test_an_option_of_a_command_can_be_asked_about(index: Index) -> None:
    index.add_text("The -gate option repairs a broken link.", id="manual")
    assert "repairs a broken link" in index.ask("What does the -gate option do?").text
