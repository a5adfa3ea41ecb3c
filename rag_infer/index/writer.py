"""The one writer of an index: adds and removes documents, publishes generations.

Nothing that a reader can see changes until ``publish``, which is one atomic step; a writer that
dies leaves folders that no manifest names, and the next writer removes them.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag_infer.closeable import Closeable
from rag_infer.errors import (
    CorruptIndexError,
    EmbedderMismatchError,
    IndexNotFoundError,
)
from rag_infer.hashing import file_sha256
from rag_infer.index import ann, durable_io, integrity
from rag_infer.index import manifest as manifests
from rag_infer.index.catalog import Catalog
from rag_infer.index.embedded_hashes import Hashes
from rag_infer.index.manifest import EmbedderEntry, FileEntry, Manifest, SegmentEntry
from rag_infer.index.roots import is_web
from rag_infer.index.segment import FILES, Rows, Segment, SegmentRow, SegmentWriter, index_vectors
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.index.upgrade import upgrade_segment
from rag_infer.index.writer_lock import NO_WAIT, LockWait, WriterLock

SEGMENT_CHUNKS = 65_536  # of a segment that is filled; bounds the memory of a writer
# Of a segment that others are joined in: a share of the index, so that its segments stay few and a
# purge rewrites little of it.
_MIN_JOINED_CHUNKS = 300_000
_MAX_JOINED_CHUNKS = 4_000_000
_SEGMENTS_OF_INDEX = 8
_SEGMENTS_PER_MERGE = 8  # this many segments of one size class become one
_JOINED_PER_ADDED = 2  # chunks that a run may join for each that it adds, beyond a segment's
_MAX_REMOVED_SHARE = 0.3  # of a segment's documents, above which it is rewritten without them


@dataclass(frozen=True, slots=True)
class FileState:
    """What the index knows of an indexed file: how it looked, and its documents' places.

    ``has_copies``: its document is also that of other files.
    """

    bytes: int
    modified_ns: int
    sha256: str
    places: tuple[Place, ...]
    labels: frozenset[str] = frozenset()
    has_copies: bool = False


def file_states(
    segments: Iterable[tuple[Catalog, np.ndarray[tuple[int], np.dtype[np.bool_]]]],
    names: Collection[str],
) -> dict[str, FileState]:
    """What segments know of some indexed files, by their id.

    Args:
        segments: The catalog of each, and which of its documents count.
        names: See ``Writer.files``.
    """
    prefixes = tuple({n for n in names if n.endswith("/") and not is_web(n)})
    ids = {n for n in set(names).difference(prefixes) if not n.startswith(prefixes)}
    states: dict[str, FileState] = {}
    for number, (catalog, live) in enumerate(segments):
        rows = dict(catalog.of_files(sorted(ids)))
        for prefix in prefixes:
            rows.update(catalog.of_files_below(prefix))
        for ordinal, row in sorted(rows.items()):
            if not live[ordinal]:
                continue
            for named in row.by_names():
                if row.copies and named.file not in ids and not named.file.startswith(prefixes):
                    continue
                earlier = states.get(named.file)
                places = (*(earlier.places if earlier else ()), Place(number, ordinal))
                states[named.file] = FileState(
                    row.bytes, named.modified_ns, row.sha256, places, row.labels, bool(row.copies)
                )
    return states


class Writer(Closeable):
    """Holds the lock of an index from construction to ``close``.

    Raises IndexLockedError when another process writes for longer than ``wait`` allows,
    EmbedderMismatchError when the index was made with another embedder, CorruptIndexError when the
    present generation is not whole. ``chunk_tokens`` is the size of the chunks of a new index.
    """

    def __init__(
        self,
        path: Path,
        embedder: EmbedderEntry,
        wait: LockWait = NO_WAIT,
        chunk_tokens: int | None = None,
    ) -> None:
        self.path = path
        with durable_io.storage_errors(path):
            durable_io.make_folder(path)
            self._lock = WriterLock(path, wait)
        self._building: SegmentWriter | None = None
        self._sealed: list[SegmentEntry] = []
        self._removed: dict[int, set[int]] = {}
        self._added: dict[str, list[tuple[str, int, int]]] = {}
        self._forgotten: dict[str, set[int]] = {}
        self._predecessors: dict[str, ann.Predecessor] = {}  # of segments that were rewritten
        try:
            with durable_io.storage_errors(path):
                self.base = self._open(embedder, chunk_tokens)
                self._sweep()
                if self.base.manifest.format != manifests.FORMAT:
                    self._upgrade()
        except BaseException:
            self._lock.release()
            raise

    def _open(self, embedder: EmbedderEntry, chunk_tokens: int | None) -> Snapshot:
        try:
            base = Snapshot(self.path)
        except IndexNotFoundError:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            manifests.publish(self.path, Manifest(1, embedder, now, chunk_tokens=chunk_tokens))
            base = Snapshot(self.path)
        made_with = base.manifest.embedder
        if made_with.fingerprint != embedder.fingerprint:
            base.close()
            raise EmbedderMismatchError(
                f"was made with the embedder '{made_with.name}', not with '{embedder.name}'",
                where=str(self.path),
                hint=f"use the embedder '{made_with.spec}' or another index",
            )
        return base

    def _upgrade(self) -> None:
        """Publishes the same documents in the present format."""
        manifest = self.base.manifest
        durable_io.make_folder(self.path / manifests.SEGMENTS)
        entries = []
        for entry in manifest.segments:
            target = self._new_folder()
            upgrade_segment(manifests.segment_path(self.path, entry.name), target)
            entries.append(seal_segment(target, entry.documents, entry.chunks, entry.deleted))
        self._switch(
            replace(
                manifest,
                generation=manifest.generation + 1,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                segments=tuple(entries),
                format=manifests.FORMAT,
            )
        )
        self._sweep()

    # What is there

    @property
    def chunk_tokens(self) -> int | None:
        """The size of its chunks in tokens; None: that of the package."""
        return self.base.manifest.chunk_tokens

    def files(self, names: Collection[str]) -> dict[str, FileState]:
        """What the base generation knows of some indexed files, by their id.

        Args:
            names: Ids of files, or prefixes ending in ``/`` for all below them. The address of a
                web page is an id, whatever it ends in.
        """
        segments = [
            (segment.catalogue, self.base.live_documents(number))
            for number, segment in enumerate(self.base.segments)
        ]
        return file_states(segments, names)

    def vectors(self, hashes: Hashes) -> tuple[Rows, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """Vectors of content that the index has embedded before: rows, and which are known.

        ``hashes`` is (n, 2) uint64; unknown rows are zero.
        """
        rows = np.zeros((len(hashes), self.base.manifest.embedder.dimension), dtype=np.float32)
        is_known = np.zeros(len(hashes), dtype=bool)
        for segment in self.base.segments:
            candidates, is_there = segment.embedded.find(hashes)
            new = is_there & ~is_known
            rows[new] = np.asarray(segment.vectors)[candidates[new]]
            is_known |= new
        return rows, is_known

    # Changes

    def add(self, entry: SegmentRow) -> None:
        """Adds a document; seals the segment being built when it is full."""
        with durable_io.storage_errors(self.path):
            self._add(entry)

    def _add(self, entry: SegmentRow) -> None:
        if self._building is None:
            self._building = self._new_segment()
        segment, ordinal = self._building.folder.name, self._building.documents
        self._building.add(entry)
        self._record(entry.row.file, segment, ordinal)
        if self._building.chunks >= SEGMENT_CHUNKS:
            self._seal()

    def _record(self, file: str, segment: str, ordinal: int) -> None:
        """Remembers where a file's documents went, as runs, since they mostly lie together."""
        runs = self._added.setdefault(file, [])
        if runs and runs[-1][0] == segment and runs[-1][2] == ordinal:
            runs[-1] = (segment, runs[-1][1], ordinal + 1)
        else:
            runs.append((segment, ordinal, ordinal + 1))

    def forget(self, file: str) -> None:
        """Takes back all documents of a file that were added since the last ``publish``."""
        for segment, start, end in self._added.pop(file, []):
            self._forgotten.setdefault(segment, set()).update(range(start, end))

    def remove(self, places: Iterable[Place]) -> None:
        """Documents of the base generation that are no longer to count."""
        for location in places:
            self._removed.setdefault(location.segment, set()).add(location.row)

    def publish(self, roots: Mapping[str, str] | None = None, *, purge: bool = False) -> Manifest:
        """Makes all changes so far visible at once and returns the new generation.

        With ``purge`` every segment that holds a removed document is rewritten and all older
        generations are dropped, so that nothing of it stays on disk.

        Raises IndexStorageError when the disk cannot be written; the index stays as it was.
        """
        with durable_io.storage_errors(self.path):
            return self._publish(roots, purge=purge)

    def _publish(self, roots: Mapping[str, str] | None, *, purge: bool) -> Manifest:
        self._seal()
        base = self.base.manifest
        entries: list[SegmentEntry] = []
        changes = [
            *((e, self._removed.get(n, set())) for n, e in enumerate(base.segments)),
            *((e, self._forgotten.get(e.name, set())) for e in self._sealed),
        ]
        for entry, removed in changes:
            removed_documents = set(entry.deleted) | removed
            entry_now = replace(entry, deleted=tuple(sorted(removed_documents)))
            removed_count = len(removed_documents)
            if removed_count == entry.documents:
                continue
            if removed_count and (purge or removed_count > _MAX_REMOVED_SHARE * entry.documents):
                entry_now = self._rewrite([entry_now])
            entries.append(entry_now)
        added = sum(entry.chunks for entry in self._sealed)
        segments = self._merged(entries, SEGMENT_CHUNKS + _JOINED_PER_ADDED * added)
        segments = [self._with_index(entry) for entry in segments]
        manifest = Manifest(
            generation=base.generation + 1,
            embedder=base.embedder,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            segments=tuple(segments),
            roots=dict(base.roots if roots is None else roots),
            chunk_tokens=base.chunk_tokens,
        )
        self._switch(manifest)
        self._sealed.clear()
        self._removed.clear()
        self._added.clear()
        self._forgotten.clear()
        self._predecessors.clear()
        self._sweep(older=not purge)
        return manifest

    def _switch(self, manifest: Manifest) -> None:
        """Makes a generation the current one and the base of what follows."""
        manifests.publish(self.path, manifest)
        self.base.close()
        self.base = Snapshot(self.path)

    def _new_folder(self) -> Path:
        return manifests.segment_path(self.path, f"s{secrets.token_hex(8)}")

    def _new_segment(self) -> SegmentWriter:
        durable_io.make_folder(self.path / manifests.SEGMENTS)
        return SegmentWriter(self._new_folder(), self.base.manifest.embedder.dimension)

    def _seal(self) -> None:
        building, self._building = self._building, None
        if building is not None:
            self._sealed.append(_finish(building))

    def _rewrite(self, entries: Sequence[SegmentEntry]) -> SegmentEntry:
        """One new segment from the living documents of some."""
        building = self._new_segment()
        for entry in entries:
            with Segment(manifests.segment_path(self.path, entry.name)) as source:
                removed = set(entry.deleted)
                keep = [o for o in range(entry.documents) if o not in removed]
                copied = building.copy(source, keep)
        if len(entries) == 1:
            self._predecessors[building.folder.name] = ann.Predecessor(source.folder, copied)
        return _finish(building)

    def _with_index(self, entry: SegmentEntry) -> SegmentEntry:
        """The entry with the approximate index of its vectors, which is built when no other segment
        will take the rows of this one.
        """
        if entry.name in {segment.name for segment in self.base.manifest.segments}:
            return entry
        folder = manifests.segment_path(self.path, entry.name)
        if not index_vectors(folder, self._predecessors.get(entry.name)):
            return entry
        return seal_segment(folder, entry.documents, entry.chunks, entry.deleted)

    def _merged(
        self, entries: list[SegmentEntry], most: int, max_chunks: int | None = None
    ) -> list[SegmentEntry]:
        """Joins segments of like size, of at most so many chunks in all. See ``joinable``.

        So the number of segments grows with the logarithm of the index up to those of the largest
        size, and a run that adds little joins little.
        """
        while True:
            group = joinable(entries, most, max_chunks)
            if not group:
                return entries
            most -= sum(entry.chunks for entry in group)
            joined = self._rewrite(group)
            names = {entry.name for entry in group}
            entries = [*(e for e in entries if e.name not in names), joined]

    # Rubbish

    def _sweep(self, *, older: bool = True) -> None:
        """Removes generations and segments that no longer count, and what a crash left behind.

        With ``older`` the generation before the current one stays, so that there is one to go
        back to.
        """
        current = self.base.manifest
        alive = [current]
        folder = self.path / manifests.GENERATIONS
        numbers = sorted(int(p.stem) for p in folder.glob("*.json") if p.stem.isdigit())
        before = [n for n in numbers if n < current.generation]
        if older and before:
            with suppress(CorruptIndexError):
                alive.append(manifests.read(self.path, before[-1]))
        keep = {m.generation for m in alive}
        for path in folder.iterdir():
            if not path.stem.isdigit() or int(path.stem) not in keep:
                durable_io.remove_file(path)
        names = {segment.name for m in alive for segment in m.segments}
        segments = self.path / manifests.SEGMENTS
        for path in segments.iterdir() if segments.is_dir() else ():
            if path.name not in names:
                durable_io.remove_tree(path)
                integrity.forget(path)

    def join_all(self, max_chunks: int | None = None) -> None:
        """Joins what runs that added little have left apart. See ``joinable``."""
        with durable_io.storage_errors(self.path):
            manifest = self.base.manifest
            entries = list(manifest.segments)
            segments = self._merged(entries, sum(entry.chunks for entry in entries), max_chunks)
            segments = [self._with_index(entry) for entry in segments]
            if len(segments) < len(entries):
                self._switch(
                    replace(manifest, generation=manifest.generation + 1, segments=tuple(segments))
                )

    def drop_older(self) -> None:
        """Removes every generation but the current one."""
        with durable_io.storage_errors(self.path):
            self._sweep(older=False)

    def close(self) -> None:
        """Gives the lock back; what was not published is dropped."""
        try:
            if self._building is not None:
                self._building.discard()
                self._building = None
            self.base.close()
        finally:
            self._lock.release()


