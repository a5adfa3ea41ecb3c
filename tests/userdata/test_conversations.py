"""Conversations: stored turn by turn, listed, exported, deleted, upgraded."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from rag_infer.errors import InputError
from rag_infer.types import Answer, Citation, Span
from rag_infer.userdata.conversations import ConversationStore, as_markdown, history

QUOTE = "The pump is in bay 7."


def answer(question: str, text: str = QUOTE) -> Answer:
    cited = Citation(1, Span("notes.md", 1, 0, len(text), text), ("Parts",))
    return Answer(question, f"{text} [1]", True, "extractive", (cited,))


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(tmp_path / "data" / "conversations.sqlite")


def test_turns_come_back_as_they_were(store: ConversationStore) -> None:
    conversation = store.start("/an/index")
    store.add(conversation, answer("Where is the pump?"))
    store.add(conversation, answer("And the valve?", "The valve is in bay 8."))
    turns = store.turns(conversation)
    assert [t.question for t in turns] == ["Where is the pump?", "And the valve?"]
    assert turns[0].sources[0].quote == QUOTE
    assert [m["role"] for m in history(turns)] == ["user", "assistant"] * 2


def test_only_its_owner_may_read_the_file(store: ConversationStore, tmp_path: Path) -> None:
    store.start("/an/index")
    path = tmp_path / "data" / "conversations.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_list_is_by_index_and_newest_first(store: ConversationStore) -> None:
    first, second, other = (store.start(index) for index in ("/a", "/a", "/b"))
    store.start("/a")  # nothing was said in it
    for conversation in (first, second, other):
        store.add(conversation, answer(f"What of {conversation}?"))
    assert [c.id for c in store.all("/a")] == [second, first]
    assert len(store.all()) == 3
    assert store.last("/a") == second
    assert store.all("/a")[0].title == f"What of {second}?"


def test_the_last_turn_can_be_deleted(store: ConversationStore) -> None:
    conversation = store.start("/a")
    store.add(conversation, answer("first"))
    store.add(conversation, answer("second"))
    store.delete_last_turn(conversation)
    store.add(conversation, answer("third"))
    assert [t.question for t in store.turns(conversation)] == ["first", "third"]


def test_what_is_deleted_is_in_no_file(store: ConversationStore, tmp_path: Path) -> None:
    conversation = store.start("/a")
    store.add(conversation, answer("A question with the word Quetzalcoatl?"))
    store.remove(conversation)
    stored = b"".join(p.read_bytes() for p in (tmp_path / "data").iterdir())
    assert b"Quetzalcoatl" not in stored
    with pytest.raises(InputError, match="no such conversation"):
        store.turns(conversation)


def test_export_reads_well(store: ConversationStore) -> None:
    conversation = store.start("/a")
    store.add(conversation, answer("Where is\nthe pump?"))
    assert as_markdown(store.turns(conversation)) == (
        "## Where is the pump?\n\nThe pump is in bay 7. [1]\n\n"
        "> [1] notes.md, Parts: “The pump is in bay 7.”\n"
    )


def test_nothing_to_continue_says_so(store: ConversationStore) -> None:
    with pytest.raises(InputError, match="no conversation to continue"):
        store.last("/a")


UNVERSIONED = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, place TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL
) STRICT;
CREATE TABLE turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
    answered INTEGER NOT NULL, generator TEXT NOT NULL, sources TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (conversation, number)
) STRICT;
"""


@pytest.mark.parametrize("length", [3, 8])
def test_files_without_a_version_are_upgraded(tmp_path: Path, length: int) -> None:
    path = tmp_path / "conversations.sqlite"
    source = [1, "notes.md, Parts", QUOTE, "notes.md", 1, 3, 24, "markdown"][:length]
    with sqlite3.connect(path) as database:
        database.executescript(UNVERSIONED)
        database.execute("INSERT INTO conversations VALUES ('c1', '/a', 'T', '2026-01-01')")
        row = ("c1", 1, "q", "a [1]", 1, "extractive", json.dumps([source]), "2026-01-01")
        database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    database.close()
    store = ConversationStore(path)
    (turn,) = store.turns("c1")
    assert (turn.model, turn.sources[0].quote) == ("extractive", QUOTE)
    assert turn.sources[0].end == (24 if length == 8 else 0)
    store.add("c1", answer("And more?"))
    assert len(ConversationStore(path).turns("c1")) == 2
