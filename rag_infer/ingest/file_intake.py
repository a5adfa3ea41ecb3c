"""What reading some files gave, on its way into a segment: whole files, reported one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rag_infer.embed import Embedder
from rag_infer.errors import RagError, ReadError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.writer import FileState
from rag_infer.ingest.file_changes import file_status
from rag_infer.ingest.pending_documents import DocumentSink, PendingDocuments
from rag_infer.ingest.reports import Failure, FileReport, Progress
from rag_infer.ingest.text_documents import ADDED_PREFIX
from rag_infer.read import FileResult, ReadOptions, SourceFile
from rag_infer.types import Document

_EMBED_BATCH_CHUNKS = 512  # chunks that wait for each other, to be sorted by length and batched
ReadFiles = Callable[[Sequence[SourceFile], ReadOptions], Iterator[FileResult]]


class FileIntake:
    """Takes files in whole or not at all, and counts what came of them.

    Args:
        sink: Where the documents go.
        embedder: What makes their vectors.
        options: How the files are read.
        labels: Who may read them, where no rule beside a file says it.
        on_progress: Called after each result.
        is_added_text: Whether an id is that of a document that came as text, not as a file.
    """

    def __init__(
        self,
        sink: DocumentSink,
        embedder: Embedder,
        options: ReadOptions,
        labels: frozenset[str] = frozenset(),
        on_progress: Callable[[Progress], None] | None = None,
        is_added_text: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._sink = sink
        self._options = options
        self._labels = labels
        self._on_progress = on_progress
        self._is_added_text = is_added_text
        self._started = time.monotonic()
        self.pending = PendingDocuments(sink, embedder)
        self.reports: dict[str, FileReport] = {}
        self.failed: list[Failure] = []
        self._ids: set[str] = set()
        self._next_numbers: dict[str, int] = {}
        self._rejected: set[str] = set()  # files that are not taken in, whatever comes of them
        self._open_files: set[str] = set()  # files whose last part has not come yet
        self.pages = self.chunks = self.done = 0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._started

    def discard_unfinished(self) -> None:
        """After Ctrl-C: files of which a part still waits or was never read leave no trace."""
        for file_id in self._open_files | self.pending.files:
            self._forget(file_id)
        self.pending.clear()

    def _forget(self, file_id: str) -> None:
        self.pending.forget(file_id)
        self._sink.forget(file_id)
        report = self.reports.pop(file_id, None)
        if report is not None:
            self.pages -= report.pages
            self.chunks -= report.chunks

    def accept(self, result: FileResult, before: FileState | None, total: int) -> None:
        """Takes a result of reading; ``before`` is what the index has of its file."""
        source = result.source
        self._open_files.add(source.id)
        error = result.error or self._too_many_pages(result)
        if source.id in self._rejected:
            pass  # the rest of a file that is out already
        elif error is not None:
            # A file is in whole or not at all; what it was before stays.
            self.failed.append(Failure(source.id, _reason(error)))
            self._forget(source.id)
            self._rejected.add(source.id)
        else:
            for document in result.documents:
                self._queue_document(document, result, before)
        if result.last:
            self.done += 1
            self._open_files.discard(source.id)
            if source.id not in self._rejected and before is not None:
                self.pending.replace(before.places)
        self.report_progress(total, source.id)
        if self.flush_if_full():
            self.report_progress(total, source.id)

    def flush_if_full(self) -> bool:
        """Embeds what waits if that is a batch, and says whether it was."""
        is_full = self.pending.chunk_count >= _EMBED_BATCH_CHUNKS
        if is_full:
            self.pending.flush()
        return is_full

    def _too_many_pages(self, result: FileResult) -> ReadError | None:
        before = self.reports.get(result.source.id)
        count = sum(len(d.pages) for d in result.documents) + (before.pages if before else 0)
        try:
            self._options.check_pages(count)
        except ReadError as error:
            return error
        return None

    def _queue_document(
        self, document: Document, result: FileResult, before: FileState | None
    ) -> None:
        metadata = {**document.metadata, **result.source.metadata}
        document = replace(document, id=self._unique_id(document.id), metadata=metadata)
        stat = file_status(result.source.path)
        size, modified_ns = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
        labels = self.labels_of(result.source)
        if labels is None:  # a file that changes stays as readable as it was
            labels = before.labels if before is not None else frozenset()
        document = replace(document, groups=labels)
        self.queue_as(document, result.source.id, size, modified_ns)

    def labels_of(self, source: SourceFile) -> frozenset[str] | None:
        """Who may read a file: by the rule beside it, else by this run; None: nothing is said."""
        return source.groups if source.groups is not None else self._labels or None

    def queue_as(self, document: Document, file: str, size: int, modified_ns: int) -> None:
        """Lets a document wait as one of a file."""
        row = DocumentRow(
            id=document.id,
            file=file,
            format=document.format,
            sha256=document.sha256,
            bytes=size,
            modified_ns=modified_ns,
            title=document.title,
            metadata=dict(document.metadata),
            labels=document.groups,
        )
        self._record_file(file, document, self.pending.add(row, document))

    def _unique_id(self, document_id: str) -> str:
        """Records of one file may repeat an id; the second becomes ``id~2``."""
        name, number = document_id, self._next_numbers.get(document_id, 2)
        while name in self._ids or self._is_added_text(name):
            name, number = f"{document_id}~{number}", number + 1
        self._ids.add(name)
        self._next_numbers[document_id] = number  # else every equal id counts from 2 again
        return name

    def _record_file(self, file: str, document: Document, chunks: int) -> None:
        notes = tuple(f"p. {p.label or p.number}: {p.note}" for p in document.pages if p.note)
        if not chunks and not notes:
            notes = ("no text in it",)
        name = file.removeprefix(ADDED_PREFIX)  # a text is called what its caller called it
        previous = self.reports.get(file, FileReport(name, 0, 0, 0))
        self.reports[file] = FileReport(
            name,
            previous.documents + 1,
            previous.pages + len(document.pages),
            previous.chunks + chunks,
            (*previous.notes, *notes),
        )
        self.pages += len(document.pages)
        self.chunks += chunks

    def report_progress(self, total: int, current: str) -> None:
        """Says how far it is."""
        if self._on_progress is not None:
            self._on_progress(
                Progress(self.done, total, self.pages, self.chunks, self.seconds, current)
            )


def _reason(error: RagError) -> str:
    return " ".join(f"{error.what}; {error.hint}".split()) if error.hint else error.what
