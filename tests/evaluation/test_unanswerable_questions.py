"""Near misses ask for what stands nowhere."""

from __future__ import annotations

import random

from rag_infer.evaluation.question_drafts import SourcePage, drafts_of
from rag_infer.evaluation.unanswerable_questions import unanswerable_questions

LEASE = SourcePage("lease.md", "Lease", 1, "The monthly rent is 900 euros.\n")
FAQ = SourcePage("faq.txt", None, 1, "Dogs are welcome, daily.\n")


def questions(*pages: SourcePage, count: int = 10) -> list[str]:
    drafts = [draft for page in pages for draft in drafts_of(page)]
    return unanswerable_questions(drafts, pages, count, random.Random(1))


def test_a_variant_and_a_stranger_in_turn() -> None:
    assert questions(LEASE, FAQ, count=2) == [
        "What is the weekly rent?",
        "According to faq, what is the monthly rent?",
    ]


def test_a_variant_that_stands_somewhere_is_not_asked_for() -> None:
    weekly = SourcePage("w.md", None, 1, "Weekly, yearly, annual and quarterly offers.\n")
    assert all("rent?" not in text or "monthly" in text for text in questions(LEASE, FAQ, weekly))


def test_another_year_is_a_near_miss() -> None:
    plan = SourcePage("plan.md", None, 1, "Budget 2021: 50 euros\n")
    assert questions(plan) == ["What is Budget 2020?"]


def test_nothing_is_asked_twice_and_none_without_drafts() -> None:
    made = questions(LEASE, LEASE, FAQ, count=50)
    assert len(made) == len(set(made))
    assert questions(FAQ) == []


def test_a_document_that_holds_the_answer_is_not_asked() -> None:
    plan = SourcePage("plan.txt", None, 1, "The place to meet is Kiln Street 14.\n")
    welcome = SourcePage("welcome.md", None, 1, "The hall stands on Kiln Street 14, in Norrby.\n")
    assert questions(plan, welcome) == []
    assert questions(plan, FAQ) != []
