"""Which files changed since they were indexed, and which were moved: by size, time and content."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from rag_infer.hashing import file_sha256
from rag_infer.index.writer import FileState
from rag_infer.read import SourceFile


class FileContents:
    """Which contents some files have; a file is hashed only when its size is looked for."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._by_size: dict[int, list[Path]] = {}
        for file in files:
            with suppress(OSError):
                self._by_size.setdefault(file.path.stat().st_size, []).append(file.path)
        self._hash = cache(file_sha256)

    def __contains__(self, state: FileState) -> bool:
        for path in self._by_size.get(state.bytes, ()):
            with suppress(OSError):
                if self._hash(path) == state.sha256:
                    return True
        return False


def is_unchanged(file: SourceFile, state: FileState | None) -> bool:
    """By size and time when both are the same, by content when only the size is."""
    if state is None:
        return False
    try:
        stat = file.path.stat()
        if stat.st_size != state.bytes:
            return False
        return stat.st_mtime_ns == state.modified_ns or file_sha256(file.path) == state.sha256
    except OSError:
        return False


def file_status(path: Path) -> os.stat_result | None:
    """None for a file that went since it was read: the next run sees it as changed or gone."""
    try:
        return path.stat()
    except OSError:
        return None
