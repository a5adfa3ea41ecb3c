"""From files to a new generation of an index: read, split, embed, write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from rag_infer.embed import Embedder
from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.writer import FileState, Writer
from rag_infer.ingest.discovery import DiscoveredFiles
from rag_infer.ingest.file_intake import FileIntake, ReadFiles
from rag_infer.ingest.identical_files import identical_files, is_in_folder
from rag_infer.ingest.name_changes import NameChanges
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
        self._names = NameChanges(writer)
        # Not a method of its own: a run that refers to itself would keep what its writer opened,
        # files that are deleted already, until the cyclic garbage collection.
        is_added_text = partial(_is_added_text, writer)
        self._intake = FileIntake(
            writer, embedder, options, labels, on_progress, is_added_text, self._names
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
        moving = {file.id for file in changed}.union(removed_ids, regrouped)
        is_united = self._names.unite(
            {file: state for file, state in indexed_files.items() if file not in moving}
        )
        if (
            not changed
            and not removed_ids
            and not regrouped
            and not is_united
            and dict(discovered.roots) == dict(self._writer.base.manifest.roots)
        ):
            return self._report(
                discovered, unchanged, removed_ids, self._generation, discovered.interrupted
            )
        for file_id in removed_ids:
            self._names.leave(file_id, indexed_files[file_id])
        interrupted = discovered.interrupted
        try:
            self._regroup(regrouped, indexed_files)
            self._read_files(changed, indexed_files)
            self._intake.pending.flush()
        except KeyboardInterrupt:
            interrupted = True
            self._intake.discard_unfinished()
        self._rename()
        manifest = self._writer.publish(discovered.roots)
        return self._report(discovered, unchanged, removed_ids, manifest.generation, interrupted)

    def _read_files(
        self, changed: Sequence[SourceFile], indexed_files: Mapping[str, FileState]
    ) -> None:
        """Reads files, of those that are the same the first; all where that gives no document."""
        intake, count = self._intake, len(changed)
        groups = identical_files(
            changed, lambda file: intake.groups_of(file, indexed_files.get(file.id))
        )
        by_first = {group.first.id: group for group in groups}
        for result in self._read([group.first for group in groups], self._options):
            intake.accept(result, indexed_files, count, by_first[result.source.id])
        others = [file for group in groups for file in group.copies]
        others = [file for file in others if file.id not in intake.reports]
        for result in self._read(others, self._options) if others else ():
            intake.accept(result, indexed_files, count)

    def _rename(self) -> None:
        """Writes the documents anew whose names changed."""
        for row, document in self._names.documents():
            self._intake.queue_renamed(row, document)
            self._intake.report_progress(self._intake.done, row.id)
            self._intake.flush_if_full()
        self._intake.pending.flush()

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
                self._intake.queue_as(document, row.file, row.bytes, row.modified_ns, row.copies)
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

    def _regroup(
        self, labels: Mapping[str, frozenset[str]], states: Mapping[str, FileState]
    ) -> None:
        """Lets others read the documents of these files; nothing is read or embedded again."""
        base = self._writer.base
        for file, groups in labels.items():
            if is_in_folder(file) and self._names.relabel(file, states[file], groups):
                continue
            for place in states[file].places:
                segment = base.segments[place.segment]
                row = segment.catalogue.document(place.row)
                document = stored_document(segment, place.row, row)
                self._intake.pending.add(replace(row, labels=groups), document)
                self._intake.pending.replace((place,))
                self._intake.flush_if_full()
        self._intake.pending.flush()
        self._regrouped = len(labels)

    def regroup(self, files: Mapping[str, frozenset[str]]) -> None:
        """Lets others read the documents of files, and publishes that.

        Args:
            files: The groups that may read a file's documents, by its id; empty: everyone.
        """
        states = self._writer.files(files)
        self._regroup({file: files[file] for file in states}, states)
        self._rename()
        self._writer.publish()

    def remove_names(self, files: Iterable[str]) -> None:
        """Takes names from documents, which stay with their other names.

        Args:
            files: Files that are further names of documents, or have some.
        """
        for file, state in self._writer.files(list(files)).items():
            self._names.leave(file, state)
        self._rename()

    def _first_name(self, file: str) -> str | None:
        """The document that a file is only a further name of, or None."""
        firsts = self._names.first_names
        first = self._intake.first_names.get(file, file)
        first = firsts.get(file) or firsts.get(first, first)
        return None if first == file else first

    def _report(
        self,
        discovered: DiscoveredFiles,
        unchanged: int,
        removed_ids: Sequence[str],
        generation: int,
        interrupted: bool,
    ) -> IngestReport:
        return IngestReport(
            indexed=tuple(
                replace(self._intake.reports[file], copy_of=self._first_name(file))
                for file in sorted(self._intake.reports)
            ),
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


def _is_added_text(writer: Writer, document_id: str) -> bool:
    """Whether a document came as text rather than from a file."""
    place = writer.base.find(document_id)
    if place is None:
        return False
    row = writer.base.segments[place.segment].catalogue.document(place.row)
    return row.file == ADDED_PREFIX + document_id
