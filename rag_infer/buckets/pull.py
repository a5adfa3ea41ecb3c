"""An index from a bucket to this machine: all files first, then one visible step.

The index here stays what it was until every file of the new generation is on disk and checked. A
pull removes nothing; what no generation names any more is removed by the next writer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rag_infer.buckets import generations, remote_record
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.remote_record import RemoteRecord
from rag_infer.buckets.transfer import OnProgress, SegmentFile, fetch
from rag_infer.errors import IndexConflictError, IndexNotFoundError
from rag_infer.index import durable_io
from rag_infer.index import manifest as manifests
from rag_infer.index import tuning as tunings
from rag_infer.index.manifest import Manifest
from rag_infer.index.tuning import NO_TUNING, Tuning
from rag_infer.index.writer_lock import NO_WAIT, LockWait, WriterLock
from rag_infer.store.base import Store


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull did. ``changed`` is False where the index here had the same content."""

    url: str
    path: str
    bucket_generation: int
    generation: int
    changed: bool
    documents: int
    files: int
    files_fetched: int
    bytes_fetched: int


def pull(
    store: Store,
    index: Path,
    *,
    replace_local: bool = False,
    wait: LockWait = NO_WAIT,
    on_progress: OnProgress | None = None,
) -> PullReport:
    """Brings the newest generation of a bucket into the folder of an index.

    Args:
        store: The bucket.
        index: The folder; it is made where there is none.
        replace_local: Whether an index that is there, or changes of it, may be given up.
        wait: How long to wait for another writer.
        on_progress: Called with bytes.

    Raises:
        IndexNotFoundError: There is no index in the bucket.
        IndexConflictError: The index here would lose changes.
        IndexLockedError: Another process writes it.
        CorruptIndexError: A file in the bucket is missing or has another content.
        StoreError: The bucket cannot be used.
    """
    incoming = generations.read_current(store)
    with durable_io.storage_errors(index):
        durable_io.make_folder(index)
        lock = WriterLock(index, wait)
    try:
        return _pull(store, incoming, index, replace_local, on_progress)
    finally:
        lock.release()


def _pull(
    store: Store,
    incoming: Generation,
    index: Path,
    replace_local: bool,
    on_progress: OnProgress | None,
) -> PullReport:
    present = _present(index)
    digest = None if present is None else generations.content_digest(*present)
    if not replace_local:
        _check_local(store, incoming, index, digest)
    fetched: list[SegmentFile] = []
    fetch(store, incoming.manifest, index, on_progress, transferred=fetched.append)
    changed = digest != incoming.digest
    number = present[0].generation if present else 0
    with durable_io.storage_errors(index):
        if changed:
            number += 1
            manifests.publish(index, replace(incoming.manifest, generation=number))
            _write_tuning(index, incoming.tuning)
    remote_record.write(index, RemoteRecord.of(store.url, incoming))
    return PullReport(
        url=store.url,
        path=str(index),
        bucket_generation=incoming.number,
        generation=number,
        changed=changed,
        documents=incoming.manifest.documents,
        files=sum(len(segment.files) for segment in incoming.manifest.segments),
        files_fetched=len(fetched),
        bytes_fetched=sum(file.entry.bytes for file in fetched),
    )


def _present(index: Path) -> tuple[Manifest, Tuning] | None:
    try:
        return manifests.read(index, manifests.current_generation(index)), tunings.read(index)
    except IndexNotFoundError:
        return None


def _check_local(store: Store, incoming: Generation, index: Path, digest: str | None) -> None:
    if digest is None or digest == incoming.digest:
        return
    record = remote_record.read(index)
    if record is None or record.url != store.url:
        raise IndexConflictError(
            "is another index than the one in the bucket",
            where=str(index),
            hint="pull into another name",
            code="another_index_here",
        )
    if record.digest != digest:
        raise IndexConflictError(
            "has changes that were not pushed",
            where=str(index),
            hint="push them first, or pull into another name",
            code="unpushed_changes",
        )


def _write_tuning(index: Path, tuning: Tuning) -> None:
    if tuning == NO_TUNING:
        tunings.remove(index)
    else:
        tunings.write(index, tuning)
