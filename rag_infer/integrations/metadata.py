"""Metadata of a hit, as every integration hands it to its framework."""

from __future__ import annotations

from typing import Any

from rag_infer.types import Hit


def hit_metadata(hit: Hit) -> dict[str, Any]:
    """The source of a hit: document, page, offsets of the text on it, headings."""
    chunk = hit.chunk
    return {
        "document_id": chunk.document_id,
        "title": hit.title,
        "page_number": chunk.page_number,
        "page_label": hit.page_label,
        "start": chunk.start,
        "end": chunk.end,
        "heading": list(chunk.heading),
        "format": hit.format,
        "location": hit.location,
        "score": hit.score,
    }
