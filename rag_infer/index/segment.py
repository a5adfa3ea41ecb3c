"""A segment: a folder of immutable files that holds some documents whole.

Files: ``catalogue.sqlite`` (documents, pages, chunks), ``text.utf8`` (page text), ``vectors.npy``
(float32 unit rows), ``owners.npy`` (document of each chunk), ``hashes.npy`` (of what was embedded),
``languages.npy`` (of each chunk), ``lexical.*.npy`` (postings); a large one also has
``vectors.ivfpq.faiss``.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_infer.closeable import Closeable
from rag_infer.errors import CorruptIndexError
from rag_infer.index import ann, chunk_languages, durable_io
from rag_infer.index.catalog import NAME as CATALOGUE
from rag_infer.index.catalog import (
    Catalog,
    CatalogWriter,
    ChunkRow,
    DocumentRow,
    PageRow,
    StoredTable,
)
from rag_infer.index.postings import (
    Mask,
    Postings,
    PostingsBuilder,
    load_postings,
    merge_postings,
    postings_files,
)
from rag_infer.tables.message import packed
from rag_infer.types import Chunk, Document

TEXT, VECTORS, OWNERS, HASHES = "text.utf8", "vectors.npy", "owners.npy", "hashes.npy"
FILES = (CATALOGUE, TEXT, VECTORS, OWNERS, HASHES, chunk_languages.NAME, *postings_files())

Rows = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]


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
        self._vectors = _RowFile(folder / VECTORS, dimension)
        self._postings = PostingsBuilder()
        self._merged: list[tuple[Postings, Mask]] = []
        self._sources: list[Path] = []
        self._fresh = False
        self._owners: list[npt.NDArray[np.uint32]] = []
        self._hashes: list[Hashes] = []
        self._languages: list[chunk_languages.Numbers] = []
        self.chunks = 0
        self.documents = 0

    def add(self, entry: SegmentRow) -> None:
        """Adds one document whole."""
        self._fresh = True
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

    def copy(self, source: Segment, keep: Sequence[int]) -> None:
        """Copies documents (by ordinal, rising) of another segment; their postings come along.

        All copies come before the first ``add``: rows and postings are numbered in that order.
        """
        mask = np.zeros(source.documents, dtype=bool)
        mask[list(keep)] = True
        owners = np.asarray(source.owners)
        bounds = np.searchsorted(owners, np.arange(source.documents + 1, dtype=owners.dtype))
        for old in keep:
            new = self._catalogue.add_document(source.catalogue.document(old))
            pages = source.catalogue.pages(old)
            shift = self._text.tell() - (pages[0].byte_start if pages else 0)
            if pages:  # a document's pages lie together
                self._text.write(source.text[pages[0].byte_start : pages[-1].byte_end])
            self._catalogue.add_pages(
                PageRow(
                    new,
                    p.number,
                    p.label,
                    p.note,
                    p.blocks,
                    p.byte_start + shift,
                    p.byte_end + shift,
                )
                for p in pages
            )
            self._catalogue.add_tables(
                replace(table, document=new) for table in source.catalogue.tables(old)
            )
            first, last = int(bounds[old]), int(bounds[old + 1])
            self._catalogue.add_chunks(
                ChunkRow(
                    new,
                    c.page,
                    c.start,
                    c.end,
                    c.byte_start + shift,
                    c.byte_end + shift,
                    c.tokens,
                    c.heading,
                    c.sections,
                )
                for c in source.catalogue.chunks_of(old, first, last)
            )
            self._append(
                new,
                source.vectors[first:last],
                source.hashes[first:last],
                source.languages[first:last],
            )
        self._merged.append((source.postings, mask[owners]))
        self._sources.append(source.folder)

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
        """Finishes and syncs all files. The segment is still unknown to any manifest."""
        self._text.flush()
        os.fsync(self._text.fileno())
        self._text.close()
        self._catalogue.close()
        durable_io.sync_file(self.folder / CATALOGUE)
        self._vectors.close()
        owners = np.concatenate([*self._owners, np.zeros(0, dtype=np.uint32)])
        durable_io.write_array(self.folder / OWNERS, owners)
        hashes = np.concatenate([*self._hashes, np.zeros((0, 2), dtype=np.uint64)])
        durable_io.write_array(self.folder / HASHES, hashes)
        languages = np.concatenate([*self._languages, np.zeros(0, dtype=np.uint16)])
        durable_io.write_array(self.folder / chunk_languages.NAME, languages)
        postings = self._postings.build()
        if self._merged:
            fresh = (postings, np.ones(len(postings.lengths), dtype=bool))
            postings = merge_postings([*self._merged, fresh])
        postings.save(self.folder)
        if ann.fits(self.chunks, self._dimension):
            is_rewrite = len(self._sources) == 1 and not self._fresh
            template_folder = self._sources[0] if is_rewrite else None
            ann.build(_mapped(self.folder / VECTORS), self.folder, template_folder)
        durable_io.sync_folder(self.folder)

    def discard(self) -> None:
        """Gives up and removes what was written."""
        with suppress(OSError):  # on a full disk, closing fails to flush what is dropped anyway
            self._text.close()
        with suppress(OSError):
            self._vectors.abandon()
        self._catalogue.abandon()
        durable_io.remove_tree(self.folder)


class _RowFile:
    """A ``.npy`` of float32 rows whose number is known only at the end."""

    _HEADER = 128

    def __init__(self, path: Path, dimension: int) -> None:
        self._file = durable_io.create(path)
        self._dimension = dimension
        self._rows = 0
        self._file.write(b"\0" * self._HEADER)

    def write(self, rows: Rows) -> None:
        self._file.write(np.ascontiguousarray(rows, dtype="<f4").tobytes())
        self._rows += len(rows)

    def close(self) -> None:
        shape = (self._rows, self._dimension)
        described = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
        header_size = self._HEADER - 10
        header = b"\x93NUMPY\x01\x00" + header_size.to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(header + described.ljust(header_size - 1).encode("ascii") + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


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
    """A finished segment, opened for reading: arrays and text are memory-mapped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalogue = Catalog(folder / CATALOGUE)
        stored = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        self.vectors: Rows = np.asarray(stored)
        self._rows_at: int = stored.offset
        self._rows_file = (folder / VECTORS).open("rb", buffering=0)
        self.owners: npt.NDArray[np.uint32] = _mapped(folder / OWNERS)
        self.hashes: Hashes = _mapped(folder / HASHES)
        self.postings = load_postings(folder)
        self.documents = self.catalogue.counts_documents()
        self.chunks = len(self.owners)
        self.languages = chunk_languages.load(folder, self.chunks)
        large = (folder / ann.NAME).is_file()
        self.approximate = ann.Approximate(folder) if large else None
        self._file = (folder / TEXT).open("rb")
        size = os.fstat(self._file.fileno()).st_size
        self.text: mmap.mmap | bytes = (
            mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        )

    def rows(self, ordinals: npt.NDArray[np.int64]) -> Rows:
        """(len(at), dimension) the vectors of some rows.

        Those of a large segment are read, not mapped: a mapped row brings the file's pages around
        it along, and after a few hundred searches the whole file counts as this process's memory.
        """
        if self.approximate is None or not hasattr(os, "preadv"):
            return self.vectors[ordinals]
        rows = np.empty((len(ordinals), self.vectors.shape[1]), dtype=self.vectors.dtype)
        size = rows.strides[0]
        for target, row in zip(rows, ordinals, strict=True):
            offset = self._rows_at + int(row) * size
            if os.preadv(self._rows_file.fileno(), [target.data], offset) != size:
                raise CorruptIndexError("ends too early", where=str(self.folder / VECTORS))
        return rows

    def read(self, byte_start: int, byte_end: int) -> str:
        """The text of a byte range of the segment's pages."""
        return self.text[byte_start:byte_end].decode("utf-8")

    def close(self) -> None:
        self.catalogue.close()
        if isinstance(self.text, mmap.mmap):
            self.text.close()
        self._file.close()
        self._rows_file.close()


def _mapped(path: Path) -> Any:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
