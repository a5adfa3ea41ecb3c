"""The process in which files are parsed: ``python -m rag_infer.read.worker``.

A parser here may meet a hostile file. The process has a memory limit and a CPU limit, opens no
connection and starts no program, and what native code prints goes nowhere near the answers.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag_infer._subprocess import exit_with_parent, limit_process
from rag_infer.errors import RagError, ReadError
from rag_infer.read.models import OpenedFile, ReadOptions, SourceFile
from rag_infer.read.registry import reader_of
from rag_infer.read.source_file import ensure_unmodified, open_file, short_reason
from rag_infer.read.worker_protocol import (
    HEADER_BYTES,
    READY,
    Box,
    ExtentQuery,
    frame,
    frame_length,
    places_message,
    read_job,
    reply_message,
)
from rag_infer.types import Document

_BATCH_CHARS = 1_000_000  # records of one file that share a message
_BATCH_RECORDS = 500
_FORBIDDEN_EVENTS = frozenset(
    ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec")
)


def main() -> None:
    """Serves until its standard input ends."""
    exit_with_parent()
    requests, output = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pool decides when to stop
    limit_process()
    sys.addaudithook(_deny_audit_event)
    output.write(READY)
    output.flush()
    while header := requests.read(HEADER_BYTES):
        source, options, find = read_job(requests.read(frame_length(header)))
        _set_limits(source, options)
        for message in _reply_messages(source, options, find):
            output.write(_frame_reply(message))
            output.flush()


def _frame_reply(message: Any) -> bytes:
    try:
        return frame(message)
    except (ValueError, MemoryError, RecursionError) as error:
        return frame(reply_message(error=ReadError(f"its text cannot be passed on ({error})")))


def _deny_audit_event(event: str, args: tuple[object, ...]) -> None:
    if event in _FORBIDDEN_EVENTS:
        raise PermissionError(f"a reader may not do this: {event}")


def _set_limits(source: SourceFile, options: ReadOptions) -> None:
    # The pool watches the clock. This ends a worker that hangs after its pool was killed.
    try:
        size = source.path.stat().st_size
    except OSError:
        size = 0
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cores = os.cpu_count() or 1
    seconds = int(used + 60 * cores * options.seconds_for(size))
    limit_process(memory_bytes=options.memory_bytes, cpu_seconds=seconds)


def _reply_messages(
    source: SourceFile, options: ReadOptions, find: ExtentQuery | None
) -> Iterator[Any]:
    """The messages that answer an order, the last of them marked; an error is always the last."""
    digest = ""
    try:
        opened, file_format, stamp = open_file(source, options)
        digest = opened.sha256
        if find is not None:
            yield places_message(_locate_spans(opened, find))
            return
        previous: tuple[Document, ...] | None = None
        for batch in _batches(reader_of(file_format)(opened)):
            if not batch:
                yield reply_message(sha256=digest, last=False)
                continue
            if previous:
                yield reply_message(previous, sha256=digest, last=False)
            previous = batch
        ensure_unmodified(opened, stamp)
        yield reply_message(previous or (), sha256=digest, tired=_is_memory_high(options))
    except RagError as error:
        yield reply_message(error=error, sha256=digest, tired=_is_memory_high(options))
    except MemoryError:
        gc.collect()
        limit = options.memory_bytes / 2**20
        error_ = ReadError(f"needs more than {limit:,.0f} MB of memory to read")
        yield reply_message(error=error_, sha256=digest, tired=True)
    except Exception as error:
        error_ = ReadError(
            f"it cannot be parsed ({short_reason(f'{type(error).__name__}: {error}')})"
        )
        yield reply_message(error=error_, sha256=digest, tired=_is_memory_high(options))


def _locate_spans(opened: OpenedFile, find: ExtentQuery) -> list[list[Box]]:
    from rag_infer.read.pdf.document import open_pdf
    from rag_infer.read.pdf.locate import locate

    document = open_pdf(opened.data(), opened.options.passwords)
    return locate(document, find.page, find.spans, find.text)


def _batches(documents: Iterable[Document | None]) -> Iterator[tuple[Document, ...]]:
    """Documents in batches; an empty one says that the reader is at work."""
    batch: list[Document] = []
    chars = 0
    for document in documents:
        if document is None:
            yield ()
            continue
        if not isinstance(document, Document):
            raise TypeError(f"its reader gave a {type(document).__name__}, not a Document")
        batch.append(document)
        chars += sum(len(page.text) for page in document.pages)
        if chars >= _BATCH_CHARS or len(batch) >= _BATCH_RECORDS:
            yield tuple(batch)
            batch, chars = [], 0
    if batch:
        yield tuple(batch)


def _is_memory_high(options: ReadOptions) -> bool:
    """Whether so much address space is in use that the next file would start with too little."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return False
    return pages * resource.getpagesize() > options.memory_bytes / 2


if __name__ == "__main__":
    main()
