"""Conversations that outlive the process: turns in SQLite, listed, resumed, exported.

One file in the user's data folder, readable by its owner alone. Every turn is written at once, in
a transaction of its own, so that a conversation is complete after any crash.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from rag_infer.errors import InputError
from rag_infer.paths import data_folder
from rag_infer.types import Answer
from rag_infer.userdata.sqlite import open_database, transaction

_TITLE_CHARACTERS = 60
MAX_TITLE_CHARS = 200
_LOCK_TIMEOUT_S = 10.0
_PRAGMAS = ("foreign_keys = ON", "secure_delete = ON")


@dataclass(frozen=True, slots=True)
class CitedSource:
    """Where a quote of an answer is: ``location`` for people, the rest as in ``Span``."""

    number: int
    location: str
    quote: str
    document_id: str = ""
    page_number: int = 0
    start: int = 0
    end: int = 0
    format: str = ""


@dataclass(frozen=True, slots=True)
class TurnGrade:
    """How sure an answer was when it was given.

    Attributes:
        grade: As in ``Answer``.
        probability: That it is the right one.
        reason: Why there is none, or what is to be known of it.
        verdicts: How many of its claims have each verdict.
        kind: Whether it was read from a table, computed from one, or by a tool.
    """

    grade: str | None
    probability: float | None
    reason: str | None
    verdicts: Mapping[str, int]
    kind: Literal["", "table", "computed", "tool"]


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """A question and its answer. ``at`` is UTC in ISO 8601; ``grade`` is None for old ones."""

    question: str
    answer: str
    answered: bool
    model: str
    sources: tuple[CitedSource, ...]
    at: str
    grade: TurnGrade | None = None


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation as it is listed.

    ``index`` is the index that it is about, ``changed`` the UTC time of its last turn, ``turns``
    how many there are.
    """

    id: str
    index: str
    title: str
    changed: str
    turns: int


