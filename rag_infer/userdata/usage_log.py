"""Which questions were asked and what they cost, stored on this machine only.

One SQLite file in the user's data folder, readable by its owner alone. Questions are in it, answers
and passages are not. A log that cannot be written never costs the answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.errors import RagError
from rag_infer.paths import data_folder
from rag_infer.types import Answer
from rag_infer.userdata.sqlite import open_database

_LOCK_TIMEOUT_S = 2.0
# The last line of a log may be lost in a power cut; waiting for the disk costs more.
_PRAGMAS = ("synchronous = OFF",)


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """One question. ``at`` is UTC in ISO 8601; ``cost`` is None where no price is configured."""

    at: str
    index: str
    question: str
    model: str
    answered: int
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None
    retrieval_s: float
    first_token_s: float | None
    total_s: float


@dataclass(frozen=True, slots=True)
class UsageSummary:
    """All questions to one model together."""

    model: str
    questions: int
    answered: int
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float


class UsageLog:
    """The log in one file; by default that of the user."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = default_path() if path is None else path

    def add(self, index: str, answer: Answer) -> bool:
        """Logs the figures of an answer.

        Returns:
            Whether the log was created for it, so that the user can be told where it is.
        """
        usage = answer.usage
        row = (
            datetime.now(UTC).isoformat(timespec="seconds"), index, answer.question,
            answer.model, int(answer.answered), usage.prompt_tokens, usage.cached_tokens,
            usage.output_tokens, usage.cost, usage.retrieval_s, usage.first_token_s, usage.total_s,
        )  # fmt: skip
        try:
            is_new = not self.path.exists()
            with self._open() as database:
                values = ", ".join("?" * len(row))
                database.execute(f"INSERT INTO questions VALUES ({values})", row)  # noqa: S608
        except (OSError, RagError):
            return False
        return is_new

    def last(self, count: int = 20) -> list[UsageRecord]:
        """The last questions, the newest first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT * FROM questions ORDER BY rowid DESC LIMIT ?", (count,)
            ).fetchall()
        return [UsageRecord(*row) for row in rows]

    def summed(self) -> list[UsageSummary]:
        """The sums of each model, the most used first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT model, count(*), sum(answered), sum(prompt_tokens),"
                " sum(cached_tokens), sum(output_tokens), sum(cost), sum(total_s)"
                " FROM questions GROUP BY model ORDER BY count(*) DESC"
            ).fetchall()
        return [UsageSummary(*row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with open_database(
            self.path, _SCHEMA, timeout_s=_LOCK_TIMEOUT_S, pragmas=_PRAGMAS
        ) as database:
            yield database


def default_path() -> Path:
    """The file of the user of this machine."""
    return data_folder() / "log.sqlite"


def _create(database: sqlite3.Connection) -> None:
    """Version 1; files without a version have this table already."""
    database.execute(
        "CREATE TABLE IF NOT EXISTS asked (at TEXT NOT NULL, place TEXT NOT NULL,"
        " question TEXT NOT NULL, generator TEXT NOT NULL, answered INTEGER NOT NULL,"
        " prompt_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,"
        " output_tokens INTEGER NOT NULL, cost REAL, retrieval_s REAL NOT NULL,"
        " first_token_s REAL, total_s REAL NOT NULL) STRICT"
    )


def _name_columns(database: sqlite3.Connection) -> None:
    """Version 2: names of the library."""
    database.execute("ALTER TABLE asked RENAME TO questions")
    database.execute("ALTER TABLE questions RENAME COLUMN place TO index_path")
    database.execute("ALTER TABLE questions RENAME COLUMN generator TO model")


_SCHEMA = (_create, _name_columns)
