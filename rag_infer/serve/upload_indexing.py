"""From an uploaded file to the index: read within bounds, then written.

Reading takes up to a minute and happens in a process of its own, several files at a time; only
what is embedding and writing holds the index. A file over its bounds is dropped at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from rag_infer import Index, ReadOptions
from rag_infer.errors import IndexLockedError, PasswordError, ReadError
from rag_infer.read import FileResult, SourceFile, read_files
from rag_infer.serve.uploads import UploadJob

# A record or a file without pages may hold any amount of text: it counts as so many printed pages.
CHARS_PER_PAGE = 4_000
WRITE_TIMEOUT_S = 10.0


class UploadIndexer:
    """Indexes uploads; several may be read at the same time, one at a time is written."""

    def __init__(self, indexes: Mapping[str, Index], max_pages: int) -> None:
        self._indexes = indexes
        self._options = ReadOptions(max_pages=max_pages, isolate=True)
        self._stops: set[threading.Event] = set()  # one for each file that is being read
        self._stopped = False
        self._write_locks = {name: threading.Lock() for name in indexes}

    def run(
        self,
        job: UploadJob,
        path: Path,
        on_progress: Callable[[int, int], None],
        password: str | None = None,
    ) -> UploadJob:
        """Indexes one upload.

        Args:
            job: The upload.
            path: Its file.
            on_progress: Called with the pages and chunks so far.
            password: Of an encrypted file.

        Returns:
            The job as done or failed.

        Raises:
            IndexLockedError: Another process is writing the index, or the server stops.
        """
        if job.index not in self._indexes:
            return replace(job, state="failed", error="this index is no longer served")
        options = self._options
        if password:
            options = replace(options, passwords=(password,))
        try:
            results = self._read(SourceFile(path, job.document_id), options)
        except ReadError as error:
            is_locked = isinstance(error, PasswordError)
            return replace(job, state="failed", error=error.what, needs_password=is_locked)
        with self._write_locks[job.index]:
            report = self._indexes[job.index].add_file(
                path,
                job.document_id,
                groups=job.labels,
                options=options,
                on_progress=lambda p: on_progress(p.pages, p.chunks),
                read=lambda _files, _options: iter(results),
            )
        if report.failed:
            return replace(job, state="failed", error=report.failed[0].reason)
        pages = sum(file.pages for file in report.indexed)
        notes = tuple(note for file in report.indexed for note in file.notes)[:20]
        return replace(job, state="done", pages=pages, chunks=report.chunks, notes=notes)

    @contextmanager
    def writing(self, index: str) -> Iterator[None]:
        """Holds an index for another writer of this process.

        Raises:
            IndexLockedError: An upload holds it for long.
        """
        lock = self._write_locks[index]
        if not lock.acquire(timeout=WRITE_TIMEOUT_S):
            raise IndexLockedError("the index is being written; try again later")
        try:
            yield
        finally:
            lock.release()

    def stop(self) -> None:
        """Ends the processes that read; what they were reading is read again at the next start."""
        self._stopped = True
        for stop in list(self._stops):
            stop.set()

    def _read(self, source: SourceFile, options: ReadOptions) -> list[FileResult]:
        """The documents of a file. Raises ReadError for one that is too large or unreadable."""
        results: list[FileResult] = []
        pages = 0
        with self._stop_event() as stop:
            # Closing ends the process that reads, however much of the file is left.
            reading = cast(
                "Generator[FileResult, None, None]", read_files([source], options, 1, stop)
            )
            with closing(reading):
                for result in reading:
                    if isinstance(result.error, PasswordError):
                        raise PasswordError(result.error.what)
                    if result.error is not None:
                        raise ReadError(_reason(result.error))
                    pages += sum(
                        max(1, -(-len(page.text) // CHARS_PER_PAGE))
                        for document in result.documents
                        for page in document.pages
                    )
                    options.check_pages(pages)
                    results.append(result)
        if self._stopped:  # there may be more of the file
            raise IndexLockedError("the server is stopping")
        return results

    @contextmanager
    def _stop_event(self) -> Iterator[threading.Event]:
        stop = threading.Event()
        self._stops.add(stop)
        if self._stopped:
            stop.set()
        try:
            yield stop
        finally:
            self._stops.discard(stop)


def _reason(error: ReadError) -> str:
    return f"{error.what}; {error.hint}" if error.hint else error.what
