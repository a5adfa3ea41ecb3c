"""The written form that a question asks for, and values of that form."""

from __future__ import annotations

import pytest

from rag_infer.cite.typed_values import asked_value, asks_list, fresh_values, value_match


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What does the anvil weigh?", "measure"),
        ("How much does the cleaner get?", "money"),
        ("What does a ticket cost?", "money"),
        ("What does a student pay?", "money"),
        ("What do the guests pay for?", "any"),
        ("deposit amount", "money"),
        ("Which discount do members get?", "percent"),
        ("How long is the trial?", "duration"),
        ("notice period caterer", "duration"),
        ("How many working days do I have?", "duration"),
        ("When does the lease end?", "date"),
        ("How many seats are there?", "count"),
        ("What is the extension of the desk?", "contact"),
        ("Who keeps the keys?", "name"),
        ("Is the roof insured?", "yes"),
        ("Wie lange gilt der Vertrag?", "duration"),
        ("What is a segment?", "any"),
    ],
)
def test_the_asked_form(question: str, kind: str) -> None:
    assert asked_value(question) == kind


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("How much is it?", "The fee is EUR 1,250.50 a year.", "EUR 1,250.50"),
        ("When do they close?", "The taps close on 31 October.", "31 October"),
        ("When is it due?", "It is due on 3 Oct. 2025.", "3 Oct. 2025"),
        ("Which discount?", "Members get 12.5% off.", "12.5%"),
        ("How long is it?", "Within thirty (30) days of the bill.", "thirty (30) days"),
        ("When is it?", "It ends on 31 December 2026.", "31 December 2026"),
        ("What is the phone number?", "Call extension 244.", "extension 244"),
        ("What is the phone number?", "店长是刘晓峰，电话是021-55570139。", "021-55570139"),
        ("What is the phone number?", "電話番号は03-5557-0139です。", "03-5557-0139"),
        ("What is the phone number?", "Call (021) 555-0139 at night.", "(021) 555-0139"),
    ],
)
def test_values_are_found_whole(question: str, text: str, value: str) -> None:
    assert value in [text[a:b] for a, b in fresh_values(asked_value(question), text, question)]


def test_a_value_of_the_question_is_no_answer() -> None:
    question = "When before 3 May 2024 was it signed?"
    assert value_match("date", "It was signed before 3 May 2024.", question) == 0.0
    assert value_match("date", "It was signed on 1 May 2024.", question) == 1.0


def test_the_number_of_a_clause_is_no_value() -> None:
    assert value_match("count", "(1) Vel Ltd; and\n(2) Tor Ltd", "How many cooks are there?") == 0
    assert value_match("money", "The test lasts forty minutes.", "What does the test cost?") == 0
    assert value_match("measure", "| Tent | £20 | 2 weeks |", "What does the tent weigh?") == 0
    assert value_match("count", "3.1 There are 14 cooks.", "How many cooks are there?") == 1


@pytest.mark.parametrize(
    "question", ["List all prizes.", "What are the steps?", "Which papers do I need?"]
)
def test_several_things_are_asked_for(question: str) -> None:
    assert asks_list(question)


@pytest.mark.parametrize("question", ["What is the step?", "Who pays?", "How does it work?"])
def test_one_thing_is_asked_for(question: str) -> None:
    assert not asks_list(question)
