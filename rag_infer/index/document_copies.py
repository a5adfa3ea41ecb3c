"""Further names of a document: files that are byte for byte the one that it was read from.

A catalogue has a table of them only if it has any; those of earlier versions have none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.index.catalog_connection import CatalogConnection
from rag_infer.types import JsonResult

_SCHEMA = """
CREATE TABLE IF NOT EXISTS copies (
  document INTEGER NOT NULL,
  number INTEGER NOT NULL,     -- from 0, in the order of the names
  id TEXT NOT NULL UNIQUE,     -- of the file, which holds this document alone
  modified_ns INTEGER NOT NULL,
  PRIMARY KEY (document, number)
) WITHOUT ROWID
"""
_NAMES_AT_ONCE = 500
_SPREAD = 4  # documents that lie further apart on average are looked up one by one


@dataclass(frozen=True, slots=True)
class DocumentCopy(JsonResult):
    """Another file with the content of a document: its id, and its time when it was looked at."""

    id: str
    modified_ns: int


Copies = tuple[DocumentCopy, ...]


def name_order(name: str) -> tuple[int, int, str]:
    """Sorts the names of a document: the one with fewest folders first, then the shortest.

    So ``plan.pdf`` comes before ``plan (1).pdf`` and ``backup/plan.pdf``.
    """
    return name.count("/"), len(name), name


def add_copies(db: sqlite3.Connection, document: int, copies: Copies) -> None:
    """Writes the further names of a document."""
    if not copies:
        return
    db.execute(_SCHEMA)
    db.executemany(
        "INSERT INTO copies VALUES (?,?,?,?)",
        [(document, number, copy.id, copy.modified_ns) for number, copy in enumerate(copies)],
    )


def copy_copies(db: sqlite3.Connection, runs: Sequence[tuple[int, int, int]]) -> None:
    """Takes over the further names of documents from the attached catalogue ``source``.

    Args:
        db: The catalogue that is written.
        runs: First ordinal, that after the last, and what is added to it, of each run.
    """
    query = "SELECT 1 FROM source.sqlite_master WHERE name='copies'"
    if db.execute(query).fetchone() is None:
        return
    db.execute(_SCHEMA)
    for first, last, shift in runs:
        db.execute(
            "INSERT INTO main.copies SELECT document+?, number, id, modified_ns"
            " FROM source.copies WHERE document>=? AND document<?",
            (shift, first, last),
        )


class DocumentCopies:
    """The further names in a finished catalogue."""

    def __init__(self, connection: CatalogConnection) -> None:
        self._connection = connection
        self._is_there: bool | None = None

    def _any(self) -> bool:
        if self._is_there is None:
            query = "SELECT 1 FROM sqlite_master WHERE name='copies'"
            self._is_there = self._connection.row(query) is not None
        return self._is_there

    def of(self, document: int) -> Copies:
        """Those of one document, in order."""
        return self.between(document, document + 1).get(document, ())

    def of_all(self, documents: Sequence[int]) -> dict[int, Copies]:
        """Those of some documents, by ordinal."""
        if not documents or not self._any():
            return {}
        first, last = min(documents), max(documents) + 1
        if last - first <= _SPREAD * len(documents):
            return self.between(first, last)
        return {document: self.of(document) for document in documents}

    def between(self, first: int, last: int) -> dict[int, Copies]:
        """Those of the documents first..last-1, by ordinal."""
        if not self._any():
            return {}
        query = (
            "SELECT document, id, modified_ns FROM copies WHERE document>=? AND document<?"
            " ORDER BY document, number"
        )
        copies: dict[int, Copies] = {}
        for document, id_, modified in self._connection.rows(query, (first, last)):
            copies[document] = (*copies.get(document, ()), DocumentCopy(str(id_), int(modified)))
        return copies

    def owners(self, names: Sequence[str]) -> set[int]:
        """The documents that some names are further ones of."""
        owners: set[int] = set()
        if not self._any():
            return owners
        for start in range(0, len(names), _NAMES_AT_ONCE):
            part = names[start : start + _NAMES_AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT document FROM copies WHERE id IN ({marks})"  # noqa: S608
            owners |= {row[0] for row in self._connection.rows(query, part)}
        return owners

    def owners_below(self, first: str, end: str) -> set[int]:
        """The documents with a further name from ``first`` on, before ``end``."""
        if not self._any():
            return set()
        query = "SELECT document FROM copies WHERE id>=? AND id<?"
        return {row[0] for row in self._connection.rows(query, (first, end))}
