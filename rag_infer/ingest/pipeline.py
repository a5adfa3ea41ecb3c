"""From files to a new generation of an index: read, split, embed, write.

Knows: the order of the steps, what is unchanged, what is reported.
Does not know: formats, chunk rules, models, storage; each is a room of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder, FloatRows
from rag_infer.embed.neighbor_smoothing import REACH, blend
from rag_infer.errors import RagError, ReadError
from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.segment import SegmentRow, content_hash
from rag_infer.index.snapshot import Place
from rag_infer.index.writer import FileState, Writer
from rag_infer.ingest.discovery import DiscoveredFiles
from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files
from rag_infer.split import embedding_text, split
from rag_infer.types import Chunk, Document

_EMBED_AT_ONCE = 512  # chunks that wait for each other, to be sorted by length and batched


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
class IngestReport:
    """What a run did. ``embedded`` counts texts that went through the model."""

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


@dataclass(frozen=True, slots=True)
class _Pending:
    """A document that waits for its vectors."""

    row: DocumentRow
    document: Document
    chunks: tuple[Chunk, ...]
    texts: tuple[str, ...]


class IngestRun:
    """One run over found files, against an open writer."""

    def __init__(
        self,
        writer: Writer,
        embedder: Embedder,
        options: ReadOptions,
        labels: frozenset[str] = frozenset(),
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._writer = writer
        self._embedder = embedder
        self._options = options
        self._labels = labels
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._waiting: list[_Pending] = []
        self._reports: dict[str, FileReport] = {}
        self._failed: list[Failure] = []
        self._ids: set[str] = set()
        self._refused: set[str] = set()  # files that are not taken in, whatever comes of them
        self._open: set[str] = set()  # files whose last part has not come yet
        self._replaced: list[Place] = []  # go once what replaces them is with the writer
        self._pages = self._chunks = self._embedded = self._done = 0

    def run(self, found: DiscoveredFiles) -> IngestReport:
        """Brings the index in line with the files found. Ctrl-C keeps what is finished."""
        known = self._writer.files()
        changed = [f for f in found.files if not _unchanged(f, known.get(f.id))]
        present = {f.id for f in found.files}
        gone = sorted(i for i in known if found.covers(i) and i not in present)
        if not changed and not gone and dict(found.roots) == dict(self._writer.base.manifest.roots):
            return self._report(found, len(found.files), gone, self._generation, False)
        for file_id in gone:
            self._writer.remove(known[file_id].places)
        interrupted = False
        try:
            for result in read_files(changed, self._options):
                self._take(result, known.get(result.source.id), len(changed))
            self._flush()
        except KeyboardInterrupt:
            interrupted = True
            self._give_up_unfinished()
        manifest = self._writer.publish(found.roots)
        unchanged = len(found.files) - len(changed)
        return self._report(found, unchanged, gone, manifest.generation, interrupted)

    def _give_up_unfinished(self) -> None:
        """After Ctrl-C: files of which a part still waits or was never read leave no trace."""
        for file_id in self._open | {pending.row.file for pending in self._waiting}:
            self._forget(file_id)
        self._waiting.clear()
        self._replaced.clear()

    def _forget(self, file_id: str) -> None:
        self._waiting = [p for p in self._waiting if p.row.file != file_id]
        self._writer.forget(file_id)
        report = self._reports.pop(file_id, None)
        if report is not None:
            self._pages -= report.pages
            self._chunks -= report.chunks

    @property
    def _generation(self) -> int:
        return self._writer.base.manifest.generation

    def _take(self, result: FileResult, before: FileState | None, total: int) -> None:
        source = result.source
        self._open.add(source.id)
        error = result.error or self._too_many_pages(result)
        if source.id in self._refused:
            pass  # the rest of a file that is out already
        elif error is not None:
            # A file is in whole or not at all; what it was before stays.
            self._failed.append(Failure(source.id, _reason(error)))
            self._forget(source.id)
            self._refused.add(source.id)
        else:
            for document in result.documents:
                self._wait_for_vectors(document, result)
        if result.last:
            self._done += 1
            self._open.discard(source.id)
            if source.id not in self._refused and before is not None:
                self._replaced.extend(before.places)
        self._tell(total, source.id)
        if sum(len(p.chunks) for p in self._waiting) >= _EMBED_AT_ONCE:
            self._flush()
            self._tell(total, source.id)

    def _too_many_pages(self, result: FileResult) -> ReadError | None:
        before = self._reports.get(result.source.id)
        count = sum(len(d.pages) for d in result.documents) + (before.pages if before else 0)
        try:
            self._options.check_pages(count)
        except ReadError as error:
            return error
        return None

    def _wait_for_vectors(self, document: Document, result: FileResult) -> None:
        document = replace(document, id=self._unique(document.id))
        chunks = tuple(split(document, self._embedder))
        stat = result.source.path.stat()
        row = DocumentRow(
            id=document.id,
            file=result.source.id,
            format=document.format,
            sha256=document.sha256,
            bytes=stat.st_size,
            modified_ns=stat.st_mtime_ns,
            title=document.title,
            metadata=dict(document.metadata),
            labels=document.groups | self._labels,
        )
        texts = tuple(embedding_text(chunk, document.title) for chunk in chunks)
        self._waiting.append(_Pending(row, document, chunks, texts))
        self._note(result.source, document, len(chunks))

    def _unique(self, document_id: str) -> str:
        """Records of one file may repeat an id; the second becomes ``id~2``."""
        name, number = document_id, 2
        while name in self._ids:
            name, number = f"{document_id}~{number}", number + 1
        self._ids.add(name)
        return name

    def _note(self, source: SourceFile, document: Document, chunks: int) -> None:
        notes = tuple(f"p. {p.label or p.number}: {p.note}" for p in document.pages if p.note)
        if not chunks and not notes:
            notes = ("no text in it",)
        old = self._reports.get(source.id, FileReport(source.id, 0, 0, 0))
        self._reports[source.id] = FileReport(
            source.id,
            old.documents + 1,
            old.pages + len(document.pages),
            old.chunks + chunks,
            (*old.notes, *notes),
        )
        self._pages += len(document.pages)
        self._chunks += chunks

    def _flush(self) -> None:
        """Embeds what waits, each distinct new text once, and hands it to the writer.

        It waits until all of it is there, so that Ctrl-C in the middle gives up all of it.
        """
        waiting = self._waiting
        digests = [digest for pending in waiting for digest in _digests(pending.texts)]
        hashes = np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)
        rows, known = self._writer.vectors(hashes)
        spans: list[slice] = []
        for pending in waiting:
            start = spans[-1].stop if spans else 0
            spans.append(slice(start, start + len(pending.texts)))
        self._embed(waiting, spans, rows, known)
        for pending, span in zip(waiting, spans, strict=True):
            self._writer.add(
                SegmentRow(
                    row=pending.row,
                    document=pending.document,
                    chunks=pending.chunks,
                    vectors=rows[span],
                    hashes=hashes[span],
                    terms=[terms(text) for text in pending.texts],
                )
            )
        replaced, self._replaced = self._replaced, []
        self._waiting = []
        self._writer.remove(replaced)

    def _embed(
        self,
        waiting: Sequence[_Pending],
        spans: Sequence[slice],
        rows: FloatRows,
        known: npt.NDArray[np.bool_],
    ) -> None:
        """Fills the rows that are not known: of the text's vector and of its neighbours'."""
        needed = [_reached(~known[span]) for span in spans]
        distinct: dict[str, int] = {}
        for pending, wanted in zip(waiting, needed, strict=True):
            for n in np.flatnonzero(wanted):
                distinct.setdefault(pending.texts[n], len(distinct))
        if not distinct:
            return
        vectors = self._embedder.embed(list(distinct))
        self._embedded += len(distinct)
        for pending, span, wanted in zip(waiting, spans, needed, strict=True):
            alone = np.zeros((len(pending.texts), rows.shape[1]), dtype=np.float32)
            at = np.flatnonzero(wanted)
            alone[at] = vectors[[distinct[pending.texts[n]] for n in at]]
            new = ~known[span]
            rows[span][new] = blend(alone)[new]

    def _tell(self, total: int, current: str) -> None:
        if self._on_progress is not None:
            seconds = time.monotonic() - self._started
            self._on_progress(
                Progress(self._done, total, self._pages, self._chunks, seconds, current)
            )

    def _report(
        self,
        found: DiscoveredFiles,
        unchanged: int,
        gone: Sequence[str],
        generation: int,
        interrupted: bool,
    ) -> IngestReport:
        return IngestReport(
            indexed=tuple(self._reports[i] for i in sorted(self._reports)),
            unchanged=unchanged,
            removed=tuple(gone),
            failed=tuple(sorted(self._failed, key=lambda f: f.id)),
            skipped=dict(found.skipped),
            chunks=self._chunks,
            embedded=self._embedded,
            generation=generation,
            seconds=time.monotonic() - self._started,
            interrupted=interrupted,
        )


def _digests(texts: Sequence[str]) -> list[bytes]:
    """A hash for each chunk of all that its vector is made of: its text and its neighbours'."""
    return [
        content_hash(
            f"{n - max(0, n - REACH)}\0" + "\0".join(texts[max(0, n - REACH) : n + REACH + 1])
        )
        for n in range(len(texts))
    ]


def _reached(new: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: RagError) -> str:
    return " ".join(f"{error.what}; {error.hint}".split()) if error.hint else error.what
