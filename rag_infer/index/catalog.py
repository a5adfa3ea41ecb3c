"""The catalogue of one segment: which documents, pages and chunks it holds, in SQLite.

Page text lies in a flat UTF-8 file beside the database (``text.utf8``), each page and chunk by its
byte range, so that reading a passage costs its own length however long its page is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from rag_infer.closeable import Closeable
from rag_infer.index.catalog_connection import CatalogConnection
from rag_infer.index.catalog_copy import DocumentRun, copy_documents
from rag_infer.index.document_copies import Copies, DocumentCopies, DocumentCopy, add_copies
from rag_infer.types import Block, JsonResult, Scalar

NAME = "catalogue.sqlite"
# Rows that a catalogue remembers.
_MAX_DOCUMENTS = 1024
_MAX_PAGES = 512  # with their blocks, which may be many
_MAX_CHUNKS = 4096
_DOCUMENTS_AT_ONCE = 1000
_NAMES_AT_ONCE = 500

_SCHEMA = """
CREATE TABLE documents (
  ordinal INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  file TEXT NOT NULL,          -- the file it was read from: its own id, or that of its container
  format TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,      -- size and time of the file when it was read
  modified_ns INTEGER NOT NULL,
  title TEXT,
  metadata TEXT NOT NULL,      -- JSON object
  labels TEXT NOT NULL         -- JSON array of groups; empty: everyone
);
CREATE INDEX documents_file ON documents (file);
CREATE TABLE pages (
  document INTEGER NOT NULL,
  number INTEGER NOT NULL,
  label TEXT,
  note TEXT,
  blocks TEXT NOT NULL,        -- JSON array of [start, end, kind, level]
  byte_start INTEGER NOT NULL,
  byte_end INTEGER NOT NULL,
  PRIMARY KEY (document, number)
) WITHOUT ROWID;
CREATE TABLE tables (
  document INTEGER NOT NULL,
  page INTEGER NOT NULL,
  number INTEGER NOT NULL,     -- from 0, in the order of the page
  data BLOB NOT NULL,          -- a table_message as JSON, compressed by zlib
  PRIMARY KEY (document, page, number)
) WITHOUT ROWID;
CREATE TABLE headings (ordinal INTEGER PRIMARY KEY, path TEXT NOT NULL);  -- JSON array
CREATE TABLE chunks (
  ordinal INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  page INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  byte_start INTEGER NOT NULL,
  byte_end INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  heading INTEGER NOT NULL,
  sections TEXT NOT NULL       -- JSON array of [start, path of headings], where there are several
);
"""


@dataclass(frozen=True, slots=True)
class DocumentRow(JsonResult):
    """A document as the catalogue knows it; ``modified_ns`` and ``bytes`` are its file's.

    ``copies`` are further files with the same content, which the same groups may read.
    """

    id: str
    file: str
    format: str
    sha256: str
    bytes: int
    modified_ns: int
    title: str | None = None
    metadata: dict[str, Scalar] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    copies: Copies = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its ids: that of the file it is cited by, and those of the copies."""
        return (self.id, *(copy.id for copy in self.copies)) if self.copies else (self.id,)

    def by_names(self) -> Iterator[DocumentRow]:
        """The document once for each of its names, as if it had no other."""
        if not self.copies:
            yield self
            return
        for name in (DocumentCopy(self.id, self.modified_ns), *self.copies):
            yield replace(self, id=name.id, file=name.id, modified_ns=name.modified_ns, copies=())


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page; its text is ``text.utf8[byte_start:byte_end]``."""

    document: int
    number: int
    label: str | None
    note: str | None
    blocks: tuple[Block, ...]
    byte_start: int
    byte_end: int


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of a page; ``data`` is its compressed message (``tables.message``)."""

    document: int
    page: int
    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk: characters ``start:end`` of its page, bytes ``byte_start:byte_end`` of the file."""

    document: int
    page: int
    start: int
    end: int
    byte_start: int
    byte_end: int
    tokens: int
    heading: tuple[str, ...]
    sections: tuple[tuple[int, tuple[str, ...]], ...] = ()


class CatalogWriter:
    """Fills a new catalogue. It is durable only after ``close`` and an fsync of its file."""

    def __init__(self, path: Path) -> None:
        uri = path.absolute().as_uri()
        self._db = sqlite3.connect(uri, uri=True, isolation_level=None)
        # Nobody sees this file until it is whole and synced: a journal would buy nothing.
        self._db.executescript(
            "PRAGMA trusted_schema=OFF; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "PRAGMA page_size=4096;" + _SCHEMA
        )
        self._db.execute("BEGIN")
        self._headings: dict[tuple[str, ...], int] = {}
        self.documents = 0
        self.chunks = 0

    def add_document(self, row: DocumentRow) -> int:
        """Adds a document and returns its ordinal in this segment."""
        ordinal = self.documents
        self._db.execute(
            "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                ordinal,
                row.id,
                row.file,
                row.format,
                row.sha256,
                row.bytes,
                row.modified_ns,
                row.title,
                json.dumps(row.metadata, ensure_ascii=False, sort_keys=True),
                json.dumps(sorted(row.labels), ensure_ascii=False),
            ),
        )
        add_copies(self._db, ordinal, row.copies)
        self.documents += 1
        return ordinal

    def copy(self, source: Path, runs: Sequence[DocumentRun], chunks: int) -> None:
        """Copies documents of another catalogue, which have so many chunks in all."""
        copy_documents(self._db, source, runs, self._headings)
        self.documents += sum(run.last - run.first for run in runs)
        self.chunks += chunks

    def add_pages(self, rows: Iterable[PageRow]) -> None:
        for row in rows:
            blocks = json.dumps([[b.start, b.end, b.kind, b.level] for b in row.blocks])
            self._db.execute(
                "INSERT INTO pages VALUES (?,?,?,?,?,?,?)",
                (
                    row.document,
                    row.number,
                    row.label,
                    row.note,
                    blocks,
                    row.byte_start,
                    row.byte_end,
                ),
            )

    def add_tables(self, rows: Iterable[StoredTable]) -> None:
        self._db.executemany(
            "INSERT INTO tables VALUES (?,?,?,?)",
            ((row.document, row.page, row.number, row.data) for row in rows),
        )

    def add_chunks(self, rows: Iterable[ChunkRow]) -> None:
        for row in rows:
            self._db.execute(
                "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    self.chunks,
                    row.document,
                    row.page,
                    row.start,
                    row.end,
                    row.byte_start,
                    row.byte_end,
                    row.tokens,
                    self._heading(row.heading),
                    json.dumps(row.sections, ensure_ascii=False) if row.sections else "",
                ),
            )
            self.chunks += 1

    def close(self) -> None:
        self._db.execute("COMMIT")
        self._db.close()

    def abandon(self) -> None:
        self._db.close()

    def _heading(self, path: tuple[str, ...]) -> int:
        ordinal = self._headings.get(path)
        if ordinal is None:
            ordinal = self._headings[path] = len(self._headings)
            encoded = json.dumps(path, ensure_ascii=False)
            self._db.execute("INSERT INTO headings VALUES (?,?)", (ordinal, encoded))
        return ordinal


_CHUNK_COLUMNS = "SELECT c.document, c.page, c.start, c.end, c.byte_start, c.byte_end, c.tokens,"


class Catalog(Closeable):
    """A finished catalogue, read only. Safe to share between threads of one process."""

    def __init__(self, path: Path) -> None:
        self._connection = CatalogConnection(path)
        self._copies = DocumentCopies(self._connection)
        self._chunk_query, self._document, self._find, self._page, self._chunk = _cached_rows(
            self._connection, self._copies
        )

    @cached_property
    def _has_tables(self) -> bool:
        """Indexes made before tables were stored have none."""
        query = "SELECT 1 FROM sqlite_master WHERE name='tables'"
        return self._connection.row(query) is not None

    def close(self) -> None:
        self._connection.close()

    def counts(self) -> tuple[int, int, int]:
        """Documents, pages, chunks."""
        tables = ("documents", "pages", "chunks")
        totals = [self._connection.rows(f"SELECT count(*) FROM {t}")[0][0] for t in tables]  # noqa: S608
        return totals[0], totals[1], totals[2]

    def counts_documents(self) -> int:
        """How many documents; cheap, since ordinals are dense."""
        ((last,),) = self._connection.rows("SELECT max(ordinal) FROM documents")
        return 0 if last is None else int(last) + 1

    def integrity(self) -> str:
        """``ok``, or what SQLite found wrong."""
        return str(self._connection.rows("PRAGMA integrity_check(1)")[0][0])

    def documents(
        self, first: int = 0, last: int | None = None
    ) -> Iterator[tuple[int, DocumentRow]]:
        """The documents first..last-1, or all from the first on, with their ordinals, in order."""
        query = "SELECT * FROM documents WHERE ordinal>=? AND ordinal<? ORDER BY ordinal"
        end = self.counts_documents() if last is None else last
        for start in range(first, end, _DOCUMENTS_AT_ONCE):
            bounds = (start, min(start + _DOCUMENTS_AT_ONCE, end))
            copies = self._copies.between(*bounds)
            for row in self._connection.rows(query, bounds):
                yield row[0], _document(row, copies.get(row[0], ()))

    def document(self, ordinal: int) -> DocumentRow:
        return self._document(ordinal)

    def find(self, document_id: str) -> int | None:
        """The ordinal of a document, or None."""
        return self._find(document_id)

    def of_files(self, files: Sequence[str]) -> list[tuple[int, DocumentRow]]:
        """The documents that were read from some files, or from one like them, with their
        ordinals, in order.
        """
        ordinals = self._copies.owners(files)
        rows: list[tuple[int, DocumentRow]] = []
        for start in range(0, len(files), _NAMES_AT_ONCE):
            names = files[start : start + _NAMES_AT_ONCE]
            marks = ",".join("?" * len(names))
            query = f"SELECT * FROM documents WHERE file IN ({marks})"  # noqa: S608
            rows += self._read(query, names)
        return self._with(ordinals, rows)

    def of_files_below(self, prefix: str) -> list[tuple[int, DocumentRow]]:
        """The documents of the files whose names begin with a prefix, with their ordinals."""
        query = "SELECT * FROM documents WHERE file>=? AND file<? ORDER BY ordinal"
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        ordinals = self._copies.owners_below(prefix, end)
        return self._with(ordinals, self._read(query, (prefix, end)))

    def _read(self, query: str, values: Sequence[str]) -> list[tuple[int, DocumentRow]]:
        rows = self._connection.rows(query, values)
        copies = self._copies.of_all([int(row[0]) for row in rows])
        return [(int(row[0]), _document(row, copies.get(int(row[0]), ()))) for row in rows]

    def _with(
        self, ordinals: set[int], rows: list[tuple[int, DocumentRow]]
    ) -> list[tuple[int, DocumentRow]]:
        """Rows and those of further documents, in order."""
        more = ordinals.difference(ordinal for ordinal, _ in rows)
        return sorted((*rows, *((o, self.document(o)) for o in more)), key=lambda row: row[0])

    def text_bounds(self, first: int, last: int) -> tuple[int, int]:
        """Where the text of the documents first..last-1 lies; equal where they have none."""
        query = "SELECT min(byte_start), max(byte_end) FROM pages WHERE document>=? AND document<?"
        ((start, end),) = self._connection.rows(query, (first, last))
        return (0, 0) if start is None else (int(start), int(end))

    def pages(self, document: int) -> list[PageRow]:
        query = "SELECT * FROM pages WHERE document=? ORDER BY number"
        return [_page(row) for row in self._connection.rows(query, (document,))]

    def text_bytes(self, document: int) -> int:
        """The size of the text of a document's pages."""
        query = "SELECT coalesce(sum(byte_end - byte_start), 0) FROM pages WHERE document=?"
        return int(self._connection.rows(query, (document,))[0][0])

    def page(self, document: int, number: int) -> PageRow | None:
        return self._page(document, number)

    def page_count(self, document: int) -> int:
        """How many pages a document has."""
        query = "SELECT count(*) FROM pages WHERE document=?"
        return int(self._connection.rows(query, (document,))[0][0])

    def tables(self, document: int) -> list[StoredTable]:
        """The tables of a document, by page and number."""
        if not self._has_tables:
            return []
        query = "SELECT * FROM tables WHERE document=? ORDER BY page, number"
        return [StoredTable(*row) for row in self._connection.rows(query, (document,))]

    def with_tables(self) -> set[int]:
        """The documents that have tables."""
        if not self._has_tables:
            return set()
        return {row[0] for row in self._connection.rows("SELECT DISTINCT document FROM tables")}

    def page_counts(self) -> list[tuple[int, int, int]]:
        """(document ordinal, its pages, those of them without text that have a note)."""
        query = (
            "SELECT document, count(*), sum(note IS NOT NULL AND byte_start = byte_end)"
            " FROM pages GROUP BY document"
        )
        return [
            (int(n), int(pages), int(notes)) for n, pages, notes in self._connection.rows(query)
        ]

    def chunks(self, ordinals: Sequence[int]) -> list[ChunkRow]:
        """The chunks with these ordinals, in the order asked."""
        return [self._chunk(int(ordinal)) for ordinal in ordinals]

    def chunks_of(self, document: int, first: int, last: int) -> list[ChunkRow]:
        """The chunks first..last-1, which must all be of one document (they lie together)."""
        bounds = "c.ordinal>=? AND c.ordinal<? AND c.document=? ORDER BY c.ordinal"
        query = f"{self._chunk_query()} {bounds}"
        return [_chunk(row) for row in self._connection.rows(query, (first, last, document))]


