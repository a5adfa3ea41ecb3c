"""What goes into reading and what comes out of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag_infer.errors import ReadError
from rag_infer.types import Document, Scalar


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. ``id`` is the document id to give (``folder/report.pdf``).

    ``metadata`` is what is known of it from where it lies, beside what its reader finds;
    ``groups`` who may read it by a rule beside it: empty for everyone, None where there is none.
    """

    path: Path
    id: str
    metadata: Mapping[str, Scalar] = field(default_factory=dict, compare=False)
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read.

    ``passwords`` are tried on encrypted files, after the empty one. ``timeout_s`` is how long a
    parser may work without handing anything over, with two seconds more for each MB of the file.
    ``memory_bytes`` bounds a worker's address space. ``ocr`` reads images without a text layer
    when the extra for it is installed. A file with more than ``max_pages`` is refused.
    ``isolate``: not even a small file of a light format is read in this process, as it may come
    from an untrusted user. ``text_fields`` and ``id_field`` name the fields of JSONL records that
    are their text and their id, before the usual names of such fields; several are read one after
    the other.
    """

    passwords: tuple[str, ...] = ()
    timeout_s: float = 60.0
    memory_bytes: int = 1_500 * 2**20
    ocr: bool = True
    max_pages: int | None = None
    isolate: bool = False
    text_fields: tuple[str, ...] = ()
    id_field: str | None = None

    def check_pages(self, count: int) -> None:
        """Raises ReadError for more pages than a file may have."""
        if self.max_pages is not None and count > self.max_pages:
            raise ReadError(
                f"it has more than {self.max_pages:,} pages", hint="split it into parts"
            )

    def seconds_for(self, size: int) -> float:
        """The time limit for a file of ``size`` bytes."""
        return self.timeout_s + 2 * size / 1e6


@dataclass(frozen=True, slots=True)
class FileResult:
    """What reading a file gave: documents, or the error that says why not.

    A file of many records arrives as several results, the final one with ``last``. An error is
    always the last result of its file. ``sha256`` is of the file's bytes, and empty when they
    could not be read.
    """

    source: SourceFile
    sha256: str
    documents: tuple[Document, ...]
    error: ReadError | None
    last: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file as a reader gets it: where it is, what it is called, what its bytes hash to."""

    path: Path
    id: str
    sha256: str
    options: ReadOptions

    def data(self) -> bytes:
        """All of its bytes. Raises ReadError when they would not fit the worker's memory."""
        size = os.stat(self.path).st_size  # noqa: PTH116 - one call, no object
        if size > self.options.memory_bytes // 3:
            raise ReadError(
                f"{size / 1e6:,.0f} MB is too large to read whole", hint="split it into parts"
            )
        return self.path.read_bytes()