class ConversationStore:
    """The conversations in one file; by default that of the user.

    Every method raises InputError for a conversation that does not exist.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = default_path() if path is None else path

    def start(self, index: str) -> str:
        """Starts a conversation about an index; it is listed once it has a turn.

        Returns:
            The id of the conversation.
        """
        conversation = secrets.token_hex(4)
        with self._open() as database:
            database.execute(
                "INSERT INTO conversations VALUES (?, ?, '', ?)", (conversation, index, _now())
            )
        return conversation

    def add(self, conversation: str, answer: Answer) -> None:
        """Appends a turn."""
        sources = [asdict(source) for source in cited_sources(answer)]
        with self._open() as database, transaction(database):
            self._require(database, conversation)
            (number,) = database.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM turns WHERE conversation = ?",
                (conversation,),
            ).fetchone()
            database.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (conversation, number, answer.question, answer.text, int(answer.answered),
                 answer.model, json.dumps(sources, ensure_ascii=False), _now(),
                 json.dumps(asdict(turn_grade(answer)), ensure_ascii=False)),
            )  # fmt: skip
            title = " ".join(answer.question.split())[:_TITLE_CHARACTERS]
            database.execute(
                "UPDATE conversations SET changed_at = ?, title = iif(title = '', ?, title)"
                " WHERE id = ?",
                (_now(), title, conversation),
            )

    def delete_last_turn(self, conversation: str) -> None:
        """Deletes the last turn and overwrites its text."""
        with self._open() as database:
            database.execute(
                "DELETE FROM turns WHERE conversation = ?1 AND number ="
                " (SELECT max(number) FROM turns WHERE conversation = ?1)",
                (conversation,),
            )

    def turns(self, conversation: str) -> list[ConversationTurn]:
        """All turns, oldest first."""
        with self._open() as database:
            self._require(database, conversation)
            rows = database.execute(
                "SELECT question, answer, answered, model, sources, answered_at, grade FROM turns"
                " WHERE conversation = ? ORDER BY number",
                (conversation,),
            ).fetchall()
        return [
            ConversationTurn(
                question, answer, bool(answered), model, _sources(sources), at, _grade(grade)
            )
            for question, answer, answered, model, sources, at, grade in rows
        ]

    def all(self, index: str | None = None, words: str = "") -> list[StoredConversation]:
        """Conversations with at least a turn, the newest first.

        Args:
            index: Of this index alone; None: of all.
            words: Only those with all of these words in their title or in one of their turns.
        """
        with self._open() as database:
            rows = database.execute(
                "SELECT id, index_path, title, changed_at, count(number),"
                " group_concat(question || ' ' || answer, ' ') FROM conversations"
                " JOIN turns ON conversation = id WHERE ?1 IS NULL OR index_path = ?1"
                " GROUP BY id ORDER BY changed_at DESC, max(turns.rowid) DESC",
                (index,),
            ).fetchall()
        # Case is folded here: SQLite knows that of ASCII only.
        parts = words.casefold().split()
        return [
            StoredConversation(*row)
            for *row, text in rows
            if all(part in f"{row[2]} {text}".casefold() for part in parts)
        ]

    def rename(self, conversation: str, title: str) -> None:
        """Gives a conversation another title.

        Raises:
            InputError: The title is empty or too long.
        """
        title = " ".join(title.split())
        if not title or len(title) > MAX_TITLE_CHARS:
            raise InputError(
                f"a title has 1 to {MAX_TITLE_CHARS} characters", code="invalid_argument"
            )
        with self._open() as database:
            self._require(database, conversation)
            database.execute(
                "UPDATE conversations SET title = ? WHERE id = ?", (title, conversation)
            )

    def last(self, index: str) -> str:
        """The id of the conversation about an index that was changed last."""
        conversations = self.all(index)
        if not conversations:
            raise InputError("there is no conversation to continue", code="no_conversation")
        return conversations[0].id

    def remove(self, conversation: str) -> None:
        """Deletes a conversation and overwrites its text."""
        with self._open() as database, transaction(database):
            self._require(database, conversation)
            database.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def remove_older(self, days: int) -> int:
        """Deletes conversations without a turn for so many days, and overwrites their text.

        Returns:
            How many were deleted.
        """
        before = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
        with self._open() as database:
            return database.execute(
                "DELETE FROM conversations WHERE changed_at < ?", (before,)
            ).rowcount

    def _require(self, database: sqlite3.Connection, conversation: str) -> None:
        row = database.execute(
            "SELECT 1 FROM conversations WHERE id = ?", (conversation,)
        ).fetchone()
        if row is None:
            raise InputError(
                "no such conversation", where=conversation, code="unknown_conversation"
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with open_database(
            self._path, _SCHEMA, timeout_s=_LOCK_TIMEOUT_S, pragmas=_PRAGMAS
        ) as database:
            yield database


def cited_sources(answer: Answer) -> tuple[CitedSource, ...]:
    """The citations of an answer as they are stored."""
    return tuple(
        CitedSource(
            c.number, c.location, c.span.quote, c.span.document_id, c.span.page_number,
            c.span.start, c.span.end, c.format,
        )
        for c in answer.citations
    )  # fmt: skip


def turn_grade(answer: Answer) -> TurnGrade:
    """How sure an answer is, as it is stored."""
    kind: Literal["", "table", "computed", "tool"] = ""
    if answer.table is not None:
        kind = "computed" if answer.table.computation else "table"
    elif answer.tool_results:
        kind = "tool"
    verdicts = Counter(str(claim.verdict) for claim in answer.claims)
    return TurnGrade(answer.grade, answer.probability, answer.reason, dict(verdicts), kind)


def history(turns: Sequence[ConversationTurn]) -> list[dict[str, str]]:
    """Turns as the messages that ``AskOptions.history`` takes."""
    return [
        {"role": role, "content": content}
        for turn in turns
        for role, content in (("user", turn.question), ("assistant", turn.answer))
    ]


def as_markdown(turns: Sequence[ConversationTurn]) -> str:
    """A conversation to read or send: questions, answers, sources with their quotes."""
    lines: list[str] = []
    for turn in turns:
        lines += [f"## {' '.join(turn.question.split())}", "", turn.answer, ""]
        for source in turn.sources:
            quote = " ".join(source.quote.split())
            lines.append(f"> [{source.number}] {source.location}: “{quote}”")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def default_path() -> Path:
    """The file of the user of this machine."""
    return data_folder() / "conversations.sqlite"


def _create(database: sqlite3.Connection) -> None:
    """Version 1; files without a version have these tables already."""
    database.execute(
        "CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, place TEXT NOT NULL,"
        " title TEXT NOT NULL, changed TEXT NOT NULL) STRICT"
    )
    database.execute(
        "CREATE TABLE IF NOT EXISTS turns (conversation TEXT NOT NULL REFERENCES conversations (id)"
        " ON DELETE CASCADE, number INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,"
        " answered INTEGER NOT NULL, generator TEXT NOT NULL, sources TEXT NOT NULL,"
        " at TEXT NOT NULL, PRIMARY KEY (conversation, number)) STRICT"
    )


def _name_columns_and_sources(database: sqlite3.Connection) -> None:
    """Version 2: columns by the names of the library; sources as objects, once plain lists."""
    for table, old, new in (
        ("conversations", "place", "index_path"),
        ("conversations", "changed", "changed_at"),
        ("turns", "generator", "model"),
        ("turns", "at", "answered_at"),
    ):
        database.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    names = [field.name for field in fields(CitedSource)]
    for row, text in database.execute("SELECT rowid, sources FROM turns").fetchall():
        # The oldest files have the first three fields of a source, later ones all of them.
        objects = [dict(zip(names, values, strict=False)) for values in json.loads(text)]
        database.execute(
            "UPDATE turns SET sources = ? WHERE rowid = ?",
            (json.dumps(objects, ensure_ascii=False), row),
        )


def _add_grades(database: sqlite3.Connection) -> None:
    """Version 3: how sure each answer was."""
    database.execute("ALTER TABLE turns ADD COLUMN grade TEXT")


_SCHEMA = (_create, _name_columns_and_sources, _add_grades)


def _sources(text: str) -> tuple[CitedSource, ...]:
    return tuple(CitedSource(**source) for source in json.loads(text))


def _grade(text: str | None) -> TurnGrade | None:
    return None if text is None else TurnGrade(**json.loads(text))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
