"""Pages of a PDF as they are printed, with the boxes of cited spans."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag_infer.index.catalog import DocumentRow
from rag_infer.read.page_image import PageImage, draw
from rag_infer.retrieve.document_access import PageView


def page_image(
    path: Path,
    row: DocumentRow,
    view: PageView,
    spans: Sequence[tuple[int, int]] = (),
    width: int = 1100,
) -> PageImage:
    """A page of a PDF as it is printed, and where on it the spans of its text are.

    Raises ReadError when the file cannot be drawn or is no longer what was indexed.
    """
    return draw(path, view.number, spans, sha256=row.sha256, text=view.text, width=width)
