"""What a run of indexing tells its caller: progress while it works, a report at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag_infer.types import JsonResult


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; counts are of this run, times in seconds."""

    files_done: int
    files_total: int
    pages: int
    chunks: int
    seconds: float
    current: str = ""


@dataclass(frozen=True, slots=True)
class FileReport(JsonResult):
    """A file that was indexed. ``notes`` name what was not read, or read in part.

    ``copy_of`` is the document that the file is another name of, as its content is the same.
    """

    id: str
    documents: int
    pages: int
    chunks: int
    notes: tuple[str, ...] = ()
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Failure(JsonResult):
    """A file that could not be read, and why. An earlier version of it stays as it was."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnreachablePath(JsonResult):
    """A file or folder (``share/``) that could not be looked at; ``documents`` of it stay."""

    id: str
    reason: str
    documents: int


@dataclass(frozen=True, slots=True)
class IngestReport(JsonResult):
    """What a run did.

    Attributes:
        embedded: The number of texts that went through the model.
        unreachable: What could not be looked at and has documents in the index.
        left_out: How many web pages were not taken in, by reason.
        regrouped: How many unchanged files may be read by others now.
    """

    indexed: tuple[FileReport, ...]
    unchanged: int
    removed: tuple[str, ...]
    failed: tuple[Failure, ...]
    skipped: dict[str, int]
    chunks: int
    embedded: int
    generation: int
    seconds: float
    interrupted: bool = False
    unreachable: tuple[UnreachablePath, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    regrouped: int = 0
