"""What a reader may see of an index: its documents, their pages, the files they came from.

Knows: that every look goes through the asker's filter first.
Does not know: who asks, how a page is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.errors import IndexNotFoundError, InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.ingest.discovery import path_of
from rag_infer.retrieve import Filter

if TYPE_CHECKING:
    from rag_infer.api import Index
    from rag_infer.read.page_image import PageImage


@dataclass(frozen=True, slots=True)
class PageView:
    """A page's canonical text. ``pages`` is how many the document has."""

    document: str
    title: str | None
    format: str
    number: int
    pages: int
    label: str | None
    text: str


def documents(index: Index, chosen: Filter) -> list[DocumentRow]:
    """The documents that the filter allows, in order of id; none where there is no index yet."""
    try:
        return [row for row in index.documents() if chosen.allows(row)]
    except IndexNotFoundError:
        return []


def document(index: Index, name: str, chosen: Filter) -> DocumentRow:
    """One document. Raises InputError when there is none that the filter allows."""
    snapshot = index.snapshot
    place = snapshot.find(name)
    if place is not None:
        row = snapshot.segments[place.segment].catalogue.document(place.row)
        if chosen.allows(row):
            return row
    raise InputError("is not in the index", where=name)


def page(index: Index, name: str, number: int, chosen: Filter) -> PageView:
    """A page's text. Raises InputError when the document or the page is not there to see."""
    snapshot = index.snapshot
    row = document(index, name, chosen)
    place = snapshot.find(name)
    found = snapshot.page(name, number)
    if found is None or place is None:
        raise InputError(f"has no page {number}", where=name)
    kept, text = found
    counts = snapshot.segments[place.segment].catalogue.page_counts()
    pages = next((count for ordinal, count, _ in counts if ordinal == place.row), number)
    return PageView(row.id, row.title, row.format, number, pages, kept.label, text)


def original(index: Index, row: DocumentRow) -> Path | None:
    """The file that a document was read from, if it lies where it lay; None otherwise."""
    path = path_of(row.file, index.path, index.snapshot.manifest.roots)
    return path if path is not None and path.is_file() else None


def picture(
    path: Path,
    row: DocumentRow,
    seen: PageView,
    spans: Sequence[tuple[int, int]] = (),
    width: int = 1100,
) -> PageImage:
    """A page of a PDF as it is printed, and where on it the spans of its text are.

    Raises ReadError when the file cannot be drawn or is no longer what was indexed.
    """
    from rag_infer.read.page_image import draw

    return draw(path, seen.number, spans, sha256=row.sha256, text=seen.text, width=width)


def extension(name: str) -> str | None:
    """The extension under which a file of that name would be read; None when it cannot be."""
    from rag_infer.read.registry import format_of

    path = Path(name)
    if format_of(path) is None:
        return None
    double = "".join(path.suffixes[-2:]).lower()
    return double if double == ".jsonl.gz" else path.suffix.lower() or ".txt"
