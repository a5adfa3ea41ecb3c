"""The plan of a job: its files in tasks of about equal size, and what came of each task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag_infer.errors import CorruptIndexError
from rag_infer.index.manifest import FileEntry, SegmentEntry
from rag_infer.ingest.reports import Failure, FileReport

TASK_BYTES = 64 * 2**20
TASK_FILES = 2_000


@dataclass(frozen=True, slots=True)
class Task:
    """Files, by their ids, that become one segment. The halves of a task are tasks, too."""

    name: str
    files: tuple[str, ...]

    def halves(self) -> tuple[Task, Task]:
        """Two tasks, always the same, for one that kills its workers."""
        middle = len(self.files) // 2
        return (
            Task(f"{self.name}a", self.files[:middle]),
            Task(f"{self.name}b", self.files[middle:]),
        )


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What came of a task. ``entry`` is None where no file of it gave a document."""

    entry: SegmentEntry | None
    reports: tuple[FileReport, ...]
    failed: tuple[Failure, ...]
    embedded: int

    def to_bytes(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def parse(cls, data: bytes, where: str) -> TaskOutcome:
        """From what is stored. Raises CorruptIndexError."""
        try:
            fields = json.loads(data)
            entry = fields["entry"]
            reports = [
                FileReport(**{**report, "notes": tuple(report["notes"])})
                for report in fields["reports"]
            ]
            failed = tuple(Failure(**failure) for failure in fields["failed"])
            return cls(
                None if entry is None else _segment(entry),
                tuple(reports),
                failed,
                int(fields["embedded"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptIndexError(f"is damaged ({error})", where=where) from error


def cut(sizes: Sequence[tuple[str, int]], most: int = TASK_BYTES) -> tuple[Task, ...]:
    """Files, with their sizes in bytes, as tasks: in their order, each of about so many bytes."""
    groups: list[list[str]] = []
    space = 0
    for name, size in sizes:
        if not groups or size > space or len(groups[-1]) >= TASK_FILES:
            groups.append([])
            space = most
        groups[-1].append(name)
        space -= size
    return tuple(Task(f"{n:05d}", tuple(group)) for n, group in enumerate(groups))


def tasks_to_bytes(tasks: Sequence[Task]) -> bytes:
    """A plan as it is stored."""
    return json.dumps({"tasks": [asdict(task) for task in tasks]}, ensure_ascii=False).encode()


def parse_tasks(data: bytes, where: str) -> tuple[Task, ...]:
    """A plan from what is stored. Raises CorruptIndexError."""
    try:
        stored = json.loads(data)["tasks"]
        return tuple(Task(str(task["name"]), tuple(map(str, task["files"]))) for task in stored)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptIndexError(f"is damaged ({error})", where=where) from error


def _segment(fields: dict[str, Any]) -> SegmentEntry:
    return SegmentEntry(
        name=str(fields["name"]),
        documents=int(fields["documents"]),
        chunks=int(fields["chunks"]),
        files={str(name): FileEntry(**file) for name, file in fields["files"].items()},
        deleted=tuple(int(ordinal) for ordinal in fields["deleted"]),
    )
