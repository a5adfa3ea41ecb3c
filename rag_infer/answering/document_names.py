"""The documents that a request names: "the guest guide", "the handbook", "the latest minutes"."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.cite.document_context import document_context
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.engine import Engine
from rag_infer.index.catalog import DocumentRow

_FIRST_LINE_CHARS = 120


def documents_named(engine: Engine, rows: Sequence[DocumentRow], name: str) -> list[DocumentRow]:
    """Those that have all meaningful words of a name in path or title, else in the first line.

    Args:
        engine: The open index.
        rows: The documents to choose from.
        name: As a person calls the document.
    """
    keys = [w.key for w in content(words(name))]
    if not keys:
        return []

    def has_all(text_keys: set[str] | frozenset[str]) -> bool:
        return all(has_key(text_keys, k) for k in keys)

    named = [
        row
        for row in rows
        if any(has_all(document_context(name, row.title, "").keys) for name in row.names)
    ]
    return named or [row for row in rows if has_all(_opening_keys(engine, row))]


def _opening_keys(engine: Engine, row: DocumentRow) -> set[str]:
    page = engine.snapshot.page(row.id, 1)
    first = next((line for line in (page[1] if page else "").splitlines() if line.strip()), "")
    label = document_context(row.id, row.title, "").label
    return {w.key for w in words(f"{label} {first[:_FIRST_LINE_CHARS]}")}
