"""What people said of answers: right or wrong, and what would have been right.

One SQLite file in the user's data folder, readable by its owner alone; a server has one for each
of its users, as with conversations.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.errors import InputError
from rag_infer.paths import data_folder
from rag_infer.types import Answer
from rag_infer.userdata.conversations import CitedSource, ConversationTurn, cited_sources
from rag_infer.userdata.sqlite import open_database, transaction

MAX_CORRECTION_CHARS = 4_000
_LOCK_TIMEOUT_S = 10.0
_PRAGMAS = ("secure_delete = ON",)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a person said of an answer.

    Attributes:
        id: Number within the file.
        at: UTC in ISO 8601.
        index: The index that was asked, as conversations name it.
        question: The question.
        answer: The answer.
        answered: Whether it was an answer; False for a refusal.
        is_right: What the person said.
        correction: What would have been right, if the person said so.
        sources: What the answer cited.
        passage: The passage that would have answered it, if the person pointed at one.
    """

    id: int
    at: str
    index: str
    question: str
    answer: str
    answered: bool
    is_right: bool
    correction: str | None
    sources: tuple[CitedSource, ...]
    passage: CitedSource | None = None


class FeedbackStore:
    """The feedback in one file; by default that of the user."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = default_path() if path is None else path

    def add(
        self,
        index: str,
        turn: ConversationTurn,
        *,
        is_right: bool,
        correction: str | None = None,
        passage: CitedSource | None = None,
    ) -> int:
        """Stores what a person said of an answer; what was said of it before is replaced.

        Returns:
            The id of the feedback.

        Raises:
            InputError: The correction is too long, or a right answer is corrected.
        """
        correction = (correction or "").strip() or None
        if is_right and (correction is not None or passage is not None):
            raise InputError("a right answer needs no correction", code="invalid_argument")
        if correction is not None and len(correction) > MAX_CORRECTION_CHARS:
            raise InputError(
                f"the correction is longer than {MAX_CORRECTION_CHARS:,} characters",
                code="invalid_argument",
            )
        sources = json.dumps([asdict(source) for source in turn.sources], ensure_ascii=False)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        with self._open() as database, transaction(database):
            database.execute(
                "DELETE FROM feedback WHERE index_path = ? AND question = ? AND answer = ?",
                (index, turn.question, turn.answer),
            )
            cursor = database.execute(
                "INSERT INTO feedback (given_at, index_path, question, answer, answered, is_right,"
                " correction, sources, passage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (at, index, turn.question, turn.answer, int(turn.answered), int(is_right),
                 correction, sources, passage and json.dumps(asdict(passage))),
            )  # fmt: skip
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def all(self, index: str | None = None) -> list[Feedback]:
        """The feedback about one index, or about all, oldest first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT id, given_at, index_path, question, answer, answered, is_right, correction,"
                " sources, passage FROM feedback WHERE ?1 IS NULL OR index_path = ?1 ORDER BY id",
                (index,),
            ).fetchall()
        return [_feedback(row) for row in rows]

    def remove(self, feedback_id: int) -> None:
        """Deletes a piece of feedback and overwrites its text.

        Raises:
            InputError: There is none of that id.
        """
        with self._open() as database:
            cursor = database.execute("DELETE FROM feedback WHERE id = ?", (feedback_id,))
            if not cursor.rowcount:
                raise InputError(
                    "no such feedback", where=str(feedback_id), code="unknown_feedback"
                )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with open_database(
            self.path, _SCHEMA, timeout_s=_LOCK_TIMEOUT_S, pragmas=_PRAGMAS
        ) as database:
            yield database


def turn_of(answer: Answer) -> ConversationTurn:
    """An answer as the turn that conversations store."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return ConversationTurn(
        answer.question, answer.text, answer.answered, answer.model, cited_sources(answer), at
    )


def default_path() -> Path:
    """The file of the user of this machine."""
    return data_folder() / "feedback.sqlite"


def _create(database: sqlite3.Connection) -> None:
    database.execute(
        "CREATE TABLE feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, given_at TEXT NOT NULL,"
        " index_path TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,"
        " answered INTEGER NOT NULL, is_right INTEGER NOT NULL, correction TEXT,"
        " sources TEXT NOT NULL) STRICT"
    )


def _add_passage(database: sqlite3.Connection) -> None:
    """Version 2: the passage that would have answered."""
    database.execute("ALTER TABLE feedback ADD COLUMN passage TEXT")


_SCHEMA = (_create, _add_passage)


def _feedback(row: Sequence[object]) -> Feedback:
    id_, at, index, question, answer, answered, is_right, correction, sources, passage = row
    assert isinstance(id_, int)
    return Feedback(
        id_,
        str(at),
        str(index),
        str(question),
        str(answer),
        bool(answered),
        bool(is_right),
        None if correction is None else str(correction),
        tuple(CitedSource(**source) for source in json.loads(str(sources))),
        None if passage is None else CitedSource(**json.loads(str(passage))),
    )
