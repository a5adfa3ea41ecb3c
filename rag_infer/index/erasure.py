"""Proof that the text of removed documents is gone from the files of an index.

Passages of each document, taken before it is removed, are looked for afterwards in every byte of
the folder. One that another document also has (a letterhead, a copy) is not counted: it must stay.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.snapshot import Snapshot
from rag_infer.types.json_result import JsonResult

_SAMPLE_CHARS = 48
_SAMPLES_PER_PAGE = 8


@dataclass(frozen=True, slots=True)
class ErasedDocument(JsonResult):
    """A document that was removed: its id and the SHA-256 and size of its file."""

    id: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ErasureCertificate(JsonResult):
    """What was removed from an index, and what was looked at afterwards.

    Attributes:
        index: The folder of the index.
        at: When, in UTC (ISO 8601).
        generation: The first generation without the documents.
        documents: What was removed.
        passages_checked: Passages of the documents that were looked for.
        passages_shared: Further ones that other documents have too; they stay with those.
        files_checked: Files of the index that were read.
        bytes_checked: Their size.
        remaining: Files that still hold a passage; empty if all is gone.
        version: Of rag-infer.
    """

    index: str
    at: str
    generation: int
    documents: tuple[ErasedDocument, ...]
    passages_checked: int
    passages_shared: int
    files_checked: int
    bytes_checked: int
    remaining: tuple[str, ...]
    version: str

    @property
    def is_complete(self) -> bool:
        """Whether no file of the index holds a passage any more."""
        return not self.remaining


class ErasureCheck:
    """What is to be looked for when documents are removed; made before they are.

    Args:
        base: The generation that has them.
        rows: The rows of the documents.
    """

    def __init__(self, base: Snapshot, rows: Iterable[DocumentRow]) -> None:
        self._documents = tuple(ErasedDocument(row.id, row.sha256, row.bytes) for row in rows)
        self._passages = {
            passage
            for document in self._documents
            for text in base.texts(document.id)
            for passage in samples(text)
        }

    def certificate(self, index: Path, after: Snapshot) -> ErasureCertificate:
        """Looks for the passages in all files.

        Args:
            index: The folder of the index.
            after: The generation without the documents.
        """
        others = (text for _, row in after.documents() for text in after.texts(row.id))
        own = _without_shared(self._passages, others)
        remaining, files, size = files_with(index, sorted(own))
        return ErasureCertificate(
            index=str(index),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            generation=after.manifest.generation,
            documents=tuple(sorted(self._documents, key=lambda document: document.id)),
            passages_checked=len(own),
            passages_shared=len(self._passages) - len(own),
            files_checked=files,
            bytes_checked=size,
            remaining=tuple(remaining),
            version=version("rag-infer"),
        )


def samples(text: str) -> Iterator[bytes]:
    """Passages of a page, evenly over it; the whole of a short one."""
    stripped = text.strip()
    last = len(stripped) - _SAMPLE_CHARS
    if last <= 0:
        if stripped:
            yield stripped.encode()
        return
    steps = _SAMPLES_PER_PAGE - 1
    for start in dict.fromkeys(last * n // steps for n in range(_SAMPLES_PER_PAGE)):
        yield stripped[start : start + _SAMPLE_CHARS].encode()


def _without_shared(passages: Iterable[bytes], texts: Iterable[str]) -> set[bytes]:
    """The passages that none of these texts has."""
    own = set(passages)
    for text in texts:
        if not own:
            break
        encoded = text.encode()
        own = {passage for passage in own if passage not in encoded}
    return own


def files_with(folder: Path, passages: Sequence[bytes]) -> tuple[list[str], int, int]:
    """Looks for passages in every file of a folder.

    Returns:
        The files that hold one, relative to the folder; how many files were read; their bytes.
    """
    holding: list[str] = []
    count = size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        count += 1
        length = path.stat().st_size
        size += length
        if not length:
            continue
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            with content:
                if any(content.find(passage) >= 0 for passage in passages):
                    holding.append(path.relative_to(folder).as_posix())
    return holding, count, size
