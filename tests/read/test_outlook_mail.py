"""Outlook messages, made by another library, and by the writer of its container."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgforge import Message
from msgforge._builder import _OleWriter, _Props

from tests.read.conftest import document, documents, error

SENT = datetime(2026, 3, 17, 9, tzinfo=UTC)
Write = Callable[[str, bytes | str], Path]


def message(**content: object) -> Message:
    fields = {"subject": "Berth 9", "sender": ("ada@quay.example", "Ada Holm"),
              "to": [("bo@quay.example", "Bo")], "sent": SENT}  # fmt: skip
    return Message(**{**fields, **content})


def test_a_message_is_read_with_its_headers(write: Write) -> None:
    data = message(text_body="The crane is out of order.", cc=[("cy@quay.example", "Cy")])
    result = document(write("a.msg", data.as_bytes()))
    assert (result.format, result.title) == ("mail", "Berth 9")
    assert "The crane is out of order." in result.pages[0].text
    assert result.metadata["from"] == "Ada Holm <ada@quay.example>"
    assert result.metadata["to"] == "Bo <bo@quay.example>"
    assert result.metadata["cc"] == "Cy <cy@quay.example>"
    assert str(result.metadata["date"]).startswith("Tue, 17 Mar 2026 09:00:00")


def test_html_and_attachments(write: Write) -> None:
    mail = message(html_body="<h1>Fees</h1><p>A berth costs 31 €.</p>")
    mail.attach_bytes("rows.csv", b"pier,depth\nfour,3.2\n")
    mail.attach_bytes("photo.xyz", b"...")
    first, second = documents(write("a.msg", mail.as_bytes()))
    assert "A berth costs 31 €." in first.pages[0].text
    assert "photo.xyz" in first.pages[0].text
    assert second.id == "a.msg#1-rows.csv"
    assert "four | 3.2" in second.pages[0].text


def test_a_message_in_a_message(write: Write) -> None:
    ole = _OleWriter()
    outer = _Props()
    outer.add_unicode(ole, ole.root, 0x0037, "Forwarded")
    outer.add_unicode(ole, ole.root, 0x0C1A, "Ada Holm")
    outer.add_unicode(ole, ole.root, 0x1000, "See below.")
    attachment = ole.add_storage(ole.root, "__attach_version1.0_#00000000")
    embedded = ole.add_storage(attachment, "__substg1.0_3701000D")
    inner = _Props()
    inner.add_unicode(ole, embedded, 0x0037, "Storm")
    inner.add_unicode(ole, embedded, 0x0C1A, "Rune")
    inner.add_unicode(ole, embedded, 0x1000, "Double the lines at berth nine.")
    header = struct.pack("<8x4I", 0, 0, 0, 0)
    ole.add_stream(embedded, "__properties_version1.0", header + inner.build_sub_stream()[8:])
    ole.add_stream(attachment, "__properties_version1.0", _Props().build_sub_stream())
    ole.add_stream(ole.root, "__properties_version1.0", outer.build_msg_stream(0, 1))
    text = document(write("a.msg", ole.build())).pages[0].text
    assert text.index("See below.") < text.index("Storm") < text.index("Rune")
    assert "Double the lines at berth nine." in text


def test_a_message_with_rtf_only_is_named(write: Write) -> None:
    ole = _OleWriter()
    properties = _Props()
    properties.add_unicode(ole, ole.root, 0x0037, "Berth 9")
    properties.add_binary(ole, ole.root, 0x1009, b"LZFu....")
    ole.add_stream(ole.root, "__properties_version1.0", properties.build_msg_stream(0, 0))
    (page,) = document(write("a.msg", ole.build())).pages
    assert page.note is not None and "RTF" in page.note


def test_other_files_of_that_name_are_text(write: Write) -> None:
    assert "float64 speed" in document(write("Twist.msg", "float64 speed\n")).pages[0].text


@pytest.mark.parametrize("cut", [8, 600, 2000])
def test_a_damaged_message_is_refused_in_one_line(write: Write, cut: int) -> None:
    data = message(text_body="The crane is out of order.").as_bytes()[:cut]
    reason = str(error(write("a.msg", data)))
    assert "damaged" in reason and "\n" not in reason


def test_an_empty_message(write: Write) -> None:
    assert "empty" in str(error(write("a.msg", b"")))
