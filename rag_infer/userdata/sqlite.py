"""SQLite files that only their owner can read, with versioned schemas.

A schema is a list of steps: step n takes a file from version n to n + 1, and ``PRAGMA
user_version`` says how many were taken. A file that was written before there were versions has
version 0 and may have tables already; the first step allows for that.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rag_infer.errors import InputError, UserDataError

SchemaStep = Callable[[sqlite3.Connection], None]


@contextmanager
def open_database(
    path: Path, schema: Sequence[SchemaStep], *, timeout_s: float, pragmas: Sequence[str] = ()
) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit mode to a file of the newest schema.

    Args:
        path: The file; it is created with mode 0600 where there is none.
        schema: The steps from an empty file to the present schema.
        timeout_s: How long to wait for another process that is writing.
        pragmas: Options of the connection, such as ``secure_delete = ON``.

    Raises:
        InputError: The file was written by a newer version.
        UserDataError: The file is damaged, locked for too long, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path, timeout=timeout_s, isolation_level=None)) as connection:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
            _upgrade(connection, path, schema)
            yield connection
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a fault of this program
    except (OSError, sqlite3.DatabaseError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserDataError(
            f"cannot be read or written: {reason}",
            where=str(path),
            hint="see whether the disk is full; if the file is damaged, move it away",
        ) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements in it or none; other writers wait from its beginning.

    A transaction that first reads and then writes would fail at once where another process wrote
    in between, so the write lock is taken at the start.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _upgrade(connection: sqlite3.Connection, path: Path, schema: Sequence[SchemaStep]) -> None:
    if _version(connection) == len(schema):
        return
    with transaction(connection):
        version = _version(connection)  # another process may have upgraded it meanwhile
        if version > len(schema):
            raise InputError(
                f"written by a newer version (schema {version}, supported up to {len(schema)})",
                where=str(path),
                hint="upgrade rag-infer",
            )
        for step in schema[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(schema)}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
