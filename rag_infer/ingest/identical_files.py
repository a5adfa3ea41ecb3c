"""Files that are byte for byte the same: which of them are one document with several names.

Only files of folders take part, each of which holds one document. Web pages, uploads and texts of
a program have ids that are addresses or begin with a slash; each is a document of its own.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag_infer.hashing import file_sha256
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.document_copies import name_order
from rag_infer.index.roots import is_web
from rag_infer.names import name_period
from rag_infer.read import SourceFile


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says and how it was read: equal for files of which one may stand for the other.

    ``text`` is a hash of the text that was read: another reader, or text recognition, may have made
    other text of the same bytes.
    """

    sha256: str
    format: str
    suffix: str
    title: str | None
    metadata: str
    text: str

    @classmethod
    def of(cls, row: DocumentRow, page_texts: Iterable[bytes]) -> Content:
        """That of a document, with the text of its pages in UTF-8."""
        digest = hashlib.blake2b(digest_size=16)
        for text in page_texts:
            digest.update(len(text).to_bytes(8) + text)
        metadata = json.dumps(row.metadata, ensure_ascii=False, sort_keys=True)
        return cls(
            row.sha256, row.format, suffix_of(row.id), row.title, metadata, digest.hexdigest()
        )


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What the files of one document have in common: content, readers, what names say of time."""

    content: Content
    labels: frozenset[str]
    period: tuple[str, ...]

    @classmethod
    def of(cls, row: DocumentRow, content: Content) -> DocumentKey:
        """That of a document."""
        return cls(content, row.labels, name_period(row.id))


def suffix_of(file: str) -> str:
    """What tells the reader of a file, which may read `.csv` and `.tsv` in different ways."""
    return PurePosixPath(file).suffix.lower()


def may_have_copies(row: DocumentRow) -> bool:
    """Whether a document is all that a file of a folder holds."""
    return row.id == row.file and is_in_folder(row.file)


def is_in_folder(file: str) -> bool:
    """Whether a file is one of an indexed folder."""
    return not file.startswith("/") and not is_web(file)


@dataclass(frozen=True, slots=True)
class IdenticalFiles:
    """A file and others of the same content, with its hash.

    The first is the one that comes first by its name. A file that is alone is not hashed.
    """

    first: SourceFile
    copies: tuple[SourceFile, ...] = ()
    sha256: str = ""


def identical_files(
    files: Sequence[SourceFile], labels_of: Callable[[SourceFile], frozenset[str]]
) -> list[IdenticalFiles]:
    """Files, those together that may become one document. Only files of equal size are hashed.

    Args:
        files: The files.
        labels_of: Who may read a file.

    Returns:
        The files in their order, each with its copies where it is the first of them.
    """
    by_size: dict[int, list[SourceFile]] = {}
    for file in files:
        with suppress(OSError):
            status = file.path.stat()
            if is_in_folder(file.id) and stat.S_ISREG(status.st_mode):
                by_size.setdefault(status.st_size, []).append(file)
    alike: dict[tuple[str, str, frozenset[str], tuple[str, ...]], list[SourceFile]] = {}
    for same_size in by_size.values():
        for file in same_size if len(same_size) > 1 else ():
            with suppress(OSError):
                sha256 = file_sha256(file.path)
                key = sha256, suffix_of(file.id), labels_of(file), name_period(file.id)
                alike.setdefault(key, []).append(file)
    groups: dict[str, IdenticalFiles] = {}
    copies: set[str] = set()
    for (sha256, *_), group in alike.items():
        first, *others = sorted(group, key=lambda file: name_order(file.id))
        groups[first.id] = IdenticalFiles(first, tuple(others), sha256)
        copies.update(file.id for file in others)
    return [groups.get(f.id) or IdenticalFiles(f) for f in files if f.id not in copies]