def max_joined_chunks(entries: Iterable[SegmentEntry]) -> int:
    """How many chunks a segment of an index may have that others are joined in."""
    chunks = sum(entry.chunks for entry in entries)
    return min(max(chunks // _SEGMENTS_OF_INDEX, _MIN_JOINED_CHUNKS), _MAX_JOINED_CHUNKS)


def joinable(
    entries: Sequence[SegmentEntry], most: int, max_chunks: int | None = None
) -> list[SegmentEntry]:
    """Segments of one size class, the smallest, that are enough to be joined.

    Args:
        entries: Segments of an index.
        most: Chunks of them all together.
        max_chunks: Of the joined segment; None: as the entries are the whole index.
    """
    max_chunks = max_chunks or max_joined_chunks(entries)
    most = min(most, max_chunks)
    classes: dict[int, list[SegmentEntry]] = {}
    for entry in entries:
        if entry.chunks < max_chunks // 2:
            classes.setdefault(max(entry.chunks, 64).bit_length() // 3, []).append(entry)
    for _, alike in sorted(classes.items()):
        is_full = sum(entry.chunks for entry in alike) > max_chunks
        if len(alike) < _SEGMENTS_PER_MERGE and not is_full:
            continue
        group: list[SegmentEntry] = []
        size = 0
        for entry in sorted(alike, key=lambda entry: entry.chunks):
            if size + entry.chunks > most:
                break
            group.append(entry)
            size += entry.chunks
        if len(group) > 1:
            return group
    return []


def _finish(building: SegmentWriter) -> SegmentEntry:
    building.close()
    return seal_segment(building.folder, building.documents, building.chunks)


def seal_segment(
    folder: Path, documents: int, chunks: int, deleted: tuple[int, ...] = ()
) -> SegmentEntry:
    """The entry of a segment whose files are written and synced, with their hashes."""
    files: dict[str, FileEntry] = {}
    for name in (*FILES, ann.NAME):
        path = folder / name
        if name == ann.NAME and not path.is_file():
            continue  # only large segments have one
        files[name] = FileEntry(path.stat().st_size, file_sha256(path))
    durable_io.sync_folder(folder.parent)
    integrity.record_verified(folder, files)
    return SegmentEntry(folder.name, documents, chunks, files, deleted)
