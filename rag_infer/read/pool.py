"""Reading many files at once, each in a process that it can at worst take down with it.

A thread for each worker hands it files and waits for its answers; answers queue up to a bound, so
that memory stays flat however many files there are and a slow consumer slows the readers.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from rag_infer.errors import ReadError
from rag_infer.read.models import FileResult, ReadOptions, SourceFile
from rag_infer.read.registry import format_of, reader_of
from rag_infer.read.source_file import ensure_unmodified, open_file, short_reason
from rag_infer.read.worker_client import Worker, WorkerError

_MAX_IN_PROCESS_FILES = 8  # so many small light files are read sooner than a process starts
_MAX_IN_PROCESS_BYTES = 64 * 1024
_POLL_S = 0.2  # how soon a stop is noticed
_RESULTS_PER_WORKER = 4  # results that wait, per worker


def read_files(
    files: Iterable[SourceFile],
    options: ReadOptions | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[FileResult]:
    """Reads files, as many at a time as there are workers; results come as they are ready.

    A file that crashes, hangs or swells its parser gives a FileResult with an error and costs
    nothing else. ``workers`` is by default the number of usable cores. Never raises for a file.
    Setting ``stop`` from another thread ends the workers and, early, the results.
    """
    options = options or ReadOptions()
    pending = iter(files)
    first = list(islice(pending, _MAX_IN_PROCESS_FILES + 1))
    in_process: list[SourceFile] = []
    if len(first) <= _MAX_IN_PROCESS_FILES:
        in_process = [f for f in first if _is_light(f)] if not options.isolate else []
        first = [f for f in first if f not in in_process]
    pool = _Pool(chain(first, pending), options, workers or _usable_cores(), stop)
    try:
        pool.start(len(first))
        for source in in_process:
            yield _read_in_process(source, options)
        yield from pool.results()
    finally:
        pool.close()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS and Windows have no affinity mask


def _is_light(source: SourceFile) -> bool:
    file_format = format_of(source.path)
    try:
        return (
            file_format is not None
            and file_format.light
            and source.path.stat().st_size <= _MAX_IN_PROCESS_BYTES
        )
    except OSError:
        return False


def _read_in_process(source: SourceFile, options: ReadOptions) -> FileResult:
    """Reads a small file of a light format in this process."""
    started = time.perf_counter()
    digest = ""
    try:
        opened, file_format, stamp = open_file(source, options)
        digest = opened.sha256
        documents = tuple(d for d in reader_of(file_format)(opened) if d is not None)
        ensure_unmodified(opened, stamp)
        return FileResult(source, digest, documents, None, True, time.perf_counter() - started)
    except ReadError as error:
        located = type(error)(short_reason(error.what), where=source.id, hint=error.hint)
    except Exception as error:
        reason = short_reason(f"{type(error).__name__}: {error}")
        located = ReadError(f"it cannot be parsed ({reason})", where=source.id)
    return FileResult(source, digest, (), located, True, time.perf_counter() - started)


class _Pool:
    """Threads that each drive one worker, and the queue that their results go through."""

    def __init__(
        self,
        files: Iterator[SourceFile],
        options: ReadOptions,
        workers: int,
        stop: threading.Event | None,
    ) -> None:
        self._files = files
        self._options = options
        self._workers = workers
        self._lock = threading.Lock()
        self._closed = stop or threading.Event()
        self._queue: queue.Queue[FileResult | BaseException | None]
        self._threads: list[threading.Thread] = []
        self._queue = queue.Queue(_RESULTS_PER_WORKER * workers)

    def start(self, known_files: int) -> None:
        """Starts as many workers as can be used when ``known_files`` files are known."""
        for number in range(min(self._workers, known_files)):
            thread = threading.Thread(target=self._run_worker, name=f"read-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def results(self) -> Iterator[FileResult]:
        running = len(self._threads)
        while running:
            try:
                item = self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                if self._closed.is_set():
                    return
                continue
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item

    def close(self) -> None:
        """Ends the workers and their threads, at whatever point they are."""
        self._closed.set()
        for thread in self._threads:
            thread.join()

    def _next(self) -> SourceFile | None:
        with self._lock:
            return None if self._closed.is_set() else next(self._files, None)

    def _put(self, item: FileResult | BaseException | None) -> bool:
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def _run_worker(self) -> None:
        worker: Worker | None = None
        try:
            while (source := self._next()) is not None:
                worker = self._read(source, worker)
        except BaseException as error:  # a fault of ours, or of the iterable: tell the caller
            self._put(error)
        finally:
            if worker is not None:
                worker.end()
            self._put(None)

    def _read(self, source: SourceFile, worker: Worker | None) -> Worker | None:
        """Has a file read; returns the worker for the next one, if it is still good."""
        while True:
            is_new_worker = worker is None
            if worker is None:
                worker = Worker()
            started = time.perf_counter()
            sent, outcome = self._exchange(source, worker, started)
            if not isinstance(outcome, WorkerError):
                return outcome
            worker.end()
            worker = None
            if self._closed.is_set():
                return None
            # What an earlier file left behind may be at fault: the file gets one clean chance.
            if is_new_worker or sent or outcome.hung:
                error = ReadError(outcome.what, where=source.id)
                seconds = time.perf_counter() - started
                self._put(FileResult(source, "", (), error, True, seconds))
                return None

    def _exchange(
        self, source: SourceFile, worker: Worker, started: float
    ) -> tuple[int, Worker | WorkerError | None]:
        """Passes on a file's results: how many, and the worker, or None for a tired one."""
        sent = 0
        try:
            for reply in worker.replies(source, self._options, self._closed):
                if not (reply.last or reply.documents):
                    continue  # a sign of life
                seconds = time.perf_counter() - started
                exhausted = reply.error is not None and reply.tired and worker.files > 1
                if exhausted and not sent:
                    return sent, WorkerError("needs too much memory to read", False)
                self._put(
                    FileResult(
                        source, reply.sha256, reply.documents, reply.error, reply.last, seconds
                    )
                )
                sent += 1
                if reply.tired:
                    worker.end()
                    return sent, None
        except WorkerError as outcome:
            return sent, outcome
        return sent, worker
