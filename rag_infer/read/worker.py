"""The process in which files are parsed: ``python -m rag_infer.read.worker``.

Knows: how to fence itself in, and how to answer one order after the other over its pipes.
Does not know: who asks, and how many workers there are.

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

from rag_infer._subprocess import limit_process
from rag_infer.errors import RagError, ReadError
from rag_infer.read.models import OpenedFile, ReadOptions, SourceFile
from rag_infer.read.registry import reader_of
from rag_infer.read.source_file import ensure_unmodified, open_file
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
_FORBIDDEN = frozenset(
    ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec")
)


def main() -> None:
    """Serves until its standard input ends."""
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pool decides when to stop
    limit_process()
    sys.addaudithook(_forbid)
    answers.write(READY)
    answers.flush()
    while header := orders.read(HEADER_BYTES):
        source, options, find = read_job(orders.read(frame_length(header)))
        _limit(source, options)
        for message in _answers(source, options, find):
            answers.write(_framed(message))
            answers.flush()


def _framed(message: Any) -> bytes:
    try:
        return frame(message)
    except (ValueError, MemoryError, RecursionError) as error:
        return frame(reply_message(error=ReadError(f"its text cannot be passed on ({error})")))


def _forbid(event: str, args: tuple[object, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"a reader may not do this: {event}")


def _limit(source: SourceFile, options: ReadOptions) -> None:
    # The pool watches the clock. This ends a worker that hangs after its pool was killed.
    try:
        size = source.path.stat().st_size
    except OSError:
        size = 0
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cores = os.cpu_count() or 1
    seconds = int(used + 60 * cores * options.seconds_for(size))
    limit_process(memory_bytes=options.memory_bytes, cpu_seconds=seconds)


def _answers(source: SourceFile, options: ReadOptions, find: ExtentQuery | None) -> Iterator[Any]:
    """The messages that answer an order, the last of them marked; an error is always the last."""
    digest = ""
    try:
        opened, form, mark = open_file(source, options)
        digest = opened.sha256
        if find is not None:
            yield places_message(_places(opened, find))
            return
        waiting: tuple[Document, ...] | None = None
        for batch in _batches(reader_of(form)(opened)):
            if not batch:
                yield reply_message(sha256=digest, last=False)
                continue
            if waiting:
                yield reply_message(waiting, sha256=digest, last=False)
            waiting = batch
        ensure_unmodified(opened, mark)
        yield reply_message(waiting or (), sha256=digest, tired=_tired(options))
    except RagError as error:
        yield reply_message(error=error, sha256=digest, tired=_tired(options))
    except MemoryError:
        gc.collect()
        limit = options.memory_bytes / 2**20
        what = ReadError(f"it needs more than {limit:,.0f} MB of memory to read")
        yield reply_message(error=what, sha256=digest, tired=True)
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        what = ReadError(f"it cannot be parsed ({text.encode('utf-8', 'replace').decode()[:300]})")
        yield reply_message(error=what, sha256=digest, tired=_tired(options))


def _places(opened: OpenedFile, find: ExtentQuery) -> list[list[Box]]:
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


def _tired(options: ReadOptions) -> bool:
    """Whether so much address space is in use that the next file would start with too little."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return False
    return pages * resource.getpagesize() > options.memory_bytes / 2


if __name__ == "__main__":
    main()
