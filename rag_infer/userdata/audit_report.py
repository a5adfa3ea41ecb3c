"""Sums of the audit log of a server by user: who asked how much, of how many documents.

A line that was cut off, as where a disk was full, is counted and left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError

_ASKED = ("ask", "answer", "search")


@dataclass(frozen=True, slots=True)
class UserActivity:
    """What a user did: counts of actions, and of different documents whose text was shown.

    ``first`` and ``last`` are the times of lines, UTC in ISO 8601.
    """

    user: str
    questions: int
    answered: int
    searches: int
    other_actions: int
    documents: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The users, those with most questions first, and how many lines could not be read."""

    users: tuple[UserActivity, ...]
    unreadable_lines: int


@dataclass(slots=True)
class _Sum:
    actions: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    documents: set[tuple[str, str]] = field(default_factory=set)
    first: str = ""
    last: str = ""


def audit_report(paths: Iterable[Path], since: date | None = None) -> AuditReport:
    """Reads the files of an audit log, those that were rotated away too.

    Args:
        paths: The files.
        since: The first day that counts, of UTC.

    Raises:
        InputError: A file cannot be read.
    """
    sums: dict[str, _Sum] = {}
    unreadable = 0
    for path in paths:
        for entry in _entries(path):
            if entry is None:
                unreadable += 1
            elif since is None or entry["time"] >= since.isoformat():
                _add(sums.setdefault(entry["user"], _Sum()), entry)
    users = [_activity(user, total) for user, total in sums.items()]
    users.sort(key=lambda user: (-user.questions, -user.searches, user.user))
    return AuditReport(tuple(users), unreadable)


def _entries(path: Path) -> Iterator[dict[str, Any] | None]:
    """The lines of a file as they were written; None for one that is none of the server."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError):
                    entry = None
                names = ("time", "user", "action", "index")
                is_entry = isinstance(entry, dict) and all(
                    isinstance(entry.get(name), str) for name in names
                )
                yield entry if is_entry else None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error


def _add(total: _Sum, entry: dict[str, Any]) -> None:
    total.actions[entry["action"]] += 1
    total.answered += entry.get("outcome") == "answered"
    documents = entry.get("documents")
    if entry["action"] not in ("remove", "access") and isinstance(documents, list):
        total.documents.update((entry["index"], str(name)) for name in documents)
    total.first = min(total.first or entry["time"], entry["time"])
    total.last = max(total.last, entry["time"])


def _activity(user: str, total: _Sum) -> UserActivity:
    other = sum(count for action, count in total.actions.items() if action not in _ASKED)
    return UserActivity(
        user, total.actions["ask"], total.answered, total.actions["search"], other,
        len(total.documents), total.first, total.last,
    )  # fmt: skip
