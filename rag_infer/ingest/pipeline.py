"""From files to a new generation of an index: read, split, embed, write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from rag_infer.embed import Embedder
from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.writer import FileState, Writer
from rag_infer.ingest.discovery import DiscoveredFiles
from rag_infer.ingest.file_intake import FileIntake, ReadFiles
from rag_infer.ingest.reports import (
    Failure,
    IngestReport,
    Progress,
    UnreachablePath,
)
from rag_infer.ingest.run_changes import file_changes
from rag_infer.ingest.stored_documents import stored_document
from rag_infer.ingest.text_documents import ADDED_PREFIX, TextDocument
from rag_infer.read import ReadOptions, SourceFile, read_files
from rag_infer.types import Document


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
        self._read = read or read_files
        self._intake = FileIntake(
            writer, embedder, options, labels, on_progress, self._is_added_text
        )
        self._regrouped = 0

    @property
    def writer(self) -> Writer:
        """The open writer of the index."""
        return self._writer

    def run(self, discovered: DiscoveredFiles) -> IngestReport:
        """Brings the index in line with the files found. Ctrl-C keeps what is finished."""
        names = {*discovered.scope, *(file.id for file in discovered.files)}
        indexed_files = self._writer.files(names)
        changes = file_changes(discovered, indexed_files, remove_missing=self._remove_missing)
        changed, removed_ids, unchanged = changes.changed, changes.removed, changes.unchanged
        self._unreachable = changes.unreachable
        self._intake.failed = [Failure(name, reason) for name, reason in discovered.failed.items()]
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
                self._intake.accept(result, indexed_files.get(result.source.id), len(changed))
            self._intake.pending.flush()
        except KeyboardInterrupt:
            interrupted = True
            self._intake.discard_unfinished()
        manifest = self._writer.publish(discovered.roots)
        return self._report(discovered, unchanged, removed_ids, manifest.generation, interrupted)

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
                self._intake.queue_as(document.parsed(), file, size, time.time_ns())
                if file in stored:
                    self._intake.pending.replace(stored[file].places)
                self._intake.done += 1
                self._intake.report_progress(len(changed), document.id)
                self._intake.flush_if_full()
            self._intake.pending.flush()
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
                self._intake.queue_as(document, row.file, row.bytes, row.modified_ns)
                self._intake.done += 1
                self._intake.report_progress(total, row.id)
                is_due = self._intake.chunks - published >= publish_chunks
                if self._intake.flush_if_full() and is_due:
                    self._writer.publish()
                    published = self._intake.chunks
            self._intake.pending.flush()
        except KeyboardInterrupt:
            self._intake.pending.clear()
            return False
        self._writer.publish()
        return True

    @property
    def _generation(self) -> int:
        return self._writer.base.manifest.generation

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
            if file.id not in is_changed and (wanted := self._intake.labels_of(file)) is not None
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
            self._intake.pending.add(replace(row, labels=labels[row.file]), document)
            self._intake.pending.replace((place,))
            self._intake.flush_if_full()
        self._intake.pending.flush()
        self._regrouped = len(labels)

    def regroup(self, files: Mapping[str, frozenset[str]]) -> None:
        """Lets others read the documents of files, and publishes that.

        Args:
            files: The groups that may read a file's documents, by its id; empty: everyone.
        """
        self._regroup(files)
        self._writer.publish()

    def _is_added_text(self, document_id: str) -> bool:
        place = self._writer.base.find(document_id)
        if place is None:
            return False
        row = self._writer.base.segments[place.segment].catalogue.document(place.row)
        return row.file == ADDED_PREFIX + document_id

    def _report(
        self,
        discovered: DiscoveredFiles,
        unchanged: int,
        removed_ids: Sequence[str],
        generation: int,
        interrupted: bool,
    ) -> IngestReport:
        return IngestReport(
            indexed=tuple(self._intake.reports[i] for i in sorted(self._intake.reports)),
            unchanged=unchanged,
            removed=tuple(removed_ids),
            failed=tuple(sorted(self._intake.failed, key=lambda f: f.id)),
            skipped=dict(discovered.skipped),
            chunks=self._intake.chunks,
            embedded=self._intake.pending.embedded,
            generation=generation,
            seconds=self._intake.seconds,
            interrupted=interrupted,
            unreachable=self._unreachable,
            left_out=dict(discovered.left_out),
            regrouped=self._regrouped,
        )
