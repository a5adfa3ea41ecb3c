"""From files to a new generation of an index: read, split, embed, write."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder, FloatRows
from rag_infer.embed.neighbor_smoothing import REACH, blend
from rag_infer.errors import InputError, RagError, ReadError
from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.segment import SegmentRow, content_hash
from rag_infer.index.snapshot import Place
from rag_infer.index.writer import FileState, Writer
from rag_infer.ingest.discovery import EMPTY_FOLDER, DiscoveredFiles
from rag_infer.ingest.text_documents import ADDED_PREFIX, TextDocument
from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files
from rag_infer.split import embedding_text, split
from rag_infer.types import Chunk, Document

_EMBED_BATCH_CHUNKS = 512  # chunks that wait for each other, to be sorted by length and batched

_MAX_EMBEDDED_TABLE_CHUNKS = 500
_TABLE_FORMATS = frozenset(("csv", "sheet"))


ReadFiles = Callable[[Sequence[SourceFile], ReadOptions], Iterator[FileResult]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; counts are of this run, times in seconds."""

    files_done: int
    files_total: int
    pages: int
    chunks: int
    seconds: float
    current: str = ""


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file that was indexed. ``notes`` name pages without text and the like."""

    id: str
    documents: int
    pages: int
    chunks: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why. An earlier version of it stays as it was."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnreachablePath:
    """A file or folder (``share/``) that could not be looked at; ``documents`` of it stay."""

    id: str
    reason: str
    documents: int


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a run did.

    Attributes:
        embedded: The number of texts that went through the model.
        unreachable: What could not be looked at and has documents in the index.
    """

    indexed: tuple[FileReport, ...]
    unchanged: int
    removed: tuple[str, ...]
    failed: tuple[Failure, ...]
    skipped: dict[str, int]
    chunks: int
    embedded: int
    generation: int
    seconds: float
    interrupted: bool = False
    unreachable: tuple[UnreachablePath, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A document that waits for its vectors."""

    row: DocumentRow
    document: Document
    chunks: tuple[Chunk, ...]
    texts: tuple[str, ...]  # what is searched for words
    embedded_texts: tuple[str, ...]  # what the vectors are of
    names: str  # the words of the file's and its folders' names, searched with each text


class IngestRun:
    """One run over found files, against an open writer."""

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
        self._embedder = embedder
        self._options = options
        self._labels = labels
        self._on_progress = on_progress
        self._read = read or read_files
        self._started = time.monotonic()
        self._pending: list[_Pending] = []
        self._reports: dict[str, FileReport] = {}
        self._failed: list[Failure] = []
        self._ids: set[str] = set()
        self._next_numbers: dict[str, int] = {}
        self._rejected: set[str] = set()  # files that are not taken in, whatever comes of them
        self._open_files: set[str] = set()  # files whose last part has not come yet
        self._replaced: list[Place] = []  # go once what replaces them is with the writer
        self._pages = self._chunks = self._embedded = self._done = 0

    @property
    def writer(self) -> Writer:
        """The open writer of the index."""
        return self._writer

    def run(self, discovered: DiscoveredFiles) -> IngestReport:
        """Brings the index in line with the files found. Ctrl-C keeps what is finished."""
        indexed_files = self._writer.files()
        self._ids = {
            file_id.removeprefix(ADDED_PREFIX)
            for file_id in indexed_files
            if file_id.startswith(ADDED_PREFIX)
        }
        changed = [f for f in discovered.files if not _unchanged(f, indexed_files.get(f.id))]
        present = {f.id for f in discovered.files}
        missing = sorted(i for i in indexed_files if discovered.covers(i) and i not in present)
        removed_ids = self._gone(missing, indexed_files, discovered, changed)
        if (
            not changed
            and not removed_ids
            and dict(discovered.roots) == dict(self._writer.base.manifest.roots)
        ):
            return self._report(
                discovered, len(discovered.files), removed_ids, self._generation, False
            )
        for file_id in removed_ids:
            self._writer.remove(indexed_files[file_id].places)
        interrupted = False
        try:
            for result in self._read(changed, self._options):
                self._accept_result(result, indexed_files.get(result.source.id), len(changed))
            self._flush()
        except KeyboardInterrupt:
            interrupted = True
            self._discard_unfinished()
        manifest = self._writer.publish(discovered.roots)
        unchanged = len(discovered.files) - len(changed)
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
        moved = _Contents(changed)
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
        stored = self._writer.files()
        ids = {document.id for document in documents}
        for _, row in self._writer.base.documents():
            if row.id in ids and row.file != ADDED_PREFIX + row.id:
                raise InputError("a file has this id", where=row.id, code="document_id_in_use")
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
                    self._replaced.extend(stored[file].places)
                self._done += 1
                self._report_progress(len(changed), document.id)
                if sum(len(p.chunks) for p in self._pending) >= _EMBED_BATCH_CHUNKS:
                    self._flush()
            self._flush()
            generation = self._writer.publish().generation
        nothing = DiscoveredFiles((), self._writer.base.manifest.roots, (), {})
        return self._report(nothing, len(documents) - len(changed), (), generation, False)

    def _discard_unfinished(self) -> None:
        """After Ctrl-C: files of which a part still waits or was never read leave no trace."""
        for file_id in self._open_files | {pending.row.file for pending in self._pending}:
            self._forget(file_id)
        self._pending.clear()
        self._replaced.clear()

    def _forget(self, file_id: str) -> None:
        self._pending = [p for p in self._pending if p.row.file != file_id]
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
                self._queue_document(document, result)
        if result.last:
            self._done += 1
            self._open_files.discard(source.id)
            if source.id not in self._rejected and before is not None:
                self._replaced.extend(before.places)
        self._report_progress(total, source.id)
        if sum(len(p.chunks) for p in self._pending) >= _EMBED_BATCH_CHUNKS:
            self._flush()
            self._report_progress(total, source.id)

    def _too_many_pages(self, result: FileResult) -> ReadError | None:
        before = self._reports.get(result.source.id)
        count = sum(len(d.pages) for d in result.documents) + (before.pages if before else 0)
        try:
            self._options.check_pages(count)
        except ReadError as error:
            return error
        return None

    def _queue_document(self, document: Document, result: FileResult) -> None:
        document = replace(document, id=self._unique_id(document.id))
        stat = _status(result.source.path)
        size, modified_ns = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
        self._queue_as(document, result.source.id, size, modified_ns)

    def _queue_as(self, document: Document, file: str, size: int, modified_ns: int) -> None:
        chunks = tuple(split(document, self._embedder))
        row = DocumentRow(
            id=document.id,
            file=file,
            format=document.format,
            sha256=document.sha256,
            bytes=size,
            modified_ns=modified_ns,
            title=document.title,
            metadata=dict(document.metadata),
            labels=document.groups | self._labels,
        )
        texts = tuple(embedding_text(chunk, document.title) for chunk in chunks)
        self._pending.append(
            _Pending(
                row,
                document,
                chunks,
                texts,
                _embedded_texts(document, texts),
                _name_words(row.file),
            )
        )
        self._record_file(file, document, len(chunks))

    def _unique_id(self, document_id: str) -> str:
        """Records of one file may repeat an id; the second becomes ``id~2``."""
        name, number = document_id, self._next_numbers.get(document_id, 2)
        while name in self._ids:
            name, number = f"{document_id}~{number}", number + 1
        self._ids.add(name)
        self._next_numbers[document_id] = number  # else every equal id counts from 2 again
        return name

    def _record_file(self, file: str, document: Document, chunks: int) -> None:
        notes = tuple(f"p. {p.label or p.number}: {p.note}" for p in document.pages if p.note)
        if not chunks and not notes:
            notes = ("no text in it",)
        previous = self._reports.get(file, FileReport(file, 0, 0, 0))
        self._reports[file] = FileReport(
            file,
            previous.documents + 1,
            previous.pages + len(document.pages),
            previous.chunks + chunks,
            (*previous.notes, *notes),
        )
        self._pages += len(document.pages)
        self._chunks += chunks

    def _flush(self) -> None:
        """Embeds what waits, each distinct new text once, and hands it to the writer.

        It waits until all of it is there, so that Ctrl-C in the middle gives up all of it.
        """
        waiting = self._pending
        digests = [
            digest for pending in waiting for digest in _chunk_digests(pending.embedded_texts)
        ]
        hashes = np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)
        rows, indexed_files = self._writer.vectors(hashes)
        spans: list[slice] = []
        for pending in waiting:
            start = spans[-1].stop if spans else 0
            spans.append(slice(start, start + len(pending.texts)))
        self._embed(waiting, spans, rows, indexed_files)
        for pending, span in zip(waiting, spans, strict=True):
            self._writer.add(
                SegmentRow(
                    row=pending.row,
                    document=pending.document,
                    chunks=pending.chunks,
                    vectors=rows[span],
                    hashes=hashes[span],
                    terms=[terms(f"{pending.names}\n{text}") for text in pending.texts],
                )
            )
        replaced, self._replaced = self._replaced, []
        self._pending = []
        self._writer.remove(replaced)

    def _embed(
        self,
        waiting: Sequence[_Pending],
        spans: Sequence[slice],
        rows: FloatRows,
        indexed_files: npt.NDArray[np.bool_],
    ) -> None:
        """Fills the rows that are not known: of the text's vector and of its neighbours'."""
        needed = [_with_neighbors(~indexed_files[span]) for span in spans]
        distinct: dict[str, int] = {}
        for pending, is_needed in zip(waiting, needed, strict=True):
            for n in np.flatnonzero(is_needed):
                distinct.setdefault(pending.embedded_texts[n], len(distinct))
        if not distinct:
            return
        vectors = self._embedder.embed(list(distinct))
        self._embedded += len(distinct)
        for pending, span, is_needed in zip(waiting, spans, needed, strict=True):
            own_vectors = np.zeros((len(pending.embedded_texts), rows.shape[1]), dtype=np.float32)
            row_indexes = np.flatnonzero(is_needed)
            own_vectors[row_indexes] = vectors[
                [distinct[pending.embedded_texts[n]] for n in row_indexes]
            ]
            new = ~indexed_files[span]
            rows[span][new] = blend(own_vectors)[new]

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
            embedded=self._embedded,
            generation=generation,
            seconds=time.monotonic() - self._started,
            interrupted=interrupted,
            unreachable=self._unreachable,
        )


class _Contents:
    """Which contents some files have; a file is hashed only when its size is looked for."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._by_size: dict[int, list[Path]] = {}
        for file in files:
            with suppress(OSError):
                self._by_size.setdefault(file.path.stat().st_size, []).append(file.path)
        self._hash = cache(_sha256)

    def __contains__(self, state: FileState) -> bool:
        for path in self._by_size.get(state.bytes, ()):
            with suppress(OSError):
                if self._hash(path) == state.sha256:
                    return True
        return False


def _name_words(file_id: str) -> str:
    """The words of a file's name and its folders: they often say what the text is about."""
    return " ".join((file_id, *re.split(r"[\W_]+", file_id)))


def _embedded_texts(document: Document, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The text whose vector each chunk gets: its own, or in a large table that of a row nearby.

    Rows of one table mean the same to an embedder; it is their words that tell them apart, and
    those are all searched.
    """
    stride = -(-len(texts) // _MAX_EMBEDDED_TABLE_CHUNKS)
    if stride <= 1 or document.format not in _TABLE_FORMATS:
        return texts
    return tuple(texts[n - n % stride] for n in range(len(texts)))


def _chunk_digests(texts: Sequence[str]) -> list[bytes]:
    """A hash for each chunk of all that its vector is made of: its text and its neighbours'."""
    return [
        content_hash(
            f"{n - max(0, n - REACH)}\0" + "\0".join(texts[max(0, n - REACH) : n + REACH + 1])
        )
        for n in range(len(texts))
    ]


def _with_neighbors(new: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The chunks whose own vectors the vectors of the new ones are made of."""
    wide = new.copy()
    for distance in range(1, REACH + 1):
        wide[distance:] |= new[:-distance]
        wide[:-distance] |= new[distance:]
    return wide


def _unchanged(file: SourceFile, state: FileState | None) -> bool:
    """By size and time when both are the same, by content when only the size is."""
    if state is None:
        return False
    try:
        stat = file.path.stat()
        if stat.st_size != state.bytes:
            return False
        return stat.st_mtime_ns == state.modified_ns or _sha256(file.path) == state.sha256
    except OSError:
        return False


def _status(path: Path) -> os.stat_result | None:
    """None for a file that went since it was read: the next run sees it as changed or gone."""
    try:
        return path.stat()
    except OSError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: RagError) -> str:
    return " ".join(f"{error.what}; {error.hint}".split()) if error.hint else error.what
