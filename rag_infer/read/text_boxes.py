"""From a span of a PDF page's canonical text to the boxes in which it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag_infer.errors import ReadError
from rag_infer.read.models import ReadOptions, SourceFile
from rag_infer.read.worker_client import Worker, WorkerError
from rag_infer.read.worker_protocol import Box


def locate_text(
    path: Path,
    page: int,
    spans: Sequence[tuple[int, int]],
    *,
    text: str | None = None,
    options: ReadOptions | None = None,
) -> list[list[Box]]:
    """For each ``[start, end)`` of a page's text, the boxes of the printed lines that hold it.

    Args:
        path: The file.
        page: The page, from 1.
        spans: Ranges of its text.
        text: What the page must still say exactly; None: anything.
        options: How files are read.

    Returns:
        For each span its boxes ``(x0, y0, x1, y1)`` in points, in the page's own space: origin at
        the bottom left, y upward, before any rotation of the page for display. Words of a line
        share a box.

    Raises:
        ReadError: The file cannot be read, has changed, or has no places for its text (as after
            OCR).
    """
    source = SourceFile(path, path.name)
    worker = Worker()
    try:
        return worker.places(source, options or ReadOptions(), page, spans, text)
    except WorkerError as failed:
        raise ReadError(failed.what, where=path.name) from failed
    finally:
        worker.end()
