"""Files to one new segment: the function that any machine can run, with no index at hand.

Its result depends on the files, the embedder and the options only. Vectors of two machines may
differ in their last bits, as they multiply in another order; ids, chunks and postings do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_infer.embed import Embedder
from rag_infer.index import durable_io
from rag_infer.index.embedded_hashes import Hashes
from rag_infer.index.manifest import SegmentEntry
from rag_infer.index.segment import Rows, SegmentRow, SegmentWriter, index_vectors
from rag_infer.index.snapshot import Place
from rag_infer.index.writer import seal_segment
from rag_infer.ingest.file_intake import FileIntake, ReadFiles
from rag_infer.ingest.reports import Failure, FileReport, Progress
from rag_infer.read import ReadOptions, SourceFile, read_files


@dataclass(frozen=True, slots=True)
class SegmentBuild:
    """A segment that was built of some files.

    Attributes:
        entry: What a manifest says of it; None where no file gave a document.
        reports: The files that are in it.
        failed: The files that are not, and why.
        embedded: The number of texts that went through the model.
    """

    entry: SegmentEntry | None
    reports: tuple[FileReport, ...]
    failed: tuple[Failure, ...]
    embedded: int


class _NewSegment:
    """The sink of a build: one segment, which knows only what it has been given."""

    def __init__(self, folder: Path, dimension: int, chunk_tokens: int | None) -> None:
        self.chunk_tokens = chunk_tokens
        self._dimension = dimension
        self._building = SegmentWriter(folder, dimension)
        self._ordinals: dict[str, list[int]] = {}
        self._forgotten: set[int] = set()

    def vectors(self, hashes: Hashes) -> tuple[Rows, npt.NDArray[np.bool_]]:
        rows = np.zeros((len(hashes), self._dimension), dtype=np.float32)
        return rows, np.zeros(len(hashes), dtype=bool)

    def add(self, entry: SegmentRow) -> None:
        self._ordinals.setdefault(entry.row.file, []).append(self._building.documents)
        self._building.add(entry)

    def forget(self, file: str) -> None:
        self._forgotten.update(self._ordinals.pop(file, ()))

    def remove(self, places: Iterable[Place]) -> None:
        """Nothing was there before."""

    def finish(self) -> SegmentEntry | None:
        """Writes and syncs the segment, unless it holds no document that counts."""
        building = self._building
        if building.documents == len(self._forgotten):
            building.discard()
            return None
        building.close()
        index_vectors(building.folder)
        entry = seal_segment(building.folder, building.documents, building.chunks)
        return replace(entry, deleted=tuple(sorted(self._forgotten)))

    def discard(self) -> None:
        self._building.discard()


def build_segment(
    files: Sequence[SourceFile],
    embedder: Embedder,
    folder: Path,
    *,
    options: ReadOptions | None = None,
    chunk_tokens: int | None = None,
    read_workers: int | None = None,
    read: ReadFiles | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> SegmentBuild:
    """Reads, splits and embeds files into one new segment.

    Args:
        files: The files. A file that cannot be read is in the report, and costs nothing else.
        embedder: What makes the vectors.
        folder: That of the segment; its name is the segment's. It must not be there yet.
        options: How files are read.
        chunk_tokens: The size of chunks in tokens of the embedder; None: that of the package.
        read_workers: Processes that read; by default one for each usable core.
        read: What reads the files instead.
        on_progress: Called after each part of a file.

    Raises:
        IndexStorageError: The disk cannot be written.
    """
    options = options or ReadOptions()
    reader = read or partial(read_files, workers=read_workers)
    with durable_io.storage_errors(folder):
        durable_io.make_folder(folder.parent)
        sink = _NewSegment(folder, embedder.dimension, chunk_tokens)
        intake = FileIntake(sink, embedder, options, on_progress=on_progress)
        try:
            for result in reader(files, options):
                intake.accept(result, {}, len(files))
            intake.pending.flush()
            entry = sink.finish()
        except BaseException:
            sink.discard()
            raise
    return SegmentBuild(
        entry,
        tuple(intake.reports[name] for name in sorted(intake.reports)),
        tuple(sorted(intake.failed, key=lambda failure: failure.id)),
        intake.pending.embedded,
    )
