"""Who "we" are in a mail, in a forwarded one, and in what an answer quotes."""

from __future__ import annotations

import pytest

from rag_infer import Index

_HEAD = "To: shop@south.example\nDate: Tue, 03 Feb 2026 10:00:00 +0100\n"
FILES = {
    "offer.eml": f"From: Runa Holt <runa@north.example>\n{_HEAD}Subject: Chairs\n\n"
    "We can deliver 40 chairs for 2,160 euros. The price holds until May.\n",
    "reply.eml": f"From: Emil Brod <emil@south.example>\n{_HEAD}Subject: Re: Tents\n\n"
    "Thank you, we take it.\n\nOn Mon, 2 Feb 2026 Sanna Lind <sanna@tents.example> wrote:\n"
    "> We can lend you 7 tents for the fair.\n> They are dry.\n",
    "roof.eml": f"From: Ella Brand <ella@south.example>\n{_HEAD}Subject: FW: Roof\n\n"
    "Please decide.\n\n-----Original Message-----\nFrom: Sven Holm <sven@roof.example>\n"
    "Sent: Monday, 2 March 2026 10:11\nSubject: Roof\n\nWe can mend the roof for 8,420 euros.\n",
    "complaint.eml": f"From: Gerd Nil <gerd@west.example>\n{_HEAD}Subject: Parcel\n\n"
    "I complain about the parcel 88: it came a week late.\n",
}


@pytest.mark.parametrize(
    ("question", "sender"),
    [
        ("Who offered 40 chairs?", "Runa Holt"),
        ("Who offered to lend 7 tents?", "Sanna Lind"),
        ("Who offered to mend the roof?", "Sven Holm"),
        ("Who complained about parcel 88?", "Gerd Nil"),
    ],
)
def test_the_writer_of_the_statement(index: Index, question: str, sender: str) -> None:
    answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == sender
    quotes = " ".join(c.span.quote for c in answer.citations)
    assert (
        "deliver" in quotes or "lend" in quotes or "mend" in quotes or "complain" in quotes
    )  # what was written


def test_another_question_about_a_mail_is_not_answered_by_its_writer(index: Index) -> None:
    assert "Runa" not in index.ask("What do 40 chairs cost?").text
