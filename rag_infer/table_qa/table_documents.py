"""Which documents of an index have tables: asked before anything about tables is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import allows_in

MAX_DOCUMENTS = 50  # whose tables are all read; of more, only those of documents on the subject
LINE_FORMATS = ("csv", "sheet")  # whose pages are rows of a table, a line each


def any_table(snapshot: Snapshot, filter: Filter) -> bool:
    """Whether the filter allows any table at all; reads no cells."""
    return any(True for _ in table_documents(snapshot, filter))


def count_documents(snapshot: Snapshot, filter: Filter) -> int:
    """How many documents with tables a filter allows."""
    return sum(1 for _ in table_documents(snapshot, filter))


def table_documents(snapshot: Snapshot, filter: Filter) -> Iterator[tuple[Place, DocumentRow]]:
    """The documents with tables that a filter allows, with their places."""
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_documents(number)
        with_tables = segment.catalogue.with_tables()
        ordinals = with_tables | {o for o, _ in segment.catalogue.of_formats(LINE_FORMATS)}
        for ordinal in sorted(ordinals):
            if live[ordinal]:
                row = segment.catalogue.document(ordinal)
                place = Place(number, ordinal)
                if allows_in(filter, snapshot, place, row):
                    yield place, row
