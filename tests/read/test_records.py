"""JSONL records as programs write them, and XML that says a wrong encoding of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.read.conftest import document, documents

Write = Callable[[str, bytes | str], Path]


def test_ids_of_other_names_and_ids_that_repeat(write: Write) -> None:
    records = [
        {"_id": "T-1", "description": "The lamp flickers."},
        {"doc_id": 7, "description": "The door sticks."},
        {"_id": "T-1", "description": "The lamp is dark."},
    ]
    result = documents(write("a.jsonl", "\n".join(map(json.dumps, records))))
    assert [item.id.rpartition("#")[2] for item in result] == ["T-1", "7", "T-1 (line 3)"]
    assert "The lamp is dark." in result[2].pages[0].text


def test_words_deep_in_a_record_are_read_with_the_figures_beside_them(write: Write) -> None:
    record = {"ticket": {"body": "The roof leaks.", "cost": 12.5, "tags": ["roof", "rain"]}, "n": 2}
    text = document(write("a.jsonl", json.dumps(record))).pages[0].text
    assert text == "ticket.body: The roof leaks.\nticket.cost: 12.5\nticket.tags: roof, rain\nn: 2"


def test_figures_and_dates_beside_a_text_are_read_with_it(write: Write) -> None:
    record = {
        "id": "W1", "text": "The brig struck a reef.", "year": 1866, "on": "1866-02-11",
        "cost": 12.5, "sold": False, "score": 0.93, "_rev": 3, "user_id": 17,
        "stamp": 1_700_000_000_000,
    }  # fmt: skip
    text = document(write("a.jsonl", json.dumps(record))).pages[0].text
    assert text == "The brig struck a reef.\n\nyear: 1866\non: 1866-02-11\ncost: 12.5"


@pytest.mark.parametrize(
    ("name", "speaker", "words"),
    [("messages", "role", "content"), ("conversations", "from", "value")],
)
def test_conversations_are_read_turn_by_turn(
    write: Write, name: str, speaker: str, words: str
) -> None:
    turns = [{speaker: "user", words: "When?"}, {speaker: "guide", words: "At 7:40."}]
    text = document(write("a.jsonl", json.dumps({name: turns}))).pages[0].text
    assert text == "user: When?\n\nguide: At 7:40."


def test_a_record_in_another_encoding_costs_nothing(write: Write) -> None:
    lines = '{"id": 1, "text": "Grün"}\n'.encode() + '{"id": 2, "text": "Müller"}'.encode("latin-1")
    assert [d.pages[0].text for d in documents(write("a.jsonl", lines))] == ["Grün", "Müller"]


@pytest.mark.parametrize(
    ("declared", "actual"), [("ISO-8859-1", "latin-1"), ("utf-16", "utf-8"), ("utf-8", "utf-8")]
)
def test_the_encoding_that_xml_declares_is_checked(
    write: Write, declared: str, actual: str
) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><item><name>Grün</name></item>'
    assert document(write("a.xml", text.encode(actual))).pages[0].text == "item.name: Grün"


def test_members_without_a_reader_are_named(write: Write) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "The gate closes at nine.")
        archive.writestr("model.xyz", b"\x00\x01")
    text, errors = documents(write("a.zip", buffer.getvalue()))
    assert text.pages[0].text == "The gate closes at nine."
    assert errors.pages[0].note == "members left out: model.xyz (no reader)"
