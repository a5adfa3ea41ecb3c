"""Connections to catalogues, opened when they are needed, and never more than a share of the files
that this process may have open.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from rag_infer.errors import IndexStorageError
from rag_infer.open_files import open_file_limit

_SHARE = 4  # one file in so many that this process may have open
_MIN_CONNECTIONS = 8


class CatalogConnection:
    """A read-only connection to one catalogue, shared by the threads of this process.

    It is opened at once while there are few; beyond that at its first use, and then the one that
    was not used for longest is closed. So that it can be, no cursor leaves it: rows are lists.
    """

    def __init__(self, path: Path) -> None:
        self._db: sqlite3.Connection | None = None
        self._path = path
        self._using = threading.Lock()
        self._is_closed = False
        self._last_use = next(_uses)
        if not _is_full():
            self._opened()

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            IndexStorageError: The file went away since the index was opened.
            sqlite3.Error: It cannot be opened or read, or was closed.
        """
        self._last_use = next(_uses)
        with self._using:
            try:
                db = self._db or self._opened()
            except sqlite3.OperationalError as error:
                if self._path.exists():
                    raise
                raise IndexStorageError(
                    "is gone: another process has changed the index",
                    where=str(self._path),
                    hint="open the index again",
                ) from error
            return db.execute(query, parameters).fetchall()

    def row(self, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(query, parameters)), None)

    def close(self) -> None:
        """Closes the connection."""
        self._is_closed = True
        _connections.discard(self)
        self._drop()

    def __del__(self) -> None:
        # Python's connection refers to itself by its cache of statements: unless it is closed, the
        # file stays open, deleted or not, until the next cyclic garbage collection.
        self._drop()

    def _opened(self) -> sqlite3.Connection:
        if self._is_closed:
            raise sqlite3.ProgrammingError("the catalogue is closed")
        with _opening:
            _close_oldest(self)
            self._db = _connect(self._path)
            _connections.add(self)
        return self._db

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()


_connections: WeakSet[CatalogConnection] = WeakSet()
_opening = threading.Lock()
_uses = itertools.count()


def _is_full() -> bool:
    return len(_connections) >= max(_MIN_CONNECTIONS, open_file_limit() // _SHARE)


def _close_oldest(opening: CatalogConnection) -> None:
    """Closes the connection that was not used for longest, if there are too many; never one that
    another thread is reading from.
    """
    if not _is_full():
        return
    for connection in sorted(_connections, key=lambda c: c._last_use):
        if connection is not opening and connection._using.acquire(blocking=False):
            try:
                _connections.discard(connection)
                connection._drop()
            finally:
                connection._using.release()
            return


def _connect(path: Path) -> sqlite3.Connection:
    uri = path.absolute().as_uri() + "?mode=ro&immutable=1"
    db = sqlite3.connect(uri, uri=True, check_same_thread=False)
    db.execute("PRAGMA trusted_schema=OFF")
    db.execute("PRAGMA cell_size_check=ON")
    db.execute("PRAGMA query_only=ON")
    return db
