"""A snapshot: one generation of an index, opened for reading.

A snapshot holds its files open, so a writer may publish and clean up behind it at any time.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_infer.closeable import Closeable
from rag_infer.errors import CorruptIndexError, IndexStorageError
from rag_infer.index import chunk_languages, integrity
from rag_infer.index import manifest as manifests
from rag_infer.index.catalog import DocumentRow, PageRow
from rag_infer.index.manifest import Manifest, SegmentEntry
from rag_infer.index.segment import Segment
from rag_infer.open_files import raise_open_file_limit
from rag_infer.types import Chunk

Mask = npt.NDArray[np.bool_]
_ATTEMPTS = 5
_SEGMENTS_OF_USUAL_LIMITS = 12  # 256 files at the least, of which format 1 needs 14 a segment


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk or a document lies: the number of the live segment and the row in it."""

    segment: int
    row: int


class Snapshot(Closeable):
    """The current generation of the index in ``path``. Close it, or use it in a ``with``.

    Raises IndexNotFoundError when there is none, CorruptIndexError when a file of it is missing or
    has another size than it should, IndexStorageError when the system allows too few open files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        for attempt in range(_ATTEMPTS):
            self._stack = ExitStack()
            self.manifest: Manifest = manifests.read(path, manifests.current_generation(path))
            if len(self.manifest.segments) > _SEGMENTS_OF_USUAL_LIMITS:
                raise_open_file_limit()
            try:
                self.segments = [
                    self._stack.enter_context(_open(path, entry))
                    for entry in self.manifest.segments
                ]
                break
            except CorruptIndexError:
                self._stack.close()
                # A writer may have published and cleaned up between the two reads.
                if attempt + 1 == _ATTEMPTS or (
                    manifests.current_generation(path) == self.manifest.generation
                ):
                    raise
            except BaseException:
                self._stack.close()
                raise
        self._live = [_live(entry) for entry in self.manifest.segments]
        self._live_chunks: dict[int, Mask] = {}
        self._chunk_count: int | None = None

    def live_documents(self, segment: int) -> Mask:
        """(documents,) which documents of a segment count."""
        return self._live[segment]

    def live_chunks(self, segment: int) -> Mask | None:
        """(chunks,) which chunks of a segment count; None when all do."""
        if not self.manifest.segments[segment].deleted:
            return None
        if segment not in self._live_chunks:
            owners = np.asarray(self.segments[segment].owners)
            mask = self._live[segment][owners]
            mask.flags.writeable = False  # others use it too
            self._live_chunks[segment] = mask
        return self._live_chunks[segment]

    def chunk_count(self) -> int:
        """How many chunks count; worked out once."""
        if self._chunk_count is None:
            masks = [self.live_chunks(i) for i in range(len(self.segments))]
            self._chunk_count = sum(
                s.chunks if m is None else int(m.sum())
                for s, m in zip(self.segments, masks, strict=True)
            )
        return self._chunk_count

    def languages(self, masks: Sequence[Mask | None] | None = None) -> dict[str, int]:
        """How many chunks each language has, the most frequent first.

        Args:
            masks: Which chunks of each segment count; None for all that are not deleted.
        """
        if masks is None:
            masks = [self.live_chunks(number) for number in range(len(self.segments))]
        totals: dict[str, int] = {}
        for segment, mask in zip(self.segments, masks, strict=True):
            numbers = segment.languages if mask is None else segment.languages[mask]
            for code, count in chunk_languages.counts(numbers).items():
                totals[code] = totals.get(code, 0) + count
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def language(self, location: Place) -> str:
        """The code of a chunk's language; empty for a segment written before they were stored."""
        return chunk_languages.decode(int(self.segments[location.segment].languages[location.row]))

    def documents(self) -> Iterator[tuple[Place, DocumentRow]]:
        """All documents that count."""
        for number, segment in enumerate(self.segments):
            live = self._live[number]
            for ordinal, row in segment.catalogue.documents():
                if live[ordinal]:
                    yield Place(number, ordinal), row

    def documents_of(
        self, names: Collection[str], prefix: str | None = None, metadata: str | None = None
    ) -> list[tuple[Place, DocumentRow]]:
        """The documents of some names, found without a look at any other.

        Args:
            names: Ids of documents, or of files.
            prefix: Ids that begin with it count too.
            metadata: A name of metadata whose value may be one of the names.
        """
        matches: list[tuple[Place, DocumentRow]] = []
        for number, segment in enumerate(self.segments):
            columns = segment.columns
            ordinals = {ordinal for ordinal, _ in segment.catalogue.of_files(sorted(names))}
            ordinals |= {o for o in map(columns.find, names) if o is not None}
            if prefix is not None:
                ordinals |= {int(o) for o in columns.with_id_prefix(prefix)}
            if metadata is not None:
                values = (columns.value_number(metadata, name) for name in names)
                mask = columns.with_values(value for value in values if value is not None)
                ordinals |= {int(o) for o in np.flatnonzero(mask)}
            matches += [
                (Place(number, ordinal), segment.catalogue.document(ordinal))
                for ordinal in sorted(ordinals)
                if self._live[number][ordinal]
            ]
        return matches

    def with_content(self, sha256: str) -> Iterator[tuple[Place, DocumentRow]]:
        """The documents of files with this hash, found without a look at any other.

        Those of segments that an earlier version wrote are not among them.
        """
        for number, segment in enumerate(self.segments):
            for ordinal in segment.columns.with_content(sha256):
                row = segment.catalogue.document(ordinal)
                if self._live[number][ordinal] and row.sha256 == sha256:
                    yield Place(number, ordinal), row

    def find(self, document_id: str) -> Place | None:
        """Where the document of a name is: its id, or that of a copy; None where there is none."""
        for number, segment in enumerate(self.segments):
            ordinal = segment.find(document_id)
            if ordinal is not None and self._live[number][ordinal]:
                return Place(number, ordinal)
        return None

    def chunks(self, places: Sequence[Place]) -> list[Chunk]:
        """The chunks at these places, in the order asked."""
        return [self._chunk(location) for location in places]

    def _chunk(self, location: Place) -> Chunk:
        segment = self.segments[location.segment]
        (row,) = segment.catalogue.chunks([location.row])
        return Chunk(
            document_id=segment.catalogue.document(row.document).id,
            page_number=row.page,
            start=row.start,
            end=row.end,
            text=segment.read(row.byte_start, row.byte_end),
            heading=row.heading,
            tokens=row.tokens,
            sections=row.sections,
        )

    def owner(self, location: Place) -> DocumentRow:
        """The document of a chunk."""
        segment = self.segments[location.segment]
        return segment.catalogue.document(int(segment.owners[location.row]))

    def page(self, document_id: str, number: int) -> tuple[PageRow, str] | None:
        """A page and its canonical text, or None."""
        location = self.find(document_id)
        if location is None:
            return None
        segment = self.segments[location.segment]
        row = segment.catalogue.page(location.row, number)
        return None if row is None else (row, segment.read(row.byte_start, row.byte_end))

    def texts(self, document_id: str) -> Iterator[str]:
        """The texts of the pages of a document, in order."""
        number = 1
        while (page := self.page(document_id, number)) is not None:
            yield page[1]
            number += 1

    def close(self) -> None:
        self._stack.close()


def _open(index: Path, entry: SegmentEntry) -> Segment:
    folder = manifests.segment_path(index, entry.name)
    integrity.verify_files(folder, entry.files)
    try:
        return Segment(folder)
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        if _is_out_of_files(error):
            raise IndexStorageError(
                f"cannot be opened: this process may have {raise_open_file_limit()} files open",
                where=str(index),
                hint="allow more files, for example: ulimit -n 65536",
                code="too_many_open_files",
            ) from error
        raise CorruptIndexError(f"cannot be opened ({error})", where=str(folder)) from error


def _is_out_of_files(error: Exception) -> bool:
    """Whether the limit of open files is the cause. SQLite only says that it cannot open a file."""
    if isinstance(error, OSError):
        return error.errno in (errno.EMFILE, errno.ENFILE)
    try:
        with Path(os.devnull).open():
            return False
    except OSError:
        return True


def _live(entry: SegmentEntry) -> Mask:
    mask = np.ones(entry.documents, dtype=bool)
    mask[list(entry.deleted)] = False
    return mask
