"""What was asked and what it cost, kept on this machine only.

Knows: what of an answer is written down, how rows are summed.
Does not know: how answers are made, terminals.

One SQLite file in the user's data folder, readable by its owner alone. Questions are in it, answers
and passages are not. A log that cannot be written costs the log and never the answer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.types import Answer

_TABLE = """
CREATE TABLE IF NOT EXISTS asked (
    at TEXT NOT NULL, place TEXT NOT NULL, question TEXT NOT NULL, generator TEXT NOT NULL,
    answered INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL, cost REAL, retrieval_s REAL NOT NULL, first_token_s REAL,
    total_s REAL NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """A question that was asked. ``at`` is UTC; ``cost`` None: no price is known."""

    at: str
    place: str
    question: str
    generator: str
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
    """All questions to one generator together."""

    generator: str
    questions: int
    answered: int
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None
    seconds: float


class UsageLog:
    """The log in one file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = default_path() if path is None else path

    def add(self, place: str, answer: Answer) -> bool:
        """Writes an answer's figures down; True when the log began with it, False otherwise."""
        begins = not self.path.exists()
        usage = answer.usage
        row = (
            datetime.now(UTC).isoformat(timespec="seconds"), place, answer.question,
            answer.model, int(answer.answered), usage.prompt_tokens, usage.cached_tokens,
            usage.output_tokens, usage.cost, usage.retrieval_s, usage.first_token_s, usage.total_s,
        )  # fmt: skip
        try:
            with self._open() as database:
                database.execute(f"INSERT INTO asked VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        except (OSError, sqlite3.Error):
            return False
        return begins

    def last(self, count: int = 20) -> list[UsageRecord]:
        """The last questions, the newest first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT * FROM asked ORDER BY rowid DESC LIMIT ?", (count,)
            ).fetchall()
        return [UsageRecord(*row) for row in rows]

    def summed(self) -> list[UsageSummary]:
        """What was asked of each generator, the most used first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "SELECT generator, count(*), sum(answered), sum(prompt_tokens),"
                " sum(cached_tokens), sum(output_tokens), sum(cost), sum(total_s)"
                " FROM asked GROUP BY generator ORDER BY count(*) DESC"
            ).fetchall()
        return [UsageSummary(*row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(self.path, timeout=2)) as database:
            # The last line of a log may be lost in a power cut; waiting for the disk costs more.
            database.execute("PRAGMA synchronous = OFF")
            database.execute(_TABLE)
            with database:
                yield database


def default_path() -> Path:
    """Where the log is kept when nobody says otherwise."""
    import platformdirs

    return Path(platformdirs.user_data_dir("rag-infer")) / "log.sqlite"
