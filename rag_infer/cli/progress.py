"""Progress on standard error: bars after a second on a terminal, else a line a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag_infer.cli.output import print_note
from rag_infer.cli.terminal import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_infer.ingest.reports import Progress

_SHOW_AFTER_S = 1.0
_LINE_EVERY_S = 60.0
_BYTES_PER_MB = 1_000_000


class _MinuteLines:
    """How far long work is, for the log of a command that no terminal shows.

    Args:
        noun: What is counted.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._latest_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._latest_at >= _LINE_EVERY_S:
            self._latest_at = now
            print_note(f"{done:,} of {total:,} {self._noun}", "dim")


@contextmanager
def indexing(enabled: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Yields a callback for each ``Progress``; None where nothing is to be shown."""
    if not enabled:
        yield None
        return
    if not sys.stderr.isatty():
        lines = _MinuteLines("files")
        yield lambda progress: lines(progress.files_done, progress.files_total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.fields[current]}"),
        BarColumn(bar_width=16),
        TextColumn("{task.completed}/{task.total} files"),
        TextColumn("{task.fields[pages]} pages"),
        TextColumn("{task.fields[rate]:.0f} chunks/s"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task: Any = None
    started_at = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal task
        if task is None:
            if time.monotonic() - started_at < _SHOW_AFTER_S:
                return
            bar.start()
            task = bar.add_task("", total=progress.files_total, current="", pages=0, rate=0.0)
        bar.update(
            task,
            completed=progress.files_done,
            current=shortened(one_line(progress.current), 24).ljust(24),
            pages=progress.pages,
            rate=progress.chunks / max(progress.seconds, 1e-9),
        )

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def counting(noun: str, enabled: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yields a callback for (done, total); None where nothing is to be shown."""
    if not enabled:
        yield None
        return
    if not sys.stderr.isatty():
        yield _MinuteLines(noun)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total} {task.description}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task: Any = None
    started_at = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal task
        if task is None:
            if time.monotonic() - started_at < _SHOW_AFTER_S:
                return
            bar.start()
            task = bar.add_task(noun, total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def megabytes(enabled: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yields a callback for (done, total) in bytes, shown as megabytes."""
    with counting("MB", enabled) as show:
        if show is None:
            yield None
            return
        yield lambda done, total: show(done // _BYTES_PER_MB, -(-total // _BYTES_PER_MB))
