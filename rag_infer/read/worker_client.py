"""One worker process as its pool sees it: start, ask, wait with a limit, end.

Knows: pipes, frames, exit codes.
Does not know: which file comes next, and what is in it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from rag_infer import _subprocess
from rag_infer.read.models import ReadOptions, SourceFile
from rag_infer.read.worker_protocol import (
    HEADER_BYTES,
    READY,
    Box,
    ExtentQuery,
    Reply,
    frame,
    frame_length,
    job_message,
    read_places,
    read_reply,
)

_PATIENCE = 4  # times the limit for a worker that has shown that it gets on: OCR of a page is slow
_START_S = 60.0
_POLL_S = 0.2  # how soon a closed pool is noticed


class WorkerError(Exception):
    """A worker that did not answer: it died, hung or spoke nonsense."""

    def __init__(self, what: str, hung: bool) -> None:
        self.what = what
        self.hung = hung
        super().__init__(what)


class _ChannelClosedError(Exception):
    """The pool is going away."""


class Worker:
    """A running ``rag_infer.read.worker``. ``files`` counts what it was given."""

    def __init__(self) -> None:
        self.files = 0
        self._process = _subprocess.start("rag_infer.read.worker")

    def replies(
        self, source: SourceFile, options: ReadOptions, closed: threading.Event
    ) -> Iterator[Reply]:
        """Has a file read and yields the answers, the last one included. Raises Failed."""
        for body in self._ask(source, options, job_message(source, options), closed):
            try:
                reply = read_reply(body, source.id)
            except ValueError as error:
                raise WorkerError(f"its parser answered nonsense: {error}", False) from error
            yield reply
            if reply.last:
                return

    def places(
        self,
        source: SourceFile,
        options: ReadOptions,
        page: int,
        spans: Sequence[tuple[int, int]],
        text: str | None,
    ) -> list[list[Box]]:
        """Has spans of a page located. Raises Failed, or ReadError."""
        message = job_message(source, options, ExtentQuery(page, tuple(spans), text))
        body = next(self._ask(source, options, message, threading.Event()))
        try:
            return read_places(body, source.id)
        except ValueError as error:
            raise WorkerError(f"its parser answered nonsense: {error}", False) from error

    def _ask(
        self, source: SourceFile, options: ReadOptions, message: Any, closed: threading.Event
    ) -> Iterator[bytes]:
        """Sends an order and yields the bodies of the answers, as long as they are asked for."""
        self.files += 1
        try:
            size = source.path.stat().st_size
        except OSError:
            size = 0
        limit = options.seconds_for(size)
        try:
            if self.files == 1:
                # How long Python takes to start is not the file's doing.
                self._receive(len(READY), time.monotonic() + _START_S, closed)
            self._send(frame(message))
            answered = False
            while True:
                deadline = time.monotonic() + limit * (_PATIENCE if answered else 1)
                length = frame_length(self._receive(HEADER_BYTES, deadline, closed))
                yield self._receive(length, deadline, closed)
                answered = True
        except _ChannelClosedError:
            raise WorkerError("reading was ended", False) from None
        except TimeoutError:
            what = f"its parser did not finish within {limit:.0f} s and was stopped"
            raise WorkerError(what, True) from None
        except (EOFError, BrokenPipeError):
            raise WorkerError(self._why(), False) from None
        except ValueError as error:
            raise WorkerError(f"its parser answered nonsense: {error}", False) from error

    def end(self) -> None:
        """Kills the process if it still runs."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def _receive(self, count: int, deadline: float, closed: threading.Event) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        received = bytearray()
        while len(received) < count:
            if closed.is_set():
                raise _ChannelClosedError
            if poll.poll(1000 * _POLL_S):
                piece = os.read(descriptor, min(count - len(received), 1 << 20))
                if not piece:
                    raise EOFError
                received += piece
            elif time.monotonic() > deadline:
                raise TimeoutError
        return bytes(received)

    def _why(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "its parser stopped answering"
        if code < 0:
            name = signal.Signals(-code).name
            if -code == signal.SIGXCPU:
                return "its parser used too much time and was stopped"
            return f"its parser crashed or ran out of memory ({name})"
        return f"its parser ended early (exit code {code})"
