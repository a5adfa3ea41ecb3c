"""From files to a new generation of an index: read, split, embed, write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rag_infer.embed import Embedder
from rag_infer.errors import InputError, RagError, ReadError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.writer import FileState, Writer
from rag_infer.ingest.discovery import EMPTY_FOLDER, DiscoveredFiles
from rag_infer.ingest.file_changes import FileContents, file_status, is_unchanged
from rag_infer.ingest.pending_documents import PendingDocuments
from rag_infer.ingest.reports import (
    Failure,
    FileReport,
    IngestReport,
    Progress,
    UnreachablePath,
)
from rag_infer.ingest.stored_documents import stored_document
from rag_infer.ingest.text_documents import ADDED_PREFIX, TextDocument
from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files
from rag_infer.types import Document

_EMBED_BATCH_CHUNKS = 512  # chunks that wait for each other, to be sorted by length and batched


ReadFiles = Callable[[Sequence[SourceFile], ReadOptions], Iterator[FileResult]]


class IngestRun:
    """One run over discovered files, against an open writer."""

    def __init__(
        self,
        writer: Writer,
        embedder: Embedder,
        options: ReadOptions,
        labels: frozenset[str] = frozenset(),
        on_progress: Callable[[Progress], None] | None = None,
        *,
        remove_missing: bool = False,
        read: ReadFiles | None = None,
    ) -> None:
        self._remove_missing = remove_missing
        self._unreachable: tuple[UnreachablePath, ...] = ()
        self._writer = writer
        self._options = options
        self._labels = labels
        self._on_progress = on_progress
        self._read = read or read_files
        self._started = time.monotonic()
        self._pending = PendingDocuments(writer, embedder)
        self._reports: dict[str, FileReport] = {}
        self._failed: list[Failure] = []
        self._ids: set[str] = set()
        self._next_numbers: dict[str, int] = {}
        self._rejected: set[str] = set()  # files that are not taken in, whatever comes of them
        self._open_files: set[str] = set()  # files whose last part has not come yet
        self._pages = self._chunks = self._done = self._regrouped = 0

    @property
    def writer(self) -> Writer:
        """The open writer of the index."""
        return self._writer

    def run(self, discovered: DiscoveredFiles) -> IngestReport:
        """Brings the index in line with the files found. Ctrl-C keeps what is finished."""
        names = {*discovered.scope, *(file.id for file in discovered.files)}
        indexed_files = self._writer.files(names)
        changed = [f for f in discovered.files if not is_unchanged(f, indexed_files.get(f.id))]
        present = {f.id for f in discovered.files} | discovered.unmodified
        missing = sorted(i for i in indexed_files if discovered.covers(i) and i not in present)
        removed_ids = self._gone(missing, indexed_files, discovered, changed)
        unchanged = len(discovered.files) - len(changed) + len(discovered.unmodified)
        self._failed = [Failure(name, reason) for name, reason in discovered.failed.items()]
        regrouped = self._regrouped_files(discovered, changed, indexed_files)
        if (
            not changed
            and not removed_ids
            and not regrouped
            and dict(discovered.roots) == dict(self._writer.base.manifest.roots)
        ):
            return self._report(
                discovered, unchanged, removed_ids, self._generation, discovered.interrupted
            )
        for file_id in removed_ids:
            self._writer.remove(indexed_files[file_id].places)
        interrupted = discovered.interrupted
        try:
            self._regroup(regrouped)
            for result in self._read(changed, self._options):
                self._accept_result(result, indexed_files.get(result.source.id), len(changed))
            self._pending.flush()
        except KeyboardInterrupt:
            interrupted = True
            self._discard_unfinished()
        manifest = self._writer.publish(discovered.roots)
        return self._report(discovered, unchanged, removed_ids, manifest.generation, interrupted)

    def _gone(
        self,
        missing: Sequence[str],
        indexed_files: Mapping[str, FileState],
        discovered: DiscoveredFiles,
        changed: Sequence[SourceFile],
    ) -> list[str]:
        """The missing files that were seen to be gone; those that could not be seen stay."""
        if self._remove_missing:
            return list(missing)
        gone: list[str] = []
        documents: dict[str, int] = {}
        moved = FileContents(changed)
        for file_id in missing:
            state = indexed_files[file_id]
            path = discovered.unreachable_path(file_id)
            reason = discovered.unreachable[path] if path is not None else None
            # Of an empty folder, what is now elsewhere was moved.
            if path is None or (reason == EMPTY_FOLDER and state in moved):
                gone.append(file_id)
            else:
                documents[path] = documents.get(path, 0) + len(state.places)
        self._unreachable = tuple(
            UnreachablePath(path, discovered.unreachable[path], count)
            for path, count in documents.items()
        )
        return gone

    def add_documents(self, documents: Sequence[TextDocument]) -> IngestReport:
        """Adds or replaces documents that come as text: all of them, or after Ctrl-C none.

        Raises InputError for an id that a document of a file has.
        """
        stored = self._writer.files([ADDED_PREFIX + document.id for document in documents])
        for document in documents:
            is_in_use = self._writer.base.find(document.id) is not None
            if is_in_use and ADDED_PREFIX + document.id not in stored:
                raise InputError("a file has this id", where=document.id, code="document_id_in_use")
        changed = [
            document
            for document in documents
            if (state := stored.get(ADDED_PREFIX + document.id)) is None
            or state.sha256 != document.sha256
        ]
        generation = self._generation
        if changed or not generation:
            for document in changed:
                file = ADDED_PREFIX + document.id
                size = len(document.text.encode())
                self._queue_as(document.parsed(), file, size, time.time_ns())
                if file in stored:
                    self._pending.replace(stored[file].places)
                self._done += 1
                self._report_progress(len(changed), document.id)
                if self._pending.chunk_count >= _EMBED_BATCH_CHUNKS:
                    self._pending.flush()
            self._pending.flush()
            generation = self._writer.publish().generation
        nothing = DiscoveredFiles((), self._writer.base.manifest.roots, (), {})
        return self._report(nothing, len(documents) - len(changed), (), generation, False)

    def add_stored(
        self, stored: Iterable[tuple[DocumentRow, Document]], total: int, publish_chunks: int
    ) -> bool:
        """Adds documents as another index has them; publishes after every ``publish_chunks``.

        Returns:
            Whether all were added; False after Ctrl-C, which keeps what was published.
        """
        published = 0
        try:
            for row, document in stored:
                self._queue_as(document, row.file, row.bytes, row.modified_ns)
                self._done += 1
                self._report_progress(total, row.id)
                if self._pending.chunk_count >= _EMBED_BATCH_CHUNKS:
                    self._pending.flush()
                    if self._chunks - published >= publish_chunks:
                        self._writer.publish()
                        published = self._chunks
            self._pending.flush()
        except KeyboardInterrupt:
            self._pending.clear()
            return False
        self._writer.publish()
        return True

    def _discard_unfinished(self) -> None:
        """After Ctrl-C: files of which a part still waits or was never read leave no trace."""
        for file_id in self._open_files | self._pending.files:
            self._forget(file_id)
        self._pending.clear()

    def _forget(self, file_id: str) -> None:
        self._pending.forget(file_id)
        self._writer.forget(file_id)
        report = self._reports.pop(file_id, None)
        if report is not None:
            self._pages -= report.pages
            self._chunks -= report.chunks

    @property
    def _generation(self) -> int:
        return self._writer.base.manifest.generation

    def _accept_result(self, result: FileResult, before: FileState | None, total: int) -> None:
        source = result.source
        self._open_files.add(source.id)
        error = result.error or self._too_many_pages(result)
        if source.id in self._rejected:
            pass  # the rest of a file that is out already
        elif error is not None:
            # A file is in whole or not at all; what it was before stays.
            self._failed.append(Failure(source.id, _reason(error)))
            self._forget(source.id)
            self._rejected.add(source.id)
        else:
            for document in result.documents:
                self._queue_document(document, result, before)
        if result.last:
            self._done += 1
            self._open_files.discard(source.id)
            if source.id not in self._rejected and before is not None:
                self._pending.replace(before.places)
        self._report_progress(total, source.id)
        if self._pending.chunk_count >= _EMBED_BATCH_CHUNKS:
            self._pending.flush()
            self._report_progress(total, source.id)

    def _too_many_pages(self, result: FileResult) -> ReadError | None:
        before = self._reports.get(result.source.id)
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
        labels = self._labels_of(result.source)
        if labels is None:  # a file that changes stays as readable as it was
            labels = before.labels if before is not None else frozenset()
        document = replace(document, groups=labels)
        self._queue_as(document, result.source.id, size, modified_ns)

    def _labels_of(self, source: SourceFile) -> frozenset[str] | None:
        """Who may read a file: by the rule beside it, else by this run; None: nothing is said."""
        return source.groups if source.groups is not None else self._labels or None

    def _regrouped_files(
        self,
        discovered: DiscoveredFiles,
        changed: Sequence[SourceFile],
        indexed_files: Mapping[str, FileState],
    ) -> dict[str, frozenset[str]]:
        """The unchanged files that others may read now, with who."""
        is_changed = {file.id for file in changed}
        labels = {
            file.id: wanted
            for file in discovered.files
            if file.id not in is_changed and (wanted := self._labels_of(file)) is not None
        }
        return {
            id_: wanted for id_, wanted in labels.items() if indexed_files[id_].labels != wanted
        }

    def _regroup(self, labels: Mapping[str, frozenset[str]]) -> None:
        """Lets others read the documents of these files; nothing is read or embedded again."""
        if not labels:
            return
        base = self._writer.base
        for place, row in base.documents():
            if row.file not in labels:
                continue
            document = stored_document(base.segments[place.segment], place.row, row)
            self._pending.add(replace(row, labels=labels[row.file]), document)
            self._pending.replace((place,))
            if self._pending.chunk_count >= _EMBED_BATCH_CHUNKS:
                self._pending.flush()
        self._pending.flush()
        self._regrouped = len(labels)

    def regroup(self, files: Mapping[str, frozenset[str]]) -> None:
        """Lets others read the documents of files, and publishes that.

        Args:
            files: The groups that may read a file's documents, by its id; empty: everyone.
        """
        self._regroup(files)
        self._writer.publish()

    def _queue_as(self, document: Document, file: str, size: int, modified_ns: int) -> None:
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
        self._record_file(file, document, self._pending.add(row, document))

    def _unique_id(self, document_id: str) -> str:
        """Records of one file may repeat an id; the second becomes ``id~2``."""
        name, number = document_id, self._next_numbers.get(document_id, 2)
        while name in self._ids or self._is_added_text(name):
            name, number = f"{document_id}~{number}", number + 1
        self._ids.add(name)
        self._next_numbers[document_id] = number  # else every equal id counts from 2 again
        return name

    def _is_added_text(self, document_id: str) -> bool:
        place = self._writer.base.find(document_id)
        if place is None:
            return False
        row = self._writer.base.segments[place.segment].catalogue.document(place.row)
        return row.file == ADDED_PREFIX + document_id

    def _record_file(self, file: str, document: Document, chunks: int) -> None:
        notes = tuple(f"p. {p.label or p.number}: {p.note}" for p in document.pages if p.note)
        if not chunks and not notes:
            notes = ("no text in it",)
        name = file.removeprefix(ADDED_PREFIX)  # a text is called what its caller called it
        previous = self._reports.get(file, FileReport(name, 0, 0, 0))
        self._reports[file] = FileReport(
            name,
            previous.documents + 1,
            previous.pages + len(document.pages),
            previous.chunks + chunks,
            (*previous.notes, *notes),
        )
        self._pages += len(document.pages)
        self._chunks += chunks

    def _report_progress(self, total: int, current: str) -> None:
        if self._on_progress is not None:
            seconds = time.monotonic() - self._started
            self._on_progress(
                Progress(self._done, total, self._pages, self._chunks, seconds, current)
            )

    def _report(
        self,
        discovered: DiscoveredFiles,
        unchanged: int,
        removed_ids: Sequence[str],
        generation: int,
        interrupted: bool,
    ) -> IngestReport:
        return IngestReport(
            indexed=tuple(self._reports[i] for i in sorted(self._reports)),
            unchanged=unchanged,
            removed=tuple(removed_ids),
            failed=tuple(sorted(self._failed, key=lambda f: f.id)),
            skipped=dict(discovered.skipped),
            chunks=self._chunks,
            embedded=self._pending.embedded,
            generation=generation,
            seconds=time.monotonic() - self._started,
            interrupted=interrupted,
            unreachable=self._unreachable,
            left_out=dict(discovered.left_out),
            regrouped=self._regrouped,
        )


def _reason(error: RagError) -> str:
    return " ".join(f"{error.what}; {error.hint}".split()) if error.hint else error.what
