"""Counts and sizes of an index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from rag_infer.engine import Engine
from rag_infer.types import JsonResult


@dataclass(frozen=True, slots=True)
class Status(JsonResult):
    """Counts and sizes of an index.

    ``bytes`` is its size on disk, ``silent_pages`` are pages without text. ``languages`` counts
    chunks by code; ``unknown_languages`` are those that the embedder does not know. ``source`` is
    the bucket of which ``path`` is a copy, ``unreachable_since`` when it stopped to answer (seconds
    since 1970).
    ``chunk_tokens`` is the size of chunks that was set; None: that of the package.
    """

    path: str
    generation: int
    created: str
    embedder: str
    dimension: int
    documents: int
    pages: int
    silent_pages: int
    chunks: int
    chunk_tokens: int | None
    segments: int
    bytes: int
    formats: dict[str, int]
    languages: dict[str, int]
    unknown_languages: tuple[str, ...]
    roots: tuple[str, ...]
    source: str | None = None
    unreachable_since: float | None = None


def index_status(engine: Engine) -> Status:
    """Counts and sizes; reads the catalog, not the vectors.

    Raises:
        IndexNotFoundError: Nothing was added yet.
    """
    snapshot = engine.snapshot
    manifest = snapshot.manifest
    formats: Counter[str] = Counter()
    pages = silent_pages = 0
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_documents(number)
        columns = segment.columns
        counts = np.bincount(columns.format_numbers[live], minlength=len(columns.formats))
        formats.update(dict(zip(columns.formats, counts.tolist(), strict=True)))
        for document, page_count, note_count in segment.catalogue.page_counts():
            if live[document]:
                pages += page_count
                silent_pages += note_count
    return Status(
        path=str(engine.path),
        generation=manifest.generation,
        created=manifest.created,
        embedder=manifest.embedder.name,
        dimension=manifest.embedder.dimension,
        documents=manifest.documents,
        pages=pages,
        silent_pages=silent_pages,
        chunks=snapshot.chunk_count(),
        chunk_tokens=manifest.chunk_tokens,
        segments=len(snapshot.segments),
        bytes=sum(f.stat().st_size for f in engine.path.rglob("*") if f.is_file()),
        formats={k: v for k, v in sorted(formats.items()) if v},
        languages=snapshot.languages(),
        unknown_languages=tuple(engine.unknown_languages()),
        roots=tuple(sorted(manifest.roots)),
    )
