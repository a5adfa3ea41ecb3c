"""The only place where an index touches the disk to write.

Every operation first calls ``checkpoint``: a test replaces it to stop the writer at each operation
in turn, as a crash would.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rag_infer.errors import IndexStorageError


def checkpoint(operation: str, path: Path) -> None:
    """Called before each operation that changes the disk. Does nothing."""


def make_folder(path: Path) -> None:
    """Makes a folder, with its parents, that only the user can enter; one that is there stays."""
    checkpoint("mkdir", path)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def create(path: Path) -> BinaryIO:
    """Opens a new file that only the user can read, for writing."""
    checkpoint("write", path)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns what a full disk, a read-only mount or a size limit raises into IndexStorageError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        where = getattr(error, "filename", None) or path
        raise IndexStorageError(
            f"cannot be written: {reason}",
            where=os.fsdecode(where) if isinstance(where, bytes) else str(where),
            hint="everything published before is intact",
        ) from error


def copy_file(source: Path, target: Path) -> None:
    """Copies a file and makes the copy durable."""
    create(target).close()
    shutil.copyfile(source, target)
    sync_file(target)


def write_bytes(path: Path, data: bytes) -> None:
    with create(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Makes a file that somebody else wrote (SQLite) durable."""
    checkpoint("fsync", path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Makes the names in a folder durable."""
    checkpoint("fsync", path)
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(source: Path, target: Path) -> None:
    """The atomic step: ``target`` is the old one or the new one, never neither."""
    checkpoint("replace", target)
    source.replace(target)
    sync_folder(target.parent)


def remove_file(path: Path) -> None:
    checkpoint("remove", path)
    path.unlink(missing_ok=True)


def remove_tree(path: Path) -> None:
    checkpoint("remove", path)
    shutil.rmtree(path, ignore_errors=True)
