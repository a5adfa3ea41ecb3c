"""Links to answers: which turn of whose conversation a link shows, and the files that it quoted.

A link holds no text. What it shows is read from the conversation itself, so a conversation that is
deleted takes its links with it.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError
from rag_infer.userdata.sqlite import open_database

_LOCK_TIMEOUT_S = 10.0
_ID_BYTES = 12


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """A link to an answer.

    Attributes:
        id: Of the link; it cannot be guessed.
        owner: Who made it.
        owner_labels: What its owner might read when it was made; None: everything.
        index: The index that was asked.
        conversation: The conversation of its owner.
        turn: The turn of that, from 1.
        at: When it was made, UTC in ISO 8601.
        hashes: The SHA-256 of each document that the answer quotes, by document id.
    """

    id: str
    owner: str
    owner_labels: frozenset[str] | None
    index: str
    conversation: str
    turn: int
    at: str
    hashes: Mapping[str, str]


class SharedAnswerStore:
    """The links of a server, in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(
        self,
        owner: str,
        owner_labels: frozenset[str] | None,
        index: str,
        conversation: str,
        turn: int,
        hashes: Mapping[str, str],
    ) -> SharedAnswer:
        """Makes a link."""
        share = SharedAnswer(
            secrets.token_urlsafe(_ID_BYTES), owner, owner_labels, index, conversation, turn,
            datetime.now(UTC).isoformat(timespec="seconds"), dict(hashes),
        )  # fmt: skip
        labels = None if owner_labels is None else json.dumps(sorted(owner_labels))
        with self._open() as database:
            database.execute(
                "INSERT INTO shares VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (share.id, owner, labels, index, conversation, turn, share.at, json.dumps(hashes)),
            )
        return share

    def one(self, share_id: str) -> SharedAnswer:
        """The link of an id.

        Raises:
            InputError: There is none.
        """
        with self._open() as database:
            row = database.execute("SELECT * FROM shares WHERE id = ?", (share_id,)).fetchone()
        if row is None:
            raise _unknown(share_id)
        return _share(row)

    def of_owner(self, owner: str) -> list[SharedAnswer]:
        """The links of one owner, the newest first."""
        with self._open() as database:
            rows = database.execute(
                "SELECT * FROM shares WHERE owner = ? ORDER BY made_at DESC, rowid DESC", (owner,)
            ).fetchall()
        return [_share(row) for row in rows]

    def remove(self, share_id: str, owner: str) -> None:
        """Deletes a link.

        Raises:
            InputError: The owner has none of that id.
        """
        with self._open() as database:
            cursor = database.execute(
                "DELETE FROM shares WHERE id = ? AND owner = ?", (share_id, owner)
            )
            if not cursor.rowcount:
                raise _unknown(share_id)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with open_database(self._path, _SCHEMA, timeout_s=_LOCK_TIMEOUT_S) as database:
            yield database


def _share(row: tuple[Any, ...]) -> SharedAnswer:
    id_, owner, labels, index, conversation, turn, at, hashes = row
    owner_labels = None if labels is None else frozenset(json.loads(labels))
    return SharedAnswer(id_, owner, owner_labels, index, conversation, turn, at, json.loads(hashes))


def _unknown(share_id: str) -> InputError:
    return InputError("no such shared answer", where=share_id, code="unknown_share")


def _create(database: sqlite3.Connection) -> None:
    database.execute(
        "CREATE TABLE shares (id TEXT PRIMARY KEY, owner TEXT NOT NULL, owner_labels TEXT,"
        " index_name TEXT NOT NULL, conversation TEXT NOT NULL, turn INTEGER NOT NULL,"
        " made_at TEXT NOT NULL, hashes TEXT NOT NULL) STRICT"
    )


_SCHEMA = (_create,)
