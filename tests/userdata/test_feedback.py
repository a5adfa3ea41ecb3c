"""Feedback is private, replaced by what is said later, and deleted for good."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rag_infer import InputError
from rag_infer.userdata.conversations import CitedSource, ConversationTurn
from rag_infer.userdata.feedback import FeedbackStore

SOURCE = CitedSource(1, "lease.md", "The rent is 900 euros.", "lease.md", 1, 0, 22, "md")
TURN = ConversationTurn("What is the rent?", "900 euros [1]", True, "extractive", (SOURCE,), "")


def test_what_is_said_later_of_an_answer_counts(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "a" / "feedback.sqlite")
    assert store.all() == []
    store.add("/i", TURN, is_right=True)
    number = store.add("/i", TURN, is_right=False, correction="  950 euros ")
    store.add("/other", TURN, is_right=True)
    (one,) = store.all("/i")
    assert (one.id, one.is_right, one.correction, one.sources) == (
        number, False, "950 euros", (SOURCE,),
    )  # fmt: skip
    assert len(store.all()) == 2
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_deleted_feedback_leaves_no_text(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "feedback.sqlite")
    number = store.add("/i", TURN, is_right=False, correction="xylophone rent")
    assert b"xylophone" in store.path.read_bytes()
    store.remove(number)
    assert b"xylophone" not in store.path.read_bytes()
    with pytest.raises(InputError, match="no such feedback"):
        store.remove(number)


@pytest.mark.parametrize(("is_right", "correction"), [(True, "x"), (False, "x" * 4001)])
def test_senseless_corrections_are_refused(tmp_path: Path, is_right: bool, correction: str) -> None:
    with pytest.raises(InputError):
        FeedbackStore(tmp_path / "f.sqlite").add(
            "/i", TURN, is_right=is_right, correction=correction
        )
