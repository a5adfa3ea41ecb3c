"""The catalogue of one segment: which documents, pages and chunks it holds, in SQLite.

Page text lies in a flat UTF-8 file beside the database (``text.utf8``), each page and chunk by its
byte range, so that reading a passage costs its own length however long its page is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from rag_infer.types import Block, JsonResult, Scalar

NAME = "catalogue.sqlite"
# Rows that a catalogue remembers.
_MAX_DOCUMENTS = 1024
_MAX_PAGES = 512  # with their blocks, which may be many
_MAX_CHUNKS = 4096

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
    """A document as the catalogue knows it; ``modified_ns`` and ``bytes`` are its file's."""

    id: str
    file: str
    format: str
    sha256: str
    bytes: int
    modified_ns: int
    title: str | None = None
    metadata: dict[str, Scalar] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()


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
        self._db = sqlite3.connect(path, isolation_level=None)
        # Nobody sees this file until it is whole and synced: a journal would buy nothing.
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096;" + _SCHEMA
        )
        self._db.execute("BEGIN")
        self._headings: dict[tuple[str, ...], int] = {}
        self.documents = 0
        self.pages = 0
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
        self.documents += 1
        return ordinal

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
            self.pages += 1

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


class Catalog:
    """A finished catalogue, read only. Safe to share between threads of one process."""

    def __init__(self, path: Path) -> None:
        uri = path.resolve().as_uri() + "?mode=ro&immutable=1"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._db.execute("PRAGMA trusted_schema=OFF")
        self._db.execute("PRAGMA cell_size_check=ON")
        self._db.execute("PRAGMA query_only=ON")
        names = self._db.execute("SELECT 1 FROM sqlite_master WHERE name='tables'").fetchone()
        # Indexes made before tables and sections were stored have neither.
        self._has_tables = names is not None
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(chunks)")}
        sections = "c.sections" if "sections" in columns else "''"
        self._chunk_query = (
            f"{_CHUNK_COLUMNS} {sections}, h.path"
            " FROM chunks c JOIN headings h ON h.ordinal = c.heading WHERE "
        )
        self._document, self._find, self._page, self._chunk = _cached_rows(
            self._db, f"{self._chunk_query} c.ordinal=?"
        )

    def close(self) -> None:
        self._db.close()

    def counts(self) -> tuple[int, int, int]:
        """Documents, pages, chunks."""
        tables = ("documents", "pages", "chunks")
        totals = [self._db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]  # noqa: S608
        return totals[0], totals[1], totals[2]

    def counts_documents(self) -> int:
        """How many documents; cheap, since ordinals are dense."""
        last = self._db.execute("SELECT max(ordinal) FROM documents").fetchone()[0]
        return 0 if last is None else int(last) + 1

    def integrity(self) -> str:
        """``ok``, or what SQLite found wrong."""
        return str(self._db.execute("PRAGMA integrity_check(1)").fetchone()[0])

    def documents(self) -> Iterator[tuple[int, DocumentRow]]:
        """All documents with their ordinals, in order."""
        for row in self._db.execute("SELECT * FROM documents ORDER BY ordinal"):
            yield row[0], _document(row)

    def of_formats(self, formats: Sequence[str]) -> Iterator[tuple[int, DocumentRow]]:
        """The documents of these formats with their ordinals, in order."""
        marks = ",".join("?" * len(formats))
        query = f"SELECT * FROM documents WHERE format IN ({marks}) ORDER BY ordinal"  # noqa: S608
        for row in self._db.execute(query, tuple(formats)):
            yield row[0], _document(row)

    def document(self, ordinal: int) -> DocumentRow:
        return self._document(ordinal)

    def find(self, document_id: str) -> int | None:
        """The ordinal of a document, or None."""
        return self._find(document_id)

    def pages(self, document: int) -> list[PageRow]:
        query = "SELECT * FROM pages WHERE document=? ORDER BY number"
        return [_page(row) for row in self._db.execute(query, (document,))]

    def text_bytes(self, document: int) -> int:
        """The size of the text of a document's pages."""
        query = "SELECT coalesce(sum(byte_end - byte_start), 0) FROM pages WHERE document=?"
        return int(self._db.execute(query, (document,)).fetchone()[0])

    def page(self, document: int, number: int) -> PageRow | None:
        return self._page(document, number)

    def tables(self, document: int) -> list[StoredTable]:
        """The tables of a document, by page and number."""
        if not self._has_tables:
            return []
        query = "SELECT * FROM tables WHERE document=? ORDER BY page, number"
        return [StoredTable(*row) for row in self._db.execute(query, (document,))]

    def with_tables(self) -> set[int]:
        """The documents that have tables."""
        if not self._has_tables:
            return set()
        return {row[0] for row in self._db.execute("SELECT DISTINCT document FROM tables")}

    def page_counts(self) -> list[tuple[int, int, int]]:
        """(document ordinal, its pages, those of them without text that have a note)."""
        query = (
            "SELECT document, count(*), sum(note IS NOT NULL AND byte_start = byte_end)"
            " FROM pages GROUP BY document"
        )
        return list(self._db.execute(query))

    def chunks(self, ordinals: Sequence[int]) -> list[ChunkRow]:
        """The chunks with these ordinals, in the order asked."""
        return [self._chunk(int(ordinal)) for ordinal in ordinals]

    def chunks_of(self, document: int, first: int, last: int) -> list[ChunkRow]:
        """The chunks first..last-1, which must all be of one document (they lie together)."""
        query = (
            f"{self._chunk_query} c.ordinal>=? AND c.ordinal<? AND c.document=? ORDER BY c.ordinal"
        )
        return [_chunk(row) for row in self._db.execute(query, (first, last, document))]


def _cached_rows(
    db: sqlite3.Connection, chunk_query: str
) -> tuple[
    Callable[[int], DocumentRow],
    Callable[[str], int | None],
    Callable[[int, int], PageRow | None],
    Callable[[int], ChunkRow],
]:
    """Readers of single rows, which remember the last ones: questions ask for the same again.

    They refer to the database alone. What referred to its catalogue would close it late.
    """

    def document(ordinal: int) -> DocumentRow:
        return _document(
            db.execute("SELECT * FROM documents WHERE ordinal=?", (ordinal,)).fetchone()
        )

    def find(document_id: str) -> int | None:
        query = "SELECT ordinal FROM documents WHERE id=?"
        row = db.execute(query, (document_id,)).fetchone()
        return None if row is None else int(row[0])

    def page(document: int, number: int) -> PageRow | None:
        query = "SELECT * FROM pages WHERE document=? AND number=?"
        row = db.execute(query, (document, number)).fetchone()
        return None if row is None else _page(row)

    def chunk(ordinal: int) -> ChunkRow:
        return _chunk(db.execute(chunk_query, (ordinal,)).fetchone())

    return (
        lru_cache(_MAX_DOCUMENTS)(document),
        lru_cache(_MAX_DOCUMENTS)(find),
        lru_cache(_MAX_PAGES)(page),
        lru_cache(_MAX_CHUNKS)(chunk),
    )


def _document(row: Sequence[object]) -> DocumentRow:
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
