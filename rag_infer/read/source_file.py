"""Opening one file for its reader: its format, its hash, and that it held still meanwhile."""

from __future__ import annotations

import hashlib
import os
import stat

from rag_infer.errors import ReadError
from rag_infer.read.models import OpenedFile, ReadOptions, SourceFile
from rag_infer.read.registry import Format, format_of

_MAX_REASON_CHARS = 300
FileStamp = tuple[int, int]  # size and time of change: a file with another mark has changed


def short_reason(text: str) -> str:
    """A reason on one line, of bounded length: libraries quote what they stumbled over."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return line if len(line) <= _MAX_REASON_CHARS else f"{line[: _MAX_REASON_CHARS - 1]}…"


def open_file(source: SourceFile, options: ReadOptions) -> tuple[OpenedFile, Format, FileStamp]:
    """Hashes a file and finds its format.

    Raises ReadError when there is no reader for it, or it is no ordinary, readable file.
    """
    file_format = format_of(source.path)
    if file_format is None:
        suffix = source.path.suffix or "a file without a suffix"
        raise ReadError(f"there is no reader for {suffix}")
    try:
        with open(source.path, "rb", opener=_open_nonblocking) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ReadError("not a regular file")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from error
    return OpenedFile(source.path, source.id, digest, options), file_format, _stamp(status)


def ensure_unmodified(opened: OpenedFile, stamp: FileStamp) -> None:
    """Raises ReadError when the file changed since it was opened: hash and text may differ."""
    try:
        current = _stamp(opened.path.stat())
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from error
    if current != stamp:
        raise ReadError("changed while it was read", hint="read it again")


def _open_nonblocking(path: str, flags: int) -> int:
    # Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
    return os.open(path, flags | os.O_NONBLOCK)


def _stamp(status: os.stat_result) -> FileStamp:
    return status.st_size, status.st_mtime_ns
