"""Files between a folder and a bucket: in pieces, several at a time, each checked by its hash.

What was transferred before a stop is not transferred again: a finished file is known by its hash,
an unfinished one goes on at the piece where it ended.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rag_infer.buckets.generations import segment_key
from rag_infer.errors import CorruptIndexError, IndexStorageError, StoreError
from rag_infer.hashing import file_sha256
from rag_infer.index import durable_io, integrity
from rag_infer.index import manifest as manifests
from rag_infer.index.manifest import FileEntry, Manifest
from rag_infer.store.base import ObjectExistsError, ObjectNotFoundError, Store

PIECE_BYTES = 8 * 2**20
_AT_ONCE = 6
_PART = ".part"
_TRIES = 2  # of a file whose content is not what it should be

OnProgress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A file of a segment that a manifest names."""

    segment: str
    name: str
    entry: FileEntry

    @property
    def key(self) -> str:
        return segment_key(self.segment, self.name)

    def path(self, index: Path) -> Path:
        return manifests.segment_path(index, self.segment) / self.name


@dataclass(slots=True)
class TransferProgress:
    """Adds up the bytes of several threads."""

    total: int
    on_progress: OnProgress | None = None
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            if self.on_progress is not None:
                self.on_progress(self._done, self.total)


def segment_files(manifest: Manifest) -> list[SegmentFile]:
    """All files of a generation."""
    return [
        SegmentFile(segment.name, name, entry)
        for segment in manifest.segments
        for name, entry in segment.files.items()
    ]


def in_threads(work: Callable[[SegmentFile], None], files: Iterable[SegmentFile]) -> None:
    """Does the work for each file, several at a time; the first error ends it."""
    with ThreadPoolExecutor(_AT_ONCE, "transfer") as threads:
        futures = [threads.submit(work, file) for file in files]
        try:
            for future in futures:
                future.result()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def stored_sha256(store: Store, file: SegmentFile) -> str | None:
    """The hash of a file's content in the bucket; None where it is not, or has another size."""
    digest = hashlib.sha256()
    try:
        for start, end in _pieces(0, file.entry.bytes):
            digest.update(store.get_range(file.key, start, end))
    except ObjectNotFoundError:
        return None
    return digest.hexdigest()


def upload(store: Store, index: Path, file: SegmentFile, progress: TransferProgress) -> None:
    """Puts a file into the bucket, and reads it back.

    A file under this name that no generation names and that has another content, as an upload
    leaves that broke off, is replaced.

    Raises:
        CorruptIndexError: The file here is not what its manifest says.
        StoreError: The bucket does not keep what it is given.
    """
    data = _read(file.path(index), file)
    for _ in range(_TRIES):
        with suppress(ObjectExistsError):
            store.put_new(file.key, data)
        if stored_sha256(store, file) == file.entry.sha256:
            progress.add(file.entry.bytes)
            return
        store.delete([file.key])
    raise StoreError(
        "does not return what was put there",
        where=f"{store.url}/{file.key}",
        hint="push again; if it stays so, use another bucket",
    )


def fetch(
    store: Store,
    manifest: Manifest,
    index: Path,
    on_progress: OnProgress | None = None,
    *,
    transferred: Callable[[SegmentFile], None] | None = None,
) -> None:
    """Brings all files of a generation into the folder of an index; no generation changes.

    Args:
        store: The bucket.
        manifest: The generation.
        index: The folder. Files that are there and whole are not fetched.
        on_progress: Called with bytes.
        transferred: Called for each file that was fetched.

    Raises:
        CorruptIndexError: A file is missing in the bucket, or has another content, twice.
        IndexStorageError: The disk cannot be written.
    """
    files = _missing(manifest, index)
    progress = TransferProgress(sum(file.entry.bytes for file in files), on_progress)

    def work(file: SegmentFile) -> None:
        _fetch_file(store, file, index, progress)
        if transferred is not None:
            transferred(file)

    with durable_io.storage_errors(index):
        durable_io.make_folder(index / manifests.SEGMENTS)
        for segment in {file.segment for file in files}:
            durable_io.make_folder(manifests.segment_path(index, segment))
        in_threads(work, files)
        for entry in manifest.segments:
            folder = manifests.segment_path(index, entry.name)
            durable_io.sync_folder(folder)
            integrity.record_verified(folder, entry.files)
        durable_io.sync_folder(index / manifests.SEGMENTS)


def _missing(manifest: Manifest, index: Path) -> list[SegmentFile]:
    """The files of a generation that are not in the folder, or not whole."""
    missing: list[SegmentFile] = []
    for segment in manifest.segments:
        folder = manifests.segment_path(index, segment.name)
        try:
            integrity.verify_files(folder, segment.files)
        except CorruptIndexError:
            files = [SegmentFile(segment.name, n, entry) for n, entry in segment.files.items()]
            missing += [file for file in files if not _is_whole(folder / file.name, file.entry)]
    return missing


def _is_whole(path: Path, entry: FileEntry) -> bool:
    try:
        return path.stat().st_size == entry.bytes and file_sha256(path) == entry.sha256
    except OSError:
        return False


def _fetch_file(store: Store, file: SegmentFile, index: Path, progress: TransferProgress) -> None:
    target = file.path(index)
    part = target.with_name(target.name + _PART)
    for attempt in range(_TRIES):
        try:
            fetched = _fetch_pieces(store, file, part, progress)
        except ObjectNotFoundError:
            raise CorruptIndexError(
                "is missing", where=f"{store.url}/{file.key}", hint=_hint(store)
            ) from None
        if fetched == file.entry.sha256:
            durable_io.replace(part, target)
            return
        durable_io.remove_file(part)
        if attempt + 1 < _TRIES:
            progress.add(-file.entry.bytes)
    raise CorruptIndexError(
        "has another content than its generation says, twice",
        where=f"{store.url}/{file.key}",
        hint=_hint(store),
        code="corrupt_bucket",
    )


def _fetch_pieces(store: Store, file: SegmentFile, part: Path, progress: TransferProgress) -> str:
    """Appends the missing pieces to an unfinished file; the hash of all of it."""
    digest = hashlib.sha256()
    durable_io.checkpoint("write", part)
    descriptor = os.open(part, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "rb+") as output:
        at = min(output.seek(0, os.SEEK_END), file.entry.bytes)
        output.truncate(at)
        output.seek(0)
        for start, end in _pieces(0, at):
            digest.update(output.read(end - start))
        progress.add(at)
        for start, end in _pieces(at, file.entry.bytes):
            piece = store.get_range(file.key, start, end)
            if len(piece) != end - start:
                break  # the object is shorter than it should be
            output.write(piece)
            digest.update(piece)
            progress.add(len(piece))
        output.flush()
        os.fsync(output.fileno())
    return digest.hexdigest()


def _pieces(start: int, end: int) -> Sequence[tuple[int, int]]:
    return [(at, min(at + PIECE_BYTES, end)) for at in range(start, end, PIECE_BYTES)]


def _read(path: Path, file: SegmentFile) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise IndexStorageError(
            "is gone: the index was changed while it was pushed",
            where=str(path),
            hint="push again",
        ) from None
    if hashlib.sha256(data).hexdigest() != file.entry.sha256:
        raise CorruptIndexError(
            "does not match its checksum, and was not pushed",
            where=str(path),
            hint="see what else is damaged with: rag verify",
        )
    return data


def _hint(store: Store) -> str:
    return f"see what else is damaged with: rag verify -i {store.url}"
