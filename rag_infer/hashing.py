"""SHA-256 of files, which are read in pieces: they may be larger than the memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_sha256(paths: Iterable[Path], *, prefix: str = "") -> str:
    """One hash, in hexadecimal, of the names and bytes of files in this order.

    Args:
        paths: The files.
        prefix: What else distinguishes them, hashed first.
    """
    digest = hashlib.sha256(prefix.encode())
    for path in paths:
        digest.update(path.name.encode() + bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()
