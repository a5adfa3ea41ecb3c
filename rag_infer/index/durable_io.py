"""The only place where an index touches the disk to write.

Knows: how to make bytes durable, and how to make a file appear in one step.
Does not know: what the files mean.

Every operation first calls ``checkpoint``: a test replaces it to stop the writer at each operation
in turn, as a crash would.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt


def checkpoint(operation: str, path: Path) -> None:
    """Called before each operation that changes the disk. Does nothing."""


def make_folder(path: Path) -> None:
    checkpoint("mkdir", path)
    path.mkdir(parents=True, exist_ok=True)


def write_array(path: Path, array: npt.NDArray[np.generic]) -> None:
    """Writes an array as ``.npy`` (no objects, no pickle) and makes it durable."""
    checkpoint("write", path)
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def write_bytes(path: Path, data: bytes) -> None:
    checkpoint("write", path)
    with path.open("wb") as file:
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
