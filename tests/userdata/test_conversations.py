"""Conversations: kept turn by turn, listed, exported, forgotten."""

from __future__ import annotations

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
def kept(tmp_path: Path) -> ConversationStore:
    return ConversationStore(tmp_path / "data" / "conversations.sqlite")


def test_turns_come_back_as_they_were(kept: ConversationStore) -> None:
    one = kept.start("/an/index")
    kept.add(one, answer("Where is the pump?"))
    kept.add(one, answer("And the valve?", "The valve is in bay 8."))
    turns = kept.turns(one)
    assert [t.question for t in turns] == ["Where is the pump?", "And the valve?"]
    assert turns[0].sources[0].quote == QUOTE
    assert [m["role"] for m in history(turns)] == ["user", "assistant"] * 2


def test_only_its_owner_may_read_the_file(kept: ConversationStore, tmp_path: Path) -> None:
    kept.start("/an/index")
    path = tmp_path / "data" / "conversations.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_list_is_by_index_and_newest_first(kept: ConversationStore) -> None:
    first, second, other = (kept.start(place) for place in ("/a", "/a", "/b"))
    kept.start("/a")  # nothing was said in it
    for one in (first, second, other):
        kept.add(one, answer(f"What of {one}?"))
    assert [c.id for c in kept.all("/a")] == [second, first]
    assert len(kept.all()) == 3
    assert kept.last("/a") == second
    assert kept.all("/a")[0].title == f"What of {second}?"


def test_the_last_turn_can_be_taken_back(kept: ConversationStore) -> None:
    one = kept.start("/a")
    kept.add(one, answer("first"))
    kept.add(one, answer("second"))
    kept.take_back(one)
    kept.add(one, answer("third"))
    assert [t.question for t in kept.turns(one)] == ["first", "third"]


def test_what_is_deleted_is_in_no_file(kept: ConversationStore, tmp_path: Path) -> None:
    one = kept.start("/a")
    kept.add(one, answer("A question with the word Quetzalcoatl?"))
    kept.remove(one)
    held = b"".join(p.read_bytes() for p in (tmp_path / "data").iterdir())
    assert b"Quetzalcoatl" not in held
    with pytest.raises(InputError, match="no such conversation"):
        kept.turns(one)


def test_export_reads_well(kept: ConversationStore) -> None:
    one = kept.start("/a")
    kept.add(one, answer("Where is\nthe pump?"))
    assert as_markdown(kept.turns(one)) == (
        "## Where is the pump?\n\nThe pump is in bay 7. [1]\n\n"
        "> [1] notes.md, Parts: “The pump is in bay 7.”\n"
    )


def test_nothing_to_continue_says_so(kept: ConversationStore) -> None:
    with pytest.raises(InputError, match="no conversation to continue; start one"):
        kept.last("/a")
