"""Conversations that outlive the process: turns in SQLite, found again, listed, exported.

Knows: what of a turn is kept.
Does not know: how questions are answered, terminals.

One file in the user's data folder, readable by its owner alone. Every turn is written at once, in a
transaction of its own, so that a conversation is whole after any crash.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.errors import InputError
from rag_infer.types import Answer

_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, place TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS turns (
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
    answered INTEGER NOT NULL, generator TEXT NOT NULL, sources TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (conversation, number)
) STRICT;
"""
_TITLE = 60


@dataclass(frozen=True, slots=True)
class CitedSource:
    """Where a quote of an answer stands: ``location`` in words, the rest as in ``Span``."""

    number: int
    location: str
    quote: str
    document_id: str = ""
    page_number: int = 0
    start: int = 0
    end: int = 0
    format: str = ""


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """A question and what was answered."""

    question: str
    answer: str
    answered: bool
    model: str
    sources: tuple[CitedSource, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is listed. ``index`` is the index it was about; ``changed`` is UTC."""

    id: str
    index: str
    title: str
    changed: str
    turns: int


class ConversationStore:
    """The conversations kept in one file. Raises InputError for an id that is not there."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = default_path() if path is None else path

    def start(self, place: str) -> str:
        """The id of a new conversation; it is listed once it has a turn."""
        made = secrets.token_hex(4)
        with self._open() as database:
            database.execute(
                "INSERT INTO conversations VALUES (?, ?, '', ?)", (made, place, _now())
            )
        return made

    def add(self, conversation: str, answer: Answer) -> None:
        """Appends a turn."""
        sources = [
            [
                c.number,
                c.location,
                c.span.quote,
                c.span.document_id,
                c.span.page_number,
                c.span.start,
                c.span.end,
                c.format,
            ]
            for c in answer.citations
        ]
        with self._open() as database:
            self._known(database, conversation)
            (number,) = database.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM turns WHERE conversation = ?",
                (conversation,),
            ).fetchone()
            database.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (conversation, number, answer.question, answer.text, int(answer.answered),
                 answer.model, json.dumps(sources, ensure_ascii=False), _now()),
            )  # fmt: skip
            title = " ".join(answer.question.split())[:_TITLE]
            database.execute(
                "UPDATE conversations SET changed = ?, title = iif(title = '', ?, title)"
                " WHERE id = ?",
                (_now(), title, conversation),
            )

    def take_back(self, conversation: str) -> None:
        """Removes the last turn."""
        with self._open() as database:
            database.execute(
                "DELETE FROM turns WHERE conversation = ?1 AND number ="
                " (SELECT max(number) FROM turns WHERE conversation = ?1)",
                (conversation,),
            )

    def turns(self, conversation: str) -> list[ConversationTurn]:
        """All turns, oldest first."""
        with self._open() as database:
            self._known(database, conversation)
            rows = database.execute(
                "SELECT question, answer, answered, generator, sources, at FROM turns"
                " WHERE conversation = ? ORDER BY number",
                (conversation,),
            ).fetchall()
        return [
            ConversationTurn(question, answer, bool(answered), generator, _sources(sources), at)
            for question, answer, answered, generator, sources, at in rows
        ]

    def all(self, place: str | None = None) -> list[Conversation]:
        """Conversations with at least a turn, the newest first; of one index, or of all."""
        with self._open() as database:
            rows = database.execute(
                "SELECT id, place, title, changed, count(number) FROM conversations"
                " JOIN turns ON conversation = id WHERE ?1 IS NULL OR place = ?1"
                " GROUP BY id ORDER BY changed DESC, max(turns.rowid) DESC",
                (place,),
            ).fetchall()
        return [Conversation(*row) for row in rows]

    def last(self, place: str) -> str:
        """The conversation about an index that was changed last."""
        found = self.all(place)
        if not found:
            raise InputError("there is no conversation to continue", hint="start one: rag chat")
        return found[0].id

    def remove(self, conversation: str) -> None:
        """Deletes a conversation and overwrites its text."""
        with self._open() as database:
            self._known(database, conversation)
            database.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def _known(self, database: sqlite3.Connection, conversation: str) -> None:
        row = database.execute(
            "SELECT 1 FROM conversations WHERE id = ?", (conversation,)
        ).fetchone()
        if row is None:
            raise InputError(
                "no such conversation", where=conversation, hint="see: rag chat --list"
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(self._path, timeout=10)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("PRAGMA secure_delete = ON")
            database.executescript(_TABLES)
            with database:
                yield database


def history(turns: Sequence[ConversationTurn]) -> list[dict[str, str]]:
    """Turns as ``AskOptions.history`` takes them."""
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
    """Where conversations are kept when nobody says otherwise."""
    import platformdirs

    return Path(platformdirs.user_data_dir("rag-infer")) / "conversations.sqlite"


def _sources(stored: str) -> tuple[CitedSource, ...]:
    # Conversations of earlier versions have the first three of these.
    return tuple(
        CitedSource(int(n), str(place), str(quote), *rest)
        for n, place, quote, *rest in json.loads(stored)
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
