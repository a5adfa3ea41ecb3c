"""What reading some files gave, on its way into a segment: whole files, reported one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from rag_infer.embed import Embedder
from rag_infer.errors import RagError, ReadError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.document_copies import Copies, DocumentCopy
from rag_infer.index.writer import FileState
from rag_infer.ingest.file_changes import file_status
from rag_infer.ingest.identical_files import IdenticalFiles, may_have_copies
from rag_infer.ingest.pending_documents import DocumentSink, PendingDocuments
from rag_infer.ingest.reports import Failure, FileReport, Progress
from rag_infer.ingest.text_documents import ADDED_PREFIX
from rag_infer.read import FileResult, ReadOptions, SourceFile
from rag_infer.types import Document

_EMBED_BATCH_CHUNKS = 512  # chunks that wait for each other, to be sorted by length and batched
ReadFiles = Callable[[Sequence[SourceFile], ReadOptions], Iterator[FileResult]]


class NameCollector(Protocol):
    """The names of the documents that an index has already."""

    def leave(self, file: str, state: FileState) -> None:
        """A file no longer stands for its documents."""

    def stay(self, file: str) -> None:
        """Takes back that a file leaves, or joined a document with its copies."""

    def join(self, row: DocumentRow, document: Document) -> bool:
        """A file becomes a name of a document, if the index has its content."""


class FileIntake:
    """Takes files in whole or not at all, and counts what came of them.

    Args:
        sink: Where the documents go.
        embedder: What makes their vectors.
        options: How the files are read.
        labels: Who may read them, where no rule beside a file says it.
        on_progress: Called after each result.
        is_added_text: Whether an id is that of a document that came as text, not as a file.
        names: Those of the documents that are there already; None where none can be.
    """

    def __init__(
        self,
        sink: DocumentSink,
        embedder: Embedder,
        options: ReadOptions,
        labels: frozenset[str] = frozenset(),
        on_progress: Callable[[Progress], None] | None = None,
        is_added_text: Callable[[str], bool] = lambda _: False,
        names: NameCollector | None = None,
    ) -> None:
        self._sink = sink
        self._options = options
        self._labels = labels
        self._on_progress = on_progress
        self._is_added_text = is_added_text
        self._names = names
        self.first_names: dict[str, str] = {}
        """The id of the document of each file that came in with another one."""
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
        for copy in [copy for copy, first in self.first_names.items() if first == file_id]:
            del self.first_names[copy]
            self._forget(copy)
        if self._names is not None:
            self._names.stay(file_id)
        report = self.reports.pop(file_id, None)
        if report is not None:
            self.pages -= report.pages
            self.chunks -= report.chunks

    def accept(
        self,
        result: FileResult,
        before: Mapping[str, FileState],
        total: int,
        identical: IdenticalFiles | None = None,
    ) -> None:
        """Takes a result of reading.

        Args:
            result: What came of a file.
            before: What the index has of the files.
            total: How many files there are.
            identical: Further files that were of the same content. If its document comes in, they
                do, as names of it.
        """
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
            is_alone = result.last and source.id not in self.reports and len(result.documents) == 1
            for document in result.documents:
                row, document = self._row(document, result, before.get(source.id))  # noqa: PLW2901
                if is_alone and may_have_copies(row):
                    self._queue_named(row, document, identical, before)
                else:
                    self._queue(row, document)
        if result.last:
            self.done += 1
            self._open_files.discard(source.id)
            if source.id not in self._rejected:
                self._leave(source.id, before)
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

    def _leave(self, file: str, before: Mapping[str, FileState]) -> None:
        """What a file was before goes when this run is written."""
        if self._names is not None and file in before:
            self._names.leave(file, before[file])

    def _row(
        self, document: Document, result: FileResult, before: FileState | None
    ) -> tuple[DocumentRow, Document]:
        """A document under an id that is free, and its row."""
        source = result.source
        metadata = {**document.metadata, **source.metadata}
        stat = file_status(source.path)
        size, modified_ns = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
        document = replace(
            document,
            id=self._unique_id(document.id),
            metadata=metadata,
            groups=self.groups_of(source, before),
        )
        return _document_row(document, source.id, size, modified_ns), document

    def _queue_named(
        self,
        row: DocumentRow,
        document: Document,
        identical: IdenticalFiles | None,
        before: Mapping[str, FileState],
    ) -> None:
        """Lets a document wait with its copies, if the index does not have its content."""
        files = identical.copies if identical and identical.sha256 == document.sha256 else ()
        copies = []
        for file in files:
            stat = file_status(file.path)
            if stat is not None and not self._is_added_text(file.id):
                self._ids.add(file.id)
                copies.append(DocumentCopy(file.id, stat.st_mtime_ns))
                self._leave(file.id, before)
        row = replace(row, copies=tuple(copies))
        if self._names is not None and self._names.join(row, document):
            self.reports[row.id] = FileReport(row.id, 0, 0, 0)
        else:
            self._queue(row, document)
        for copy in copies:
            self.reports[copy.id] = FileReport(copy.id, 0, 0, 0)
            self.first_names[copy.id] = row.id
            self.done += 1

    def groups_of(self, source: SourceFile, before: FileState | None) -> frozenset[str]:
        """Who may read a file now; one that changes stays as readable as it was."""
        labels = self.labels_of(source)
        if labels is None:
            labels = before.labels if before is not None else frozenset()
        return labels

    def labels_of(self, source: SourceFile) -> frozenset[str] | None:
        """Who may read a file: by the rule beside it, else by this run; None: nothing is said."""
        return source.groups if source.groups is not None else self._labels or None

    def queue_as(
        self, document: Document, file: str, size: int, modified_ns: int, copies: Copies = ()
    ) -> None:
        """Lets a document wait as one of a file, and of copies of it."""
        row = _document_row(document, file, size, modified_ns)
        self._queue(replace(row, copies=copies), document)

    def queue_renamed(self, row: DocumentRow, document: Document) -> None:
        """Lets a document of the index wait under other names; a file that came in is reported."""
        if self.reports.pop(row.file, None) is not None:
            self._queue(row, document)
        else:
            self.pending.add(row, document)

    def _queue(self, row: DocumentRow, document: Document) -> None:
        self._record_file(row.file, document, self.pending.add(row, document))

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


def _document_row(document: Document, file: str, size: int, modified_ns: int) -> DocumentRow:
    return DocumentRow(
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


def _reason(error: RagError) -> str:
    return " ".join(f"{error.what}; {error.hint}".split()) if error.hint else error.what
