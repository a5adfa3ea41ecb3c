"""Lines of forms, invitations and tables of contents that answer by their key."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "audit.eml": "From: cal@firm.example\nTo: all@firm.example\nSubject: Invitation: fire drill\n"
    "Date: Sat, 07 Feb 2026 08:00:00 +0100\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n"
    "BEGIN:VEVENT\nSUMMARY:Fire drill\nDTSTART:20260330T070000Z\nLOCATION:Yard 3\nEND:VEVENT\n"
    "END:VCALENDAR\n",
    "choir.txt": "Event: Choir rehearsal\nDate: 14 October\nVenue: Old mill\nBring: pencil\n",
    "sailing.txt": "Event: Sailing course\nDate: 2 May\nVenue: Boat house\nBring: boots\n",
    "manual.txt": "Contents\n\n"
    + "\n".join(f"Chapter {n} {'.' * 90} {n * 9}" for n in range(1, 15))
    + f"\nCare of the sails {'. ' * 40}171\n",
}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Where does the fire drill take place?", "Yard 3"),
        ("Where is the choir rehearsal?", "Old mill"),
        ("When is the sailing course?", "2 May"),
        ("On which page is chapter 11?", "99"),
        ("What page is the care of the sails on?", "171"),
    ],
)
def test_the_value_of_the_field(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == value


def test_leaders_are_not_shown(index: Index) -> None:
    assert "....." not in index.ask("On which page is chapter 11?").text