def _cached_rows(
    connection: CatalogConnection, copies: DocumentCopies
) -> tuple[
    Callable[[], str],
    Callable[[int], DocumentRow],
    Callable[[str], int | None],
    Callable[[int, int], PageRow | None],
    Callable[[int], ChunkRow],
]:
    """Readers of single rows, which remember the last ones: questions ask for the same again.

    They refer to the connection alone. What referred to its catalogue would close it late.
    """

    @lru_cache(1)
    def chunk_query() -> str:
        columns = {row[1] for row in connection.rows("PRAGMA table_info(chunks)")}
        # Indexes made before sections were stored have none.
        sections = "c.sections" if "sections" in columns else "''"
        return (
            f"{_CHUNK_COLUMNS} {sections}, h.path"
            " FROM chunks c JOIN headings h ON h.ordinal = c.heading WHERE "
        )

    def document(ordinal: int) -> DocumentRow:
        (row,) = connection.rows("SELECT * FROM documents WHERE ordinal=?", (ordinal,))
        return _document(row, copies.of(ordinal))

    def find(document_id: str) -> int | None:
        row = connection.row("SELECT ordinal FROM documents WHERE id=?", (document_id,))
        return None if row is None else int(row[0])

    def page(document: int, number: int) -> PageRow | None:
        query = "SELECT * FROM pages WHERE document=? AND number=?"
        row = connection.row(query, (document, number))
        return None if row is None else _page(row)

    def chunk(ordinal: int) -> ChunkRow:
        (row,) = connection.rows(f"{chunk_query()} c.ordinal=?", (ordinal,))
        return _chunk(row)

    return (
        chunk_query,
        lru_cache(_MAX_DOCUMENTS)(document),
        lru_cache(_MAX_DOCUMENTS)(find),
        lru_cache(_MAX_PAGES)(page),
        lru_cache(_MAX_CHUNKS)(chunk),
    )


