"""Standard streams that are closed, cannot print all text, or lie on a full disk."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

_WRITE_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.ENXIO}
)


def prepare_streams() -> None:
    """Makes standard streams that can be written to.

    A stream that the caller closed becomes the null device: otherwise the next file that is opened
    takes its number, and what a library prints ends up in that file. File names need not be valid
    in any encoding, nor the terminal able to print all text.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = _writable(sys.stdout, 1)
    sys.stderr = _writable(sys.stderr, 2)


def _writable(stream: TextIO | None, descriptor: int) -> TextIO:
    stream = stream or os.fdopen(descriptor, "w", encoding="utf-8", closefd=False)
    stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    return stream


def is_write_error(error: OSError) -> bool:
    """Whether an error comes from printing: it names no file, and its cause is the device."""
    return error.filename is None and error.errno in _WRITE_ERRORS


def report_write_error(error: OSError) -> None:
    """Prints one line, and drops what could not be written, so that Python does not try again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    try:
        sys.stderr.write(f"rag: error: the output cannot be written: {error.strerror}\n")
        sys.stderr.flush()
    except OSError:
        os.dup2(1, 2)  # standard error is on the same full disk
