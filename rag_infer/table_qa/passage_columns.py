"""The header of the table that a passage is a part of: rows without it say little to a model."""

from __future__ import annotations

from rag_infer.index.snapshot import Snapshot
from rag_infer.tables.message import unpacked
from rag_infer.types import Hit

_SEPARATOR = " | "
_MAX_CHARS = 600  # of a header
_MAX_BYTES = 1_000_000  # of a stored table, compressed


def passage_columns(snapshot: Snapshot, hit: Hit) -> str:
    """The names of the columns of a table that a passage begins within; empty where it has them.

    Args:
        snapshot: The open generation.
        hit: A passage.
    """
    place = snapshot.find(hit.document_id)
    if place is None:
        return ""
    catalogue = snapshot.segments[place.segment].catalogue
    stored = [t for t in catalogue.tables(place.row) if t.page == hit.chunk.page_number]
    page = snapshot.page(hit.document_id, hit.chunk.page_number) if stored else None
    for row in stored:
        if page is None or len(row.data) > _MAX_BYTES:
            continue
        try:
            table = unpacked(row.data, len(page[1]))
        except ValueError:
            continue  # the check of the index tells what is damaged
        header, body = table.spans[: table.header_rows], table.spans[table.header_rows :]
        ends = [end for line in header for _, end in line if end]
        places = [span for line in body for span in line if span[1]]
        if not ends or not places or not max(ends) <= hit.chunk.start:
            continue
        if not min(a for a, _ in places) <= hit.chunk.start < max(b for _, b in places):
            continue
        levels = [[line[n].strip() for line in table.cells[: table.header_rows]]
                  for n in range(len(table.cells[0]))]  # fmt: skip
        names = [" ".join(dict.fromkeys(filter(None, column))) for column in levels]
        return _SEPARATOR.join(names)[:_MAX_CHARS]
    return ""
