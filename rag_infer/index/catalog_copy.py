"""Documents from one catalogue into another by SQL, run by run, without a row in Python."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag_infer.index.document_copies import copy_copies

_DOCUMENTS = "id, file, format, sha256, bytes, modified_ns, title, metadata, labels"


@dataclass(frozen=True, slots=True)
class DocumentRun:
    """Neighboring documents ``first:last`` of a catalogue and where they go.

    Attributes:
        first: Ordinal of the first document.
        last: That after the last.
        document_shift: What is added to ordinals of documents.
        chunk_shift: What is added to ordinals of chunks.
        text_shift: What is added to positions in the text.
    """

    first: int
    last: int
    document_shift: int
    chunk_shift: int
    text_shift: int


def copy_documents(
    db: sqlite3.Connection,
    source: Path,
    runs: Sequence[DocumentRun],
    headings: dict[tuple[str, ...], int],
) -> None:
    """Copies runs of documents with their further names, pages, tables and chunks.

    Args:
        db: The catalogue that is written, in a transaction, which goes on afterwards.
        source: The file of the other one.
        runs: What is copied, rising.
        headings: The ordinals of the headings that are there; those that are copied are added.
    """
    with _attached(db, source):
        has_tables = _columns(db, "tables")
        sections = "c.sections" if "sections" in _columns(db, "chunks") else "''"
        for run in runs:
            bounds = (run.first, run.last)
            db.execute(
                f"INSERT INTO main.documents SELECT ordinal+?, {_DOCUMENTS}"  # noqa: S608
                " FROM source.documents WHERE ordinal>=? AND ordinal<?",
                (run.document_shift, *bounds),
            )
            db.execute(
                "INSERT INTO main.pages SELECT document+?, number, label, note, blocks,"
                " byte_start+?, byte_end+? FROM source.pages WHERE document>=? AND document<?",
                (run.document_shift, run.text_shift, run.text_shift, *bounds),
            )
            if has_tables:
                db.execute(
                    "INSERT INTO main.tables SELECT document+?, page, number, data"
                    " FROM source.tables WHERE document>=? AND document<?",
                    (run.document_shift, *bounds),
                )
        copy_copies(db, [(run.first, run.last, run.document_shift) for run in runs])
        _map_headings(db, runs, headings)
        for run in runs:
            shifts = (run.chunk_shift, run.document_shift, run.text_shift, run.text_shift)
            db.execute(  # the sections are one of two constants
                "INSERT INTO main.chunks SELECT c.ordinal+?, c.document+?, c.page, c.start, c.end,"  # noqa: S608
                f" c.byte_start+?, c.byte_end+?, c.tokens, m.number, {sections}"
                " FROM source.chunks c JOIN temp.heading_numbers m ON m.heading = c.heading"
                " WHERE c.document>=? AND c.document<? ORDER BY c.ordinal",
                (*shifts, run.first, run.last),
            )


@contextmanager
def _attached(db: sqlite3.Connection, source: Path) -> Iterator[None]:
    """A database can be attached between transactions only."""
    db.execute("COMMIT")
    uri = source.absolute().as_uri() + "?mode=ro&immutable=1"
    db.execute("ATTACH DATABASE ? AS source", (uri,))
    db.execute("BEGIN")
    yield
    db.execute("COMMIT")
    db.execute("DROP TABLE temp.heading_numbers")
    db.execute("DETACH DATABASE source")
    db.execute("BEGIN")


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA source.table_info({table})")}


def _map_headings(
    db: sqlite3.Connection, runs: Sequence[DocumentRun], headings: dict[tuple[str, ...], int]
) -> None:
    """Fills a table of the new number of each heading that the copied chunks have."""
    db.execute("CREATE TEMP TABLE heading_numbers (heading INTEGER PRIMARY KEY, number INTEGER)")
    for run in runs:
        new = db.execute(
            "SELECT ordinal, path FROM source.headings WHERE ordinal IN (SELECT heading FROM"
            " source.chunks WHERE document>=? AND document<?)"
            " AND ordinal NOT IN (SELECT heading FROM temp.heading_numbers)",
            (run.first, run.last),
        ).fetchall()
        for ordinal, path in new:
            key = tuple(str(part) for part in json.loads(path))
            if key not in headings:
                headings[key] = len(headings)
                db.execute("INSERT INTO main.headings VALUES (?,?)", (headings[key], path))
            db.execute("INSERT INTO temp.heading_numbers VALUES (?,?)", (ordinal, headings[key]))
