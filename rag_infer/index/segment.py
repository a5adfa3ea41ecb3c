"""A segment: a folder of immutable files that holds some documents whole.

Files: ``catalogue.sqlite`` (documents, pages, chunks), ``text.utf8`` (page text), ``arrays.bin``
(``array_file``): ``vectors`` (float32 unit rows), ``owners`` (document of each chunk), ``hashes``
(of what was embedded), ``languages`` (of each chunk), ``lexical.*`` (postings), ``documents.*``
(what filters ask); a large one also has ``vectors.ivfpq.faiss``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from rag_infer.closeable import Closeable
from rag_infer.errors import CorruptIndexError
from rag_infer.index import ann, chunk_languages, durable_io, segment_format1
from rag_infer.index.array_file import Array, ArrayFile, ArrayFileWriter
from rag_infer.index.catalog import NAME as CATALOGUE
from rag_infer.index.catalog import (
    Catalog,
    CatalogWriter,
    ChunkRow,
    DocumentRow,
    PageRow,
    StoredTable,
)
from rag_infer.index.catalog_copy import DocumentRun
from rag_infer.index.document_columns import ColumnsBuilder, DocumentColumns
from rag_infer.index.embedded_hashes import HASHES, EmbeddedHashes, Hashes, hash_arrays
from rag_infer.index.mapped_file import map_file, read_once
from rag_infer.index.postings import (
    Mask,
    Postings,
    PostingsBuilder,
    load_postings,
)
from rag_infer.index.postings_merge import write_merged
from rag_infer.tables.message import packed
from rag_infer.types import Chunk, Document

TEXT, ARRAYS = "text.utf8", "arrays.bin"
VECTORS, OWNERS = "vectors", "owners"
FILES = (CATALOGUE, TEXT, ARRAYS)

Rows = npt.NDArray[np.float32]


def content_hash(text: str) -> bytes:
    """16 bytes that name what was embedded, so that equal text is embedded once."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A document on its way into a segment, with what it needs there.

    ``vectors`` (chunks, dimension), ``hashes`` (chunks, 2) uint64, ``terms`` per chunk,
    ``languages`` a code per chunk; without them they are unknown.
    """

    row: DocumentRow
    document: Document
    chunks: Sequence[Chunk]
    vectors: Rows
    hashes: Hashes
    terms: Sequence[Sequence[str]]
    languages: Sequence[str] = ()


class SegmentWriter:
    """Streams documents into a new segment's folder; memory holds postings and offsets only."""

    def __init__(self, folder: Path, dimension: int) -> None:
        durable_io.make_folder(folder)
        self.folder = folder
        self._dimension = dimension
        durable_io.create(folder / CATALOGUE).close()
        self._catalogue = CatalogWriter(folder / CATALOGUE)
        self._text = durable_io.create(folder / TEXT)
        self._arrays = ArrayFileWriter(folder / ARRAYS)
        self._vectors = self._arrays.rows(VECTORS, np.float32, (dimension,))
        self._columns = ColumnsBuilder()
        self._postings = PostingsBuilder()
        self._merged: list[tuple[Postings, Mask]] = []
        self._owners: list[npt.NDArray[np.uint32]] = []
        self._hashes: list[Hashes] = []
        self._languages: list[chunk_languages.Numbers] = []
        self.chunks = 0
        self.documents = 0

    def add(self, entry: SegmentRow) -> None:
        """Adds one document whole."""
        self._columns.add(entry.row)
        ordinal = self._catalogue.add_document(entry.row)
        pages: list[PageRow] = []
        starts: dict[int, tuple[int, str]] = {}
        for page in entry.document.pages:
            begin = self._text.tell()
            self._text.write(page.text.encode("utf-8"))
            pages.append(
                PageRow(
                    ordinal,
                    page.number,
                    page.label,
                    page.note,
                    page.blocks,
                    begin,
                    self._text.tell(),
                )
            )
            starts[page.number] = (begin, page.text)
        self._catalogue.add_pages(pages)
        self._catalogue.add_tables(
            StoredTable(ordinal, page.number, number, packed(table))
            for page in entry.document.pages
            for number, table in enumerate(page.tables)
        )
        self._catalogue.add_chunks(_chunk_rows(ordinal, entry.chunks, starts))
        languages = chunk_languages.encode(entry.languages or [""] * len(entry.chunks))
        self._append(ordinal, entry.vectors, entry.hashes, languages)
        self._postings.add(entry.terms, [(ordinal, chunk.page_number) for chunk in entry.chunks])

    def copy(self, source: Segment, keep: Sequence[int]) -> Mask:
        """Copies documents (by ordinal, rising) of another segment; their postings come along.

        All copies come before the first ``add``: rows and postings are numbered in that order.

        Returns:
            (chunks of the source,) which were copied.
        """
        mask = np.zeros(source.documents, dtype=bool)
        mask[list(keep)] = True
        owners = np.asarray(source.owners)
        runs = [self._copy_run(source, first, last) for first, last in _runs(mask)]
        chunk_mask = mask[owners]
        self._catalogue.copy(source.folder / CATALOGUE, runs, int(chunk_mask.sum()))
        self._merged.append((source.postings, chunk_mask))
        return chunk_mask

    def _copy_run(self, source: Segment, first: int, last: int) -> DocumentRun:
        """Copies all of the documents first..last-1 but their rows."""
        start, end = (int(n) for n in np.searchsorted(source.owners, [first, last]))
        text_start, text_end = source.catalogue.text_bounds(first, last)
        run = DocumentRun(
            first, last, self.documents - first, self.chunks - start, self._text.tell() - text_start
        )
        for _, content in read_once(np.frombuffer(source.text, np.uint8)[text_start:text_end]):
            self._text.write(content.data)
        for _, row in source.catalogue.documents(first, last):
            self._columns.add(row)
        for _, rows in read_once(source.vectors[start:end]):
            self._vectors.write(rows)
        owners = np.asarray(source.owners[start:end], dtype=np.int64) + run.document_shift
        self._owners.append(owners.astype(np.uint32))
        self._hashes.append(np.asarray(source.hashes[start:end]))
        self._languages.append(np.asarray(source.languages[start:end]))
        self.documents += last - first
        self.chunks += end - start
        return run

    def _append(
        self, ordinal: int, vectors: Rows, hashes: Hashes, languages: chunk_languages.Numbers
    ) -> None:
        self._vectors.write(vectors)
        self._owners.append(np.full(len(vectors), ordinal, dtype=np.uint32))
        self._hashes.append(np.asarray(hashes))
        self._languages.append(np.asarray(languages))
        self.chunks += len(vectors)
        self.documents += 1

    def close(self) -> None:
        """Finishes and syncs all files. The segment is still unknown to any manifest, and a large
        one has no approximate index yet (``index_vectors``).
        """
        self._text.flush()
        os.fsync(self._text.fileno())
        self._text.close()
        self._catalogue.close()
        durable_io.sync_file(self.folder / CATALOGUE)
        self._vectors.close()
        owners = np.concatenate([*self._owners, np.zeros(0, dtype=np.uint32)])
        self._arrays.add(OWNERS, owners)
        hashes = np.concatenate([*self._hashes, np.zeros((0, 2), dtype=np.uint64)])
        for name, array in hash_arrays(hashes).items():
            self._arrays.add(name, array)
        languages = np.concatenate([*self._languages, np.zeros(0, dtype=np.uint16)])
        self._arrays.add(chunk_languages.NAME, languages)
        for name, array in self._columns.arrays().items():
            self._arrays.add(name, array)
        self._write_postings()
        self._arrays.close()
        durable_io.sync_folder(self.folder)

    def _write_postings(self) -> None:
        postings = self._postings.build()
        if self._merged:
            fresh = (postings, np.ones(len(postings.lengths), dtype=bool))
            write_merged([*self._merged, fresh], self._arrays)
            return
        for name, array in postings.arrays().items():
            self._arrays.add(name, array)

    def discard(self) -> None:
        """Gives up and removes what was written."""
        with suppress(OSError):  # on a full disk, closing fails to flush what is dropped anyway
            self._text.close()
        with suppress(OSError):
            self._arrays.abandon()
        self._catalogue.abandon()
        durable_io.remove_tree(self.folder)


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """Where the mask is true: first and last+1 of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _chunk_rows(
    document: int, chunks: Sequence[Chunk], starts: dict[int, tuple[int, str]]
) -> list[ChunkRow]:
    """Chunk rows with byte ranges; one pass over each page, since chunks come in order."""
    rows: list[ChunkRow] = []
    page, at_char, at_byte = -1, 0, 0
    for chunk in chunks:
        if chunk.page_number != page or chunk.start < at_char:
            page, at_char, at_byte = chunk.page_number, 0, starts[chunk.page_number][0]
        text = starts[page][1]
        at_byte += len(text[at_char : chunk.start].encode("utf-8"))
        at_char = chunk.start
        end_byte = at_byte + len(chunk.text.encode("utf-8"))
        rows.append(
            ChunkRow(
                document,
                chunk.page_number,
                chunk.start,
                chunk.end,
                at_byte,
                end_byte,
                chunk.tokens,
                chunk.heading,
                chunk.sections,
            )
        )
    return rows


class Segment(Closeable):
    """A finished segment, opened for reading: arrays and text are memory-mapped.

    Raises OSError, ValueError, KeyError or sqlite3.Error when a file cannot be read or is not as
    written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows_file: BinaryIO | None = None
        self.catalogue = Catalog(folder / CATALOGUE)
        try:
            self._load()
        except BaseException:
            self.catalogue.close()
            raise

    def _load(self) -> None:
        arrays = segment_arrays(self.folder)
        self.vectors: Rows = arrays[VECTORS]
        self.owners: npt.NDArray[np.uint32] = arrays[OWNERS]
        self.hashes: Hashes = arrays[HASHES]
        kinds = [f"{a.dtype} {a.ndim}" for a in (self.vectors, self.owners, self.hashes)]
        if kinds != ["float32 2", "uint32 1", "uint64 2"]:
            raise ValueError("an array is of another kind")
        self.postings = load_postings(arrays)
        self.chunks = len(self.owners)
        self.languages = chunk_languages.of_segment(arrays, self.chunks)
        large = (self.folder / ann.NAME).is_file()
        self.approximate = ann.Approximate(self.folder) if large else None
        if large and isinstance(arrays, ArrayFile) and hasattr(os, "preadv"):
            self._rows_at = arrays.entries[VECTORS].offset
            with suppress(OSError):  # without a descriptor, mapped rows do
                self._rows_file = (self.folder / ARRAYS).open("rb", buffering=0)
        self.text = map_file(self.folder / TEXT).data
        self._arrays = arrays

    @cached_property
    def columns(self) -> DocumentColumns:
        """What filters ask of its documents. Of format 1 they are made of the catalogue's rows."""
        if DocumentColumns.are_in(self._arrays):
            return DocumentColumns(self._arrays)
        return DocumentColumns.of_rows(row for _, row in self.catalogue.documents())

    @cached_property
    def table_documents(self) -> list[int]:
        """The ordinals of the documents that have tables."""
        return sorted(self.catalogue.with_tables())

    def find(self, document_id: str) -> int | None:
        """The ordinal of a document, or None."""
        if DocumentColumns.are_in(self._arrays):
            return self.columns.find(document_id)
        return self.catalogue.find(document_id)

    @property
    def documents(self) -> int:
        """How many documents it has, those that no longer count too."""
        return self.catalogue.counts_documents()

    def rows(self, ordinals: npt.NDArray[np.int64]) -> Rows:
        """(len(ordinals), dimension) the vectors of some rows.

        Those of a large segment are read, not mapped: a mapped row brings the file's pages around
        it along, and after a few hundred searches the whole file counts as this process's memory.
        """
        if self._rows_file is None:
            return self.vectors[ordinals]
        rows = np.empty((len(ordinals), self.vectors.shape[1]), dtype=self.vectors.dtype)
        size = rows.strides[0]
        descriptor, content = self._rows_file.fileno(), rows.data.cast("B")
        for at, row in enumerate(ordinals.tolist()):
            target = content[at * size : (at + 1) * size]
            if os.preadv(descriptor, [target], self._rows_at + row * size) != size:
                raise CorruptIndexError("ends too early", where=str(self.folder / ARRAYS))
        return rows

    @cached_property
    def embedded(self) -> EmbeddedHashes:
        """The rows by the hash of what was embedded. Of format 1 they are sorted here."""
        if not EmbeddedHashes.are_in(self._arrays):
            return EmbeddedHashes(hash_arrays(self.hashes))
        return EmbeddedHashes(self._arrays)

    def read(self, byte_start: int, byte_end: int) -> str:
        """The text of a byte range of the segment's pages."""
        return str(self.text[byte_start:byte_end], "utf-8")

    def close(self) -> None:
        self.catalogue.close()
        if self._rows_file is not None:
            self._rows_file.close()


def index_vectors(folder: Path, predecessor: ann.Predecessor | None = None) -> bool:
    """Builds the approximate index of a finished segment that has none, if it is large enough.

    Args:
        folder: That of the segment.
        predecessor: The segment that all of its rows were copied from, if it was one.

    Returns:
        Whether it did.
    """
    vectors = ArrayFile(folder / ARRAYS)[VECTORS]
    if not ann.fits(*vectors.shape) or (folder / ann.NAME).exists():
        return False
    ann.build(vectors, folder, predecessor)
    durable_io.sync_folder(folder)
    return True


def segment_arrays(folder: Path) -> Mapping[str, Array]:
    """The arrays of a segment of any format that is read, by name."""
    if (folder / ARRAYS).is_file():
        return ArrayFile(folder / ARRAYS)
    return segment_format1.load_arrays(folder)


def damaged_arrays(folder: Path) -> list[str]:
    """The names of the arrays of a segment that do not have their hash; format 1 has none."""
    arrays = segment_arrays(folder)
    return arrays.damaged() if isinstance(arrays, ArrayFile) else []
