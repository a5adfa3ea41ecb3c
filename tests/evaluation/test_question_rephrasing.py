"""Made questions are put in other words that ask for the same."""

from __future__ import annotations

import random

import pytest

from rag_infer.evaluation.question_drafts import QuestionDraft, SourcePage
from rag_infer.evaluation.question_rephrasing import rephrased

PAGE = SourcePage("a.md", None, 1, "")


def draft(question: str, answer: str, subject: str, kind: str = "fact") -> QuestionDraft:
    return QuestionDraft(question, answer, "", subject, kind, PAGE)


def variants(one: QuestionDraft) -> set[str]:
    return {rephrased(one, random.Random(seed)).question for seed in range(40)}


@pytest.mark.parametrize(
    ("question", "answer", "subject", "expected"),
    [
        ("What is the monthly rent?", "900 euros", "monthly rent", "How much is the monthly rent?"),
        ("What is the audit?", "3 May 2020", "audit", "When is the audit?"),
        ("What is the landlord?", "Ruth Okafor", "Landlord", "Who is the landlord?"),
        ("What is the officer?", "Ruth Okafor, desk 3", "Officer", "Who is the officer?"),
    ],
)
def test_the_question_word_follows_the_answer(
    question: str, answer: str, subject: str, expected: str
) -> None:
    assert variants(draft(question, answer, subject)) == {expected}


@pytest.mark.parametrize(
    ("question", "answer", "subject"),
    [
        ("What is the due date?", "3 May 2020", "due date"),
        ("What is the company?", "Acme Tools", "Company"),
        ("What is the version?", "3.2", "version"),
    ],
)
def test_a_question_word_that_would_not_fit_stays(question: str, answer: str, subject: str) -> None:
    assert all(
        text.startswith(("What ", "Can you", "I would", "Do you"))
        for text in variants(draft(question, answer, subject))
    )


def test_common_words_are_replaced_unless_they_are_the_answer() -> None:
    texts = variants(draft("What is the parking fee code?", "P2", "parking fee code"))
    assert any("parking charge code" in text for text in texts)
    texts = variants(draft("What is the fee type?", "annual fee", "fee type"))
    assert not any("charge" in text for text in texts)


def test_some_are_framed_and_say_the_same() -> None:
    texts = variants(draft("What is the door code?", "4711", "door code"))
    assert "Can you tell me what the door code is?" in texts
    assert "I would like to know what the door code is." in texts


def test_a_person_s_own_question_stays() -> None:
    own = draft("Can I bring my phone?", "Yes.", "", "pair")
    assert variants(own) == {"Can I bring my phone?"}
