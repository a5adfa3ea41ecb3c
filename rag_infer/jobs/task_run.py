"""A task: files to a segment in the bucket, and one note of what came of it.

A task may run several times, at once or one after the other. Each attempt writes under a name of
its own, and the first whose note is written counts.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_infer.buckets.job_journal import JobJournal, segment_prefix
from rag_infer.buckets.transfer import SegmentFile, TransferProgress, in_threads, upload
from rag_infer.embed import Embedder
from rag_infer.index import integrity, manifest
from rag_infer.index.manifest import SegmentEntry
from rag_infer.ingest.reports import Progress
from rag_infer.ingest.segment_build import build_segment
from rag_infer.jobs.plan import Task, TaskOutcome
from rag_infer.read import ReadOptions, SourceFile
from rag_infer.store.base import Store


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What all tasks of a job have in common; it can be sent to another machine.

    Attributes:
        address: That of the bucket.
        job: The job's name.
        embedder: Loads the embedder, once for each worker.
        options: How files are read.
        chunk_tokens: The size of chunks; None: that of the package.
    """

    address: str
    job: str
    embedder: Callable[[], Embedder]
    options: ReadOptions
    chunk_tokens: int | None


def run_task(
    context: TaskContext,
    task: Task,
    files: Sequence[SourceFile],
    store: Store,
    embedder: Embedder,
    *,
    read_workers: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> TaskOutcome:
    """Builds the segment of a task, uploads it, and notes it unless another attempt was first.

    Raises:
        StoreError: The bucket cannot be used.
        IndexStorageError: The disk cannot be written.
    """
    journal = JobJournal(store, context.job)
    where = f"{store.url}: task {task.name}"
    done = journal.done(task.name)
    if done is not None:
        return TaskOutcome.parse(done, where)
    with tempfile.TemporaryDirectory(prefix="rag-task-") as name:
        attempt = f"{segment_prefix(context.job)}{task.name}-{secrets.token_hex(4)}"
        folder = manifest.segment_path(Path(name), attempt)
        build = build_segment(
            files,
            embedder,
            folder,
            options=context.options,
            chunk_tokens=context.chunk_tokens,
            read_workers=read_workers,
            on_progress=on_progress,
        )
        integrity.forget(folder)
        uploads = _files(build.entry)
        progress = TransferProgress(sum(file.entry.bytes for file in uploads))
        in_threads(lambda file: upload(store, Path(name), file, progress), uploads)
    outcome = TaskOutcome(build.entry, build.reports, build.failed, build.embedded)
    data = outcome.to_bytes()
    noted = journal.finish_task(task.name, data)
    first = TaskOutcome.parse(noted, where)
    if build.entry is not None and first.entry != build.entry:
        store.delete([file.key for file in uploads])  # of this attempt alone
    return first


def _files(entry: SegmentEntry | None) -> list[SegmentFile]:
    if entry is None:
        return []
    return [SegmentFile(entry.name, name, file) for name, file in entry.files.items()]