def _document(row: Sequence[object], copies: Copies) -> DocumentRow:
    _, id_, file, format_, sha256, size, modified, title, metadata, labels = row
    return DocumentRow(
        id=str(id_),
        file=str(file),
        format=str(format_),
        sha256=str(sha256),
        bytes=int(str(size)),
        modified_ns=int(str(modified)),
        title=None if title is None else str(title),
        metadata=json.loads(str(metadata)),
        labels=frozenset(json.loads(str(labels))),
        copies=copies,
    )


def _page(row: Sequence[object]) -> PageRow:
    document, number, label, note, blocks, start, end = row
    return PageRow(
        document=int(str(document)),
        number=int(str(number)),
        label=None if label is None else str(label),
        note=None if note is None else str(note),
        blocks=tuple(Block(*block) for block in json.loads(str(blocks))),
        byte_start=int(str(start)),
        byte_end=int(str(end)),
    )


def _chunk(row: Sequence[object]) -> ChunkRow:
    *numbers, sections, path = row
    document, page, start, end, byte_start, byte_end, tokens = (int(str(n)) for n in numbers)
    heading = tuple(str(part) for part in json.loads(str(path)))
    section_paths = tuple(
        (int(at), tuple(str(part) for part in parts))
        for at, parts in (json.loads(str(sections)) if sections else ())
    )
    return ChunkRow(
        document, page, start, end, byte_start, byte_end, tokens, heading, section_paths
    )
