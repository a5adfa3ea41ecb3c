"""What searches under one filter may see, looked up once and never for another filter."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Filter, Index, TextDocument
from rag_infer.retrieve import is_unknown, word_share
from rag_infer.retrieve.search_scope import search_scope

STAFF, BOARD = Filter(groups=["staff"]), Filter(groups=["board"])


@pytest.fixture
def index(tmp_path: Path) -> Index:
    opened = Index.open(tmp_path / "index", create=True)
    opened.add_documents(
        [
            TextDocument("menu", "The canteen serves soup on Monday."),
            TextDocument("merger", "The board plans the Zephyrine merger.", groups=["board"]),
        ]
    )
    return opened


@pytest.mark.parametrize("first", [STAFF, BOARD])
def test_a_word_of_hidden_documents_stays_unknown_whoever_asks_first(
    index: Index, first: Filter
) -> None:
    snapshot = index.engine.snapshot
    word_share(snapshot, first)("Zephyrine")
    assert is_unknown(word_share(snapshot, STAFF), "Zephyrine")
    assert not is_unknown(word_share(snapshot, BOARD), "Zephyrine")
    assert not is_unknown(word_share(snapshot, STAFF), "canteen")


def test_equal_filters_share_a_scope_and_others_do_not(index: Index) -> None:
    snapshot = index.engine.snapshot
    assert search_scope(snapshot, STAFF) is search_scope(snapshot, Filter(groups={"staff"}))
    assert search_scope(snapshot, STAFF) is not search_scope(snapshot, BOARD)
    assert search_scope(snapshot, Filter(metadata={"a": 1})) is not search_scope(snapshot, Filter())


def test_what_another_program_adds_is_seen_by_the_next_question(index: Index) -> None:
    assert is_unknown(word_share(index.engine.snapshot, Filter()), "rhubarb")
    other = Index.open(index.path)
    other.add_documents([TextDocument("note", "The garden grows rhubarb.")])
    assert not is_unknown(word_share(index.engine.snapshot, Filter()), "rhubarb")
    assert index.search("rhubarb")[0].document_id == "note"
