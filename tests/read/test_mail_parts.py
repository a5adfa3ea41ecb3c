"""Parts of mails as programs write them: packed, nameless, forwarded, badly encoded; mailboxes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from tests.read.conftest import document, documents

Write = Callable[[str, bytes | str], Path]


def mail(subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "Cy <cy@x.example>", subject
    message.set_content(text)
    return message


def packed(name: str, data: bytes) -> bytes:
    """A ``winmail.dat`` with one attachment."""

    def attribute(level: int, number: int, value: bytes) -> bytes:
        head = struct.pack("<BIL", level, number, len(value))
        return head + value + struct.pack("<H", sum(value) & 0xFFFF)

    return (
        struct.pack("<LH", 0x223E9F78, 1)
        + attribute(1, 0x00089006, b"\0\0\1\0")
        + attribute(2, 0x00069002, bytes(14))
        + attribute(2, 0x00018010, name.encode() + b"\0")
        + attribute(2, 0x0006800F, data)
    )


def test_what_outlook_packs_into_one_file_is_read(write: Write) -> None:
    message = mail("Packed", "See the file.")
    data = packed("note.txt", b"The gate code is 4471.")
    message.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    body, note = documents(write("a.eml", message.as_bytes()))
    assert body.pages[0].text.endswith("See the file.\n\nAttachments:\n- note.txt")
    assert (note.id.endswith("#1-note.txt"), note.pages[0].text) == (True, "The gate code is 4471.")


def test_attachments_that_cannot_be_read_are_named(write: Write) -> None:
    message = mail("Two files", "See below.")
    for subtype, name in (("octet-stream", "model.xyz"), ("pdf", None)):
        message.add_attachment(
            b"%PDF-1.4 cut", maintype="application", subtype=subtype, filename=name
        )
    body, pdf = documents(write("a.eml", message.as_bytes()))
    assert body.pages[0].note == "attachments without a reader: model.xyz"
    assert "- attachment.pdf" in body.pages[0].text
    assert str(pdf.pages[0].note).startswith("attachment cannot be read")


def test_a_text_of_another_kind_beside_a_body_in_two_forms_is_read(write: Write) -> None:
    message = mail("Forms", "See the HTML.")
    message.add_alternative("<p>The key hangs in the hut.</p>", subtype="html")
    message.make_mixed()
    part = EmailMessage()
    part.set_content("The code is 4471.", subtype="markdown", disposition=None)
    message.attach(part)
    text = document(write("a.eml", message.as_bytes())).pages[0].text
    assert text.endswith("The key hangs in the hut.\n\nThe code is 4471.")


def test_letters_in_headers_that_are_no_ascii_are_read(write: Write) -> None:
    raw = "From: a@x.example\r\nSubject: Überweisung für Jörg\r\n\r\nNeun Euro.".encode("latin-1")
    assert document(write("a.eml", raw)).title == "Überweisung für Jörg"


def test_an_alarm_is_no_part_of_its_event(write: Write) -> None:
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Board\r\nBEGIN:VALARM\r\n"
        "DESCRIPTION:Reminder\r\nEND:VALARM\r\nLOCATION:Hall 3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert document(write("a.ics", event)).pages[0].text.strip() == "Event: Board\nLocation: Hall 3"


def test_a_sentence_that_begins_with_from_parts_no_mailbox(write: Write) -> None:
    box = (
        "From a@x Mon Feb  2 10:00:00 2026\nFrom: a@x.example\nSubject: One\n\nHello.\n\n"
        "From here the path goes north for 3 km.\n\n"
        "From b@x Tue Feb  3 10:00:00 2026\nFrom: b@x.example\nSubject: Two\n\nBye.\n\n"
        "From c@x Tue Feb  3 11:00:00 2026\n\nNothing but words.\n"
    )
    one, two, third = documents(write("a.mbox", box))
    assert one.pages[0].text.endswith("From here the path goes north for 3 km.")
    assert two.pages[0].text.endswith("Bye.")
    assert third.pages[0].note == "message 3 cannot be read: not a mail message (no headers)"
