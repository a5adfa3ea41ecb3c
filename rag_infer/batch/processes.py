"""Rows of a batch tried by several processes, as one cannot use more than about one core.

Only trying is shared out: the process that starts the others keeps journal, costs and back-off, so
that these are as exact as with one process, and a kill of any process loses what was under way.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter

from rag_infer._subprocess import Process, start
from rag_infer.batch.attempts import AttemptResult, Job
from rag_infer.batch.setup import BatchSetup, Stage
from rag_infer.closeable import Closeable
from rag_infer.errors import InputError, ModelError

_MODULE = "rag_infer.batch.worker"
_MAX_TRIES = 3  # of a row whose process ends
_MAX_STARTS = 10  # of one process in a run
_JOBS: TypeAdapter[Job] = TypeAdapter(Job)
_OUTCOMES: TypeAdapter[AttemptResult] = TypeAdapter(AttemptResult)


class WorkerPool(Closeable):
    """Processes that try rows; an instance is an ``Attempt``.

    Args:
        setup: How questions are asked.
        stage: What is done with each.
        processes: How many processes.
        concurrency: Most rows at once, of all of them together.
        generation: Of the index, which all must have.

    Raises:
        InputError: A process cannot open the index, or has another generation of it.
    """

    def __init__(
        self, setup: BatchSetup, stage: Stage, processes: int, concurrency: int, generation: int
    ) -> None:
        run_message = {
            "setup": TypeAdapter(BatchSetup).dump_python(setup, mode="json"),
            "stage": stage,
            "threads": -(-concurrency // processes),
        }
        self._choosing = threading.Lock()
        self._workers = [_Worker(run_message, generation) for _ in range(processes)]
        try:
            for worker in self._workers:
                worker.start()
            for worker in self._workers:
                worker.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def __call__(self, job: Job) -> AttemptResult:
        """Tries a row in the process that has fewest; again where that process ends."""
        for _ in range(_MAX_TRIES):
            with self._choosing:
                worker = min(self._workers, key=lambda w: w.load)
                future = worker.submit(job)
            try:
                return future.result()
            except ModelError as error:
                return AttemptResult({"error": str(error)})
            except _EndedError:
                continue
        return AttemptResult({"error": "the process that asked it ended, again and again"})

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers:
            worker.close()


class _EndedError(Exception):
    """A process ended with rows under way."""


class _Worker(threading.Thread):
    """A process, started again when it ends; the thread that reads from it.

    The process ends with the thread that started it (``exit_with_parent``), so this one does both.
    """

    def __init__(self, run_message: Mapping[str, Any], generation: int) -> None:
        super().__init__(name="batch-worker", daemon=True)
        self._run_message = run_message
        self._generation = generation
        self._changed = threading.Condition()
        self._process: Process | None = None
        self._pending: dict[int, Future[AttemptResult]] = {}
        self._waiting: dict[int, bytes] = {}
        self._number = 0
        self._is_ready = self._is_closed = False
        self._error: str | None = None

    @property
    def load(self) -> int:
        """Rows under way; many where it cannot take any."""
        return len(self._pending) if self._error is None else 1 << 30

    def wait_until_ready(self) -> None:
        """Raises InputError where the process cannot begin."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_ready or self._error is not None)
        if self._error is not None:
            raise InputError(self._error)

    def submit(self, job: Job) -> Future[AttemptResult]:
        """The outcome of a row, to come."""
        future: Future[AttemptResult] = Future()
        value = _JOBS.dump_python(job, mode="json")
        with self._changed:
            if self._error is not None:
                future.set_exception(ModelError(self._error))
                return future
            self._number += 1
            self._pending[self._number] = future
            line = _line({"number": self._number, "job": value})
            if self._is_ready:
                self._send(line)
            else:
                self._waiting[self._number] = line
        return future

    def close(self) -> None:
        """Ends the process."""
        with self._changed:
            self._is_closed = True
            if self._process is not None:
                self._process.kill()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        for _ in range(_MAX_STARTS):
            with self._changed:
                if self._is_closed or self._error is not None:
                    break
                self._process = start(_MODULE)
                self._send(_line(self._run_message))
            process = self._process
            assert process.stdout is not None
            for line in open(process.stdout.fileno(), "rb", closefd=False):  # noqa: SIM115
                if line.endswith(b"\n"):
                    self._take(json.loads(line))
            self._end(process)
        self._fail(self._error or "the processes of the batch end by themselves, again and again")

    def _take(self, message: Mapping[str, Any]) -> None:
        if "number" in message:
            with self._changed:
                future = self._pending.pop(message["number"])
            future.set_result(_OUTCOMES.validate_python(message["outcome"]))
            return
        with self._changed:
            if "error" in message:
                self._error = message["error"]
            elif message["generation"] != self._generation:
                self._error = "the index changed while the run began; run the command again"
            else:
                self._is_ready = True
                for line in self._waiting.values():
                    self._send(line)
                self._waiting.clear()
            self._changed.notify_all()

    def _send(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended, which its reader sees
            view = memoryview(line)
            while view:
                view = view[self._process.stdin.write(view) :]

    def _end(self, process: Process) -> None:
        """Lets go of a process that has ended; its rows are tried again."""
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with self._changed:
            self._is_ready = False
            self._waiting.clear()
            pending, self._pending = self._pending, {}
        for future in pending.values():
            future.set_exception(_EndedError())

    def _fail(self, error: str) -> None:
        with self._changed:
            self._error = error
            pending, self._pending = self._pending, {}
            self._changed.notify_all()
        for future in pending.values():
            future.set_exception(_EndedError())


def _line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
