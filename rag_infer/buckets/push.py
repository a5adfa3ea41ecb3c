"""An index of this machine to a bucket: the missing files, then one generation.

Of several that push at once exactly one has the next generation. The others are told, unless what
the winner has put there is what they bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rag_infer.buckets import generations, remote_record
from rag_infer.buckets.generations import SEGMENTS, Generation
from rag_infer.buckets.remote_record import RemoteRecord
from rag_infer.buckets.transfer import (
    OnProgress,
    SegmentFile,
    TransferProgress,
    in_threads,
    segment_files,
    stored_sha256,
    upload,
)
from rag_infer.errors import CorruptIndexError, IndexConflictError
from rag_infer.index import manifest as manifests
from rag_infer.index import tuning as tunings
from rag_infer.index.manifest import FileEntry
from rag_infer.store.base import Store

_MAX_RACES = 20  # lost by a push that replaces whatever is there


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did. ``committed`` is False where the bucket had the same content."""

    url: str
    generation: int
    committed: bool
    files: int
    files_sent: int
    bytes_sent: int


def push(
    index: Path, store: Store, *, replace: bool = False, on_progress: OnProgress | None = None
) -> PushReport:
    """Puts the current generation of an index into a bucket.

    Args:
        index: The folder of the index. It may be written meanwhile; what is pushed is whole.
        store: The bucket.
        replace: Whether what somebody else has pushed may be replaced.
        on_progress: Called with bytes.

    Raises:
        IndexNotFoundError: There is no index in the folder.
        CorruptIndexError: A file of it is damaged; nothing of the bucket changes.
        IndexConflictError: The bucket has something that this index does not come from.
        StoreError: The bucket cannot be used, or overwrites.
    """
    manifest = manifests.read(index, manifests.current_generation(index))
    tuning = tunings.read(index)
    digest = generations.content_digest(manifest, tuning)
    generations.check_conditional_writes(store)
    number = generations.current_number(store)
    present = None if number is None else generations.read(store, number)
    files = segment_files(manifest)
    if present is not None and present.digest == digest:
        return _unchanged(index, store, present, len(files))
    _check_base(index, store, present, replace)

    committed = {f.key: f.entry for f in segment_files(present.manifest)} if present else {}
    sent = _send(store, index, files, committed, on_progress)
    for _ in range(_MAX_RACES):
        number, jobs = (present.number, present.jobs) if present else (0, ())
        generation = Generation.following(number + 1, manifest, tuning, jobs)
        winner = generations.commit(store, generation)
        if winner is None:
            break
        if winner.digest == digest:
            return _unchanged(index, store, winner, len(files), sent)
        _check_base(index, store, winner, replace)
        present = winner
    else:
        raise IndexConflictError("loses every race", where=store.url, hint="push again later")
    # A clean-up may have removed files of an earlier push that broke off, before it could see them
    # in this generation.
    sent += _send(store, index, files, {f.key: f.entry for f in files}, None)
    remote_record.write(index, RemoteRecord.of(store.url, generation))
    return _report(store, generation.number, True, len(files), sent)


def _unchanged(
    index: Path, store: Store, present: Generation, files: int, sent: list[int] | None = None
) -> PushReport:
    remote_record.write(index, RemoteRecord.of(store.url, present))
    return _report(store, present.number, False, files, sent or [])


def _report(
    store: Store, generation: int, committed: bool, files: int, sent: list[int]
) -> PushReport:
    return PushReport(store.url, generation, committed, files, len(sent), sum(sent))


def _check_base(index: Path, store: Store, present: Generation | None, replace: bool) -> None:
    if present is None or replace:
        return
    record = remote_record.read(index)
    if record is not None and (record.url, record.commit) == (store.url, present.commit):
        return
    is_of_here = record is not None and record.url == store.url
    since = f"somebody pushed generation {present.number} since" if is_of_here else (
        f"has generation {present.number}, which this index does not come from"
    )  # fmt: skip
    raise IndexConflictError(
        since,
        where=store.url,
        hint="push to another address, or pull it into an index of its own",
        code="bucket_has_newer_generation",
    )


def _send(
    store: Store,
    index: Path,
    files: list[SegmentFile],
    committed: Mapping[str, FileEntry],
    on_progress: OnProgress | None,
) -> list[int]:
    """Uploads what is missing; the sizes of what was.

    A file of a committed generation was checked by who committed it. One of a push that broke off
    is known by its hash, for which it is read.
    """
    sizes = {entry.key: entry.bytes for entry in store.list(SEGMENTS)}
    missing: list[SegmentFile] = []
    for file in files:
        size = sizes.get(file.key)
        if file.key in committed and size is not None:
            if committed[file.key] != file.entry or size != file.entry.bytes:
                raise CorruptIndexError(
                    "has another content than a generation says",
                    where=f"{store.url}/{file.key}",
                    hint=f"see what else is damaged with: rag verify -i {store.url}",
                    code="corrupt_bucket",
                )
            continue
        if size == file.entry.bytes and stored_sha256(store, file) == file.entry.sha256:
            continue
        missing.append(file)
    progress = TransferProgress(sum(file.entry.bytes for file in missing), on_progress)
    in_threads(lambda file: upload(store, index, file, progress), missing)
    return [file.entry.bytes for file in missing]
