"""Another embedder or other chunks for an index, from the text that it stores.

The new vectors grow in ``reindex/`` inside the index, an index of its own that is published batch
by batch: when the run is stopped, the next one goes on where it was. Readers see none of it until
its segments are moved and one new generation names them. The lock of the index is held throughout,
so that nothing is added meanwhile.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.embed import Embedder
from rag_infer.errors import CorruptIndexError, IndexNotFoundError
from rag_infer.index import durable_io, integrity
from rag_infer.index import manifest as manifests
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry, Manifest
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.index.writer_lock import NO_WAIT, LockWait
from rag_infer.ingest.pipeline import IngestRun
from rag_infer.ingest.reports import Progress
from rag_infer.ingest.stored_documents import stored_document
from rag_infer.read import ReadOptions
from rag_infer.types import Document, JsonResult

STAGING = "reindex"
_PUBLISH_CHUNKS = 2048  # what a stopped run loses at most


@dataclass(frozen=True, slots=True)
class ReindexReport(JsonResult):
    """What a run did.

    ``resumed`` counts the documents of an earlier run that was stopped; ``chunk_tokens`` is the
    size of the chunks, None: that of the package.
    """

    embedder: str
    documents: int
    resumed: int
    chunks: int
    generation: int
    interrupted: bool = False
    chunk_tokens: int | None = None


def reindex(
    path: Path,
    embedder: Embedder,
    entry: EmbedderEntry,
    chunk_tokens: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    wait: LockWait = NO_WAIT,
) -> ReindexReport:
    """Splits and embeds the stored text of all documents anew, then switches.

    Args:
        path: The folder of the index.
        embedder: The new embedder.
        entry: What the index is to remember it by.
        chunk_tokens: The size of the chunks, in tokens of the embedder; None: that of the package.
        on_progress: Called after each document.
        wait: How long to wait for another writer.

    Raises:
        IndexNotFoundError: There is no index.
        IndexLockedError: Another process writes it.
    """
    made_with = manifests.read(path, manifests.current_generation(path)).embedder
    with Writer(path, made_with, wait) as lock:
        base = lock.base
        staging = path / STAGING
        with _staging_writer(staging, entry, chunk_tokens) as writer:
            wanted = {row.id: row for _, row in base.documents()}
            done = {row.id for _, row in writer.base.documents() if wanted.get(row.id) == row}
            writer.remove(place for place, row in writer.base.documents() if row.id not in done)
            run = IngestRun(writer, embedder, ReadOptions(), on_progress=on_progress)
            interrupted = not run.add_stored(
                _documents(base, done), len(wanted) - len(done), _PUBLISH_CHUNKS
            )
            staged = writer.base.manifest
            chunks = writer.base.chunk_count()
        if interrupted:
            generation = base.manifest.generation
            return ReindexReport(
                entry.name, staged.documents - len(done), len(done), chunks, generation, True,
                chunk_tokens,
            )  # fmt: skip
        generation = _switch(path, base.manifest, staged)
    return ReindexReport(
        entry.name, len(wanted) - len(done), len(done), chunks, generation,
        chunk_tokens=chunk_tokens,
    )  # fmt: skip


def _staging_writer(staging: Path, entry: EmbedderEntry, chunk_tokens: int | None) -> Writer:
    """The writer of what an earlier run left, or of a new folder where that is of no use."""
    try:
        left = manifests.read(staging, manifests.current_generation(staging))
        if (left.embedder.fingerprint, left.chunk_tokens) != (entry.fingerprint, chunk_tokens):
            shutil.rmtree(staging)
    except IndexNotFoundError:
        pass
    except CorruptIndexError:
        shutil.rmtree(staging)
    return Writer(staging, entry, chunk_tokens=chunk_tokens)


def _documents(base: Snapshot, done: set[str]) -> Iterator[tuple[DocumentRow, Document]]:
    for place, row in base.documents():
        if row.id in done:
            continue
        yield row, stored_document(base.segments[place.segment], place.row, row)


def _switch(path: Path, base: Manifest, staged: Manifest) -> int:
    """Moves the new segments beside the old ones and makes them the current generation."""
    with durable_io.storage_errors(path):
        segments = path / manifests.SEGMENTS
        durable_io.make_folder(segments)
        for entry in staged.segments:
            target = manifests.segment_path(path, entry.name)
            manifests.segment_path(path / STAGING, entry.name).replace(target)
            integrity.record_verified(target, entry.files)
        durable_io.sync_folder(segments)
        manifest = replace(
            staged,
            generation=base.generation + 1,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            roots=dict(base.roots),
        )
        manifests.publish(path, manifest)
        shutil.rmtree(path / STAGING, ignore_errors=True)
    return manifest.generation
