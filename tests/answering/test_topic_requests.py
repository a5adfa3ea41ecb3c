"""Requests for all that is said of a thing, and for what a document says."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "guest_guide.md": (
        "# Guest guide\n\nBreakfast is served from seven to ten in the garden room. Check-out is "
        "until eleven.\n\nThe pool is heated from May to September. Children swim in the pool "
        "only with an adult. Dogs cost eight euros a night. The wireless key is moss-lantern-42.\n"
    ),
    "walks.md": "# Walks\n\nThe walk to the waterfall takes two hours. Snow closes it.\n",
    "harbour.md": (
        "# Harbour\n\nThe Bison pulls 60 tonnes. The Marten pulls 45 tonnes.\n\n"
        "Berth 1 takes ships up to 90 metres and has a crane. Berth 2 takes ships up to 140 "
        "metres.\n"
    ),
}


@pytest.mark.parametrize(
    "request_",
    [
        "Tell me everything about the pool.",
        "tell me about the pool",
        "What do you know about the pool?",
        "Hello, everything about the pool please",
    ],
)
def test_every_statement_on_a_thing_is_given(index: Index, request_: str) -> None:
    answer = index.ask(request_)
    assert answer.answered
    assert [c.text for c in answer.claims] == [
        "The pool is heated from May to September.",
        "Children swim in the pool only with an adult.",
    ]


def test_a_named_document_is_summarized(index: Index) -> None:
    answer = index.ask("Summarize the guest guide.")
    assert answer.answered
    assert {c.span.document_id.rsplit("/", 1)[-1] for c in answer.citations} == {"guest_guide.md"}


def test_nothing_is_made_up_on_an_absent_thing(index: Index) -> None:
    assert not index.ask("Tell me everything about the sauna.").answered


@pytest.mark.parametrize(
    ("question", "winner"),
    [
        ("Which tug is stronger, the Bison or the Marten?", "Bison"),
        ("Which is weaker, the Bison or the Marten?", "Marten"),
        ("What is the difference between berth 1 and berth 2?", None),
    ],
)
def test_two_things_of_one_text_are_compared(
    index: Index, question: str, winner: str | None
) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert len(answer.citations) == 2
    assert answer.short_text == winner
    assert answer.short_answer is None


def test_a_side_without_a_statement_is_not_compared(index: Index) -> None:
    answer = index.ask("Which tug is stronger, the Bison or the Otter?")
    assert answer.short_text is None


def test_the_question_of_a_long_story_is_asked(index: Index) -> None:
    story = "We arrived yesterday with two children after a long trip, and the car broke down. " * 9
    answer = index.ask(f"{story}Until when is check-out?")
    assert "eleven" in answer.text


def test_a_code_is_shown_whole(index: Index) -> None:
    answer = index.ask("What's the wireless key?")
    assert answer.short_answer is not None
    assert answer.short_answer.quote == "moss-lantern-42"


def test_an_hour_in_words_is_a_time(index: Index) -> None:
    assert index.ask("When is check-out?").answered
