"""The date of a mail is no other date that is asked for by name."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "overdue.eml": "From: Marlene Thode <thode@office.example>\nTo: kruse@harbor.example\n"
    "Subject: Overdue invoice 2026-031\nDate: Mon, 18 May 2026 10:00:00 +0200\n\n"
    "Dear Ms Kruse,\n\ninvoice 2026-031 over 42,750 euros was due on 30 April 2026. "
    "Please pay by 29 May 2026.\n\nMarlene Thode\n",
}


@pytest.mark.parametrize("question", ["What is the due date?", "What is the payment date?"])
def test_the_date_of_a_mail_is_no_due_date(index: Index, question: str) -> None:
    assert "18 May" not in index.ask(question).text


def test_the_date_of_a_mail_is_its_date(index: Index) -> None:
    assert "18 May 2026" in index.ask("What is the date?").text


def test_no_field_of_another_name_gets_the_date_of_a_mail(index: Index) -> None:
    [row] = index.extract(["due date"]).rows
    assert row.cells[0].value != "2026-05-18"
