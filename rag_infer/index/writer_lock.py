"""The lock of an index's one writer: who holds it, and how long to wait for it.

The lock itself belongs to the system and ends with its process. Beside it the holder leaves its
process and the time, for the message of those who wait; that file is only read while the lock is
held, so what a crash leaves of it is never believed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_infer.errors import IndexLockedError

LOCK = "lock"
HOLDER = "lock.json"
_MAX_HOLDER_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class LockWait:
    """How long a writer waits for another one, and whom it tells that it does."""

    timeout_s: float = 0.0
    """Seconds until it gives up."""
    on_wait: Callable[[str], None] | None = None
    """Called once, when it begins to wait, with a description of the other writer."""


NO_WAIT = LockWait()


class WriterLock:
    """The lock of an index, held from construction to ``release``.

    Args:
        path: The folder of the index, which exists.
        wait: How long to wait.

    Raises:
        IndexLockedError: Another process still holds it.
        OSError: The folder cannot be written.
    """

    def __init__(self, path: Path, wait: LockWait) -> None:
        from filelock import FileLock, Timeout

        self._holder = path / HOLDER
        self._lock = FileLock(path / LOCK, mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            holder = _describe(self._holder)
            if wait.on_wait is not None and wait.timeout_s > 0:
                wait.on_wait(holder)
            try:
                self._lock.acquire(timeout=wait.timeout_s, poll_interval=0.1)
            except Timeout:
                raise IndexLockedError(
                    "another process is writing this index",
                    where=str(path),
                    hint=f"{_describe(self._holder)}; try again when it has ended",
                ) from None
        try:
            self._write_holder()
        except BaseException:
            self._lock.release()
            raise

    def release(self) -> None:
        """Gives the lock back."""
        from rag_infer.index import durable_io

        if self._lock.is_locked:
            with suppress(OSError):
                durable_io.remove_file(self._holder)
        self._lock.release()

    def _write_holder(self) -> None:
        from rag_infer.index import durable_io  # imports NumPy, which opening an index need not

        holder = json.dumps({"process": os.getpid(), "since": time.time()}).encode()
        with suppress(OSError), durable_io.create(self._holder) as file:
            file.write(holder)  # a message: not worth failing for


def _describe(path: Path) -> str:
    """Who holds the lock, as far as can be told: the file may be of anyone."""
    try:
        with path.open("rb") as file:
            holder = json.loads(file.read(_MAX_HOLDER_BYTES))
        process, since = int(holder["process"]), time.localtime(float(holder["since"]))
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return "the writer is another process"
    return f"the writer is process {process}, since {time.strftime('%Y-%m-%d %H:%M:%S', since)}"
