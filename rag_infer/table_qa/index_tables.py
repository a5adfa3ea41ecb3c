"""The tables of an index, whatever format they were in, with the span of every cell.

Cells are those of the pages that are indexed, not of files: what was removed cannot be asked, the
user's filter applies, and each cell is an exact slice of a page that can be cited. Documents that
were indexed before grids were stored, and files too large for them, are read from their lines.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath
from threading import Lock

from rag_infer.index.catalog import DocumentRow, PageRow
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Snapshot
from rag_infer.retrieve import Filter
from rag_infer.table_qa.cell_spans import CellSpans
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.table_documents import LINE_FORMATS, table_documents
from rag_infer.table_qa.validity import validity_of
from rag_infer.tables.message import unpacked
from rag_infer.types import CellSpan, Table

_CELL_SEPARATOR = " | "  # as the reader writes cells
_ROW_RANGE = re.compile(r",? ?rows \d+-\d+$")  # of a page's label, after the name of its sheet
MAX_TABLES = 400  # that are asked at once
_MAX_CHARS = 16_000_000  # of the tables that are asked at once; reading them takes seconds
_MAX_CACHED = 64  # documents
_FORMAT_WORDS = {"html": "website web page"}  # what a document of a format is called
_MAX_AROUND = 4000  # characters of a page before a table, and after it

_cache: OrderedDict[tuple[str, int], tuple[QueryTable, ...]] = OrderedDict()
_cache_lock = Lock()


def tables(
    snapshot: Snapshot, filter: Filter, documents: Collection[str] | None = None
) -> list[QueryTable]:
    """The tables that a filter allows, in order of document.

    Args:
        snapshot: The open generation.
        filter: What the user may read.
        documents: Ids of the documents whose tables are wanted; None for all.
    """
    matches: list[QueryTable] = []
    remaining_chars = _MAX_CHARS
    for position, row in sorted(table_documents(snapshot, filter), key=lambda pair: pair[1].id):
        if documents is not None and row.id not in documents:
            continue
        segment = snapshot.segments[position.segment]
        if row.format in LINE_FORMATS and (
            segment.catalogue.text_bytes(position.row) > remaining_chars
        ):
            continue  # its rows are searched, and quoted, as text
        for table in _tables_of(segment, position.row, row):
            if table.size > remaining_chars:
                continue  # a smaller one may fit
            remaining_chars -= table.size
            matches.append(table)
        if len(matches) >= MAX_TABLES:
            break
    return matches


def _tables_of(segment: Segment, ordinal: int, document: DocumentRow) -> tuple[QueryTable, ...]:
    """The tables of a document; those of a segment, which never changes, are remembered."""
    key = (str(segment.folder), ordinal)
    with _cache_lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    matches = tuple(_joined(segment, ordinal, document))
    with _cache_lock:
        _cache[key] = matches
        while len(_cache) > _MAX_CACHED:
            _cache.popitem(last=False)
    return matches


def _joined(segment: Segment, ordinal: int, document: DocumentRow) -> Iterator[QueryTable]:
    """Each table with all of its pieces."""
    stored: dict[int, list[bytes]] = {}
    for row in segment.catalogue.tables(ordinal):
        stored.setdefault(row.page, []).append(row.data)
    pieces: list[tuple[Table, PageRow, str]] = []
    last_label: str | None = None
    for page in segment.catalogue.pages(ordinal):
        text = segment.read(page.byte_start, page.byte_end)
        label = _ROW_RANGE.sub("", page.label or "")
        if page.number in stored:
            page_tables = [_unpacked(data, len(text)) for data in stored[page.number]]
        elif document.format in LINE_FORMATS:
            page_tables = [_from_lines(page, text, continues=bool(pieces) and label == last_label)]
        else:
            continue
        last_label = label
        for table in page_tables:
            if table is None:
                continue
            if pieces and not table.continues:
                yield _query_table(pieces, document)
                pieces = []
            pieces.append((table, page, text))
    if pieces:
        yield _query_table(pieces, document)


def _unpacked(data: bytes, length: int) -> Table | None:
    try:
        return unpacked(data, length)
    except ValueError:
        return None  # verification of the index says what is damaged


def _from_lines(page: PageRow, text: str, *, continues: bool) -> Table | None:
    """The table of a page whose rows stand on lines, the header above each group of them."""
    rows: list[tuple[str, ...]] = []
    spans: list[tuple[CellSpan, ...]] = []
    for block in page.blocks:
        if block.kind != "table":
            continue
        offset = block.start
        for line in text[block.start : block.end].split("\n"):
            cells = line.split(_CELL_SEPARATOR)
            if not rows or tuple(c.strip() for c in cells) != rows[0]:
                places = []
                at = offset
                for cell in cells:
                    start = at + len(cell) - len(cell.lstrip())
                    places.append((start, start + len(cell.strip())) if cell.strip() else (0, 0))
                    at += len(cell) + len(_CELL_SEPARATOR)
                rows.append(tuple(cell.strip() for cell in cells))
                spans.append(tuple(places))
            offset += len(line) + 1
    width = max(map(len, rows), default=0)
    if not rows:
        return None
    empty: CellSpan = (0, 0)
    return Table(
        tuple(row + ("",) * (width - len(row)) for row in rows),
        tuple(row + (empty,) * (width - len(row)) for row in spans),
        1,
        continues=continues,
        name=_ROW_RANGE.sub("", page.label or ""),
    )


def _query_table(pieces: Sequence[tuple[Table, PageRow, str]], document: DocumentRow) -> QueryTable:
    first = pieces[0][0]
    cells: list[tuple[str, ...]] = []
    spans: list[CellSpans] = []
    width = max(len(table.cells[0]) for table, _, _ in pieces)
    for number, (table, page, text) in enumerate(pieces):
        skip = 0 if number == 0 else table.header_rows
        for row, places in zip(table.cells[skip:], table.spans[skip:], strict=True):
            cells.append(row + ("",) * (width - len(row)))
            spans.append(CellSpans(document.id, page.number, text, places, width))
    stem = PurePosixPath(document.id.split("#", 1)[0]).stem
    words = re.sub(r"[\W_]+", " ", stem)
    title = document.title or ""
    heading = _heading_above(pieces[0])
    return query_table(
        cells,
        first.header_rows,
        name=" ".join(dict.fromkeys(filter(None, (stem, first.name)))),
        document=document.id,
        context=" ".join(
            filter(None, (title, words, first.name, heading, _FORMAT_WORDS.get(document.format)))
        ),
        caption=first.caption,
        spans=spans,
        validity=validity_of(first.name, first.caption),
        surroundings="" if document.format in LINE_FORMATS else _around(pieces[0]),
    )


def _around(piece: tuple[Table, PageRow, str]) -> str:
    """The text of a page without its table."""
    table, _, text = piece
    places = [span for row in table.spans for span in row if span[1]]
    start, end = min((a for a, _ in places), default=0), max((b for _, b in places), default=0)
    return f"{text[max(0, start - _MAX_AROUND) : start]} {text[end : end + _MAX_AROUND]}"


def _heading_above(piece: tuple[Table, PageRow, str]) -> str:
    """The last heading of the page above a table."""
    table, page, text = piece
    start = min((a for row in table.spans for a, b in row if b), default=0)
    above = [b for b in page.blocks if b.kind == "heading" and b.start <= start]
    return text[above[-1].start : above[-1].end] if above else ""
