"""Documents as their readers made them, from what the index stores: no file is read again."""

from __future__ import annotations

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.segment import Segment
from rag_infer.tables.message import unpacked
from rag_infer.types import Document, Page


def stored_document(segment: Segment, ordinal: int, row: DocumentRow) -> Document:
    """A document as its reader made it.

    Args:
        segment: The segment that holds it.
        ordinal: Its place there.
        row: Its row.
    """
    tables: dict[int, list[bytes]] = {}
    for table in segment.catalogue.tables(ordinal):
        tables.setdefault(table.page, []).append(table.data)
    pages = []
    for page in segment.catalogue.pages(ordinal):
        text = segment.read(page.byte_start, page.byte_end)
        of_page = tuple(unpacked(data, len(text)) for data in tables.get(page.number, ()))
        pages.append(Page(page.number, text, page.label, page.blocks, page.note, of_page))
    return Document(
        row.id, row.format, row.sha256, tuple(pages), row.title, dict(row.metadata), row.labels
    )
