"""Names and addresses in brackets, headers of mails, revoked decisions and parts of a sentence."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "minutes-2025-09-18.md": (
        "# Minutes of 18 September 2025\n\nPresent: Odile Marchetti (chair), Tomasz Brandt "
        "(treasurer), Rhys Pembury (kiln manager)\n\nThe committee decided that the studio will "
        "open on Mondays from 5 January 2026.\n\nThe winter market will be held on 6 December 2025 "
        "in the Corn Exchange.\n"
    ),
    "minutes-2026-01-22.md": (
        "# Minutes of 22 January 2026\n\nPresent: Odile Marchetti (chair), Tomasz Brandt "
        "(treasurer), Wendeline Achterberg (kiln manager)\n\nThe committee revoked the decision of "
        "18 September 2025: from 2 February 2026 the studio is closed on Mondays again.\n\n"
        "Because of the flood in the Corn Exchange the market moves to Botolph Hall.\n"
    ),
    "visit.eml": (
        "From: Maren Kohl <m.kohl@ashmead.example>\nTo: Sunniva Dahl <sunniva@studio.example>\n"
        "Subject: A visit\nDate: Fri, 06 Feb 2026 14:05:00 +0000\n\n"
        "Dear Sunniva,\n\nour class would like to visit you on Thursday 23 April 2026.\n"
    ),
    "handbook.md": (
        "# Handbook\n\nStoneware is fired to 1240 °C, earthenware to 1080 °C and porcelain to "
        "1280 °C.\n\nIn autumn we install solar panels, if the grant from the Arts Fund is "
        "approved.\n\nThe largest expense was energy at 19,480 pounds.\n"
    ),
    "history.md": ("# History\n\nThe studio was founded in 1987 by the potter Hesper Lindqvist.\n"),
}


def _short(index: Index, question: str) -> str | None:
    answer = index.ask(question)
    return answer.short_text or (answer.short_answer.quote if answer.short_answer else None)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who is the treasurer?", "Tomasz Brandt"),
        ("Who chairs the committee?", "Odile Marchetti"),
        ("Who is the kiln manager?", "Wendeline Achterberg"),  # of the newest minutes
        ("What is Sunniva Dahl's email?", "sunniva@studio.example"),
        ("What is the e-mail address of Maren Kohl?", "m.kohl@ashmead.example"),
    ],
)
def test_what_stands_in_brackets_answers(index: Index, question: str, name: str) -> None:
    assert _short(index, question) == name


def test_the_chair_is_not_the_vice_chair(index: Index) -> None:
    assert not index.ask("Who is the vice chair?").answered


def test_one_of_those_present_is_not_all_of_them(index: Index) -> None:
    assert _short(index, "Who was present at the meeting of 22 January 2026?") is None


def test_the_date_of_a_mail_is_not_the_date_in_it(index: Index) -> None:
    answer = index.ask("What date does the class want to visit?")
    assert "23 April 2026" in answer.text.split("[1]")[0]


def test_a_revoked_decision_stands_behind_what_revokes_it(index: Index) -> None:
    answer = index.ask("Is the studio open on Mondays?")
    assert "revoked" in answer.text.split("[1]")[0]
    assert answer.reason == "[1] is newer and changes what [2] says"


def test_a_place_that_was_changed_later_is_the_later_one(index: Index) -> None:
    assert _short(index, "Where was the winter market held in the end?") == "Botolph Hall"


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What temperature is porcelain fired to?", "1280 °C"),
        ("What temperature is earthenware fired to?", "1080 °C"),
    ],
)
def test_the_part_of_a_sentence_without_a_verb_answers_for_itself(
    index: Index, question: str, value: str
) -> None:
    assert _short(index, question) == value


@pytest.mark.parametrize(
    "question", ["Was the grant from the Arts Fund approved?", "What was the smallest expense?"]
)
def test_a_condition_or_the_opposite_does_not_answer(index: Index, question: str) -> None:
    assert not index.ask(question).answered


def test_half_of_two_questions_is_not_shown_in_short(index: Index) -> None:
    answer = index.ask("Who founded the studio and when?")
    assert answer.answered
    assert "1987" in answer.text
    assert answer.short_answer is None
