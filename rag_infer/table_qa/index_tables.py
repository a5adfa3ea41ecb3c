"""The tables of an index: spreadsheets and CSV files, row by row, with the span of every row.

Rows are taken from the pages that are indexed, not from files: what was removed cannot be asked,
the user's filter applies, and each row is an exact slice of a page that can be cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag_infer.index.catalog import DocumentRow, PageRow
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.retrieve import Filter
from rag_infer.tools.sql_client import SqlTable, distinct
from rag_infer.types import Span

_TABLE_FORMATS = ("csv", "sheet")
_CELL_SEPARATOR = " | "  # as the reader writes cells
_ROW_RANGE = re.compile(r",? ?rows \d+-\d+$")  # of a page's label, after the name of its sheet
_MAX_TABLES, _MAX_CHARS = 50, 40_000_000


@dataclass(frozen=True, slots=True)
class IndexTable:
    """A table with the span of each row; ``skipped_rows`` had more cells than columns."""

    table: SqlTable
    spans: tuple[Span, ...]
    skipped_rows: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[str, ...]
    span: Span


def any_table(snapshot: Snapshot, filter: Filter) -> bool:
    """Whether the filter allows any table at all; reads no rows."""
    return any(True for _ in _documents(snapshot, filter))


def tables(snapshot: Snapshot, filter: Filter) -> list[IndexTable]:
    """The tables that a filter allows, in order of document; at most 50, of 40 MB of text."""
    parts: list[tuple[str, DocumentRow, list[_Row], tuple[str, ...], int]] = []
    remaining_chars = _MAX_CHARS
    for place, row in sorted(_documents(snapshot, filter), key=lambda pair: pair[1].id):
        for sheet, header, rows, skipped_rows in _sheets(snapshot, place, row):
            size = sum(len(r.span.quote) for r in rows)
            if size > remaining_chars:
                continue  # a smaller one may fit
            remaining_chars -= size
            stem = PurePosixPath(row.id.split("#", 1)[0]).stem
            name = f"{stem} {sheet}" if sheet else stem
            parts.append((name, row, rows, header, skipped_rows))
        if len(parts) >= _MAX_TABLES:
            break
    names = distinct([name for name, *_ in parts], "table")
    return [
        IndexTable(
            SqlTable(name, row.id, header, [r.cells for r in rows]),
            tuple(r.span for r in rows),
            skipped_rows,
        )
        for name, (_, row, rows, header, skipped_rows) in zip(names, parts, strict=True)
    ]


def _documents(snapshot: Snapshot, filter: Filter) -> Iterator[tuple[Place, DocumentRow]]:
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_documents(number)
        for ordinal, row in segment.catalogue.of_formats(_TABLE_FORMATS):
            if live[ordinal] and filter.allows(row):
                yield Place(number, ordinal), row


def _sheets(
    snapshot: Snapshot, place: Place, document: DocumentRow
) -> Iterator[tuple[str, tuple[str, ...], list[_Row], int]]:
    """Each sheet of a document: its name if it is one of several, columns, rows, skipped rows."""
    segment = snapshot.segments[place.segment]
    sheets: dict[str, list[PageRow]] = {}
    for page in segment.catalogue.pages(place.row):
        sheets.setdefault(_ROW_RANGE.sub("", page.label or ""), []).append(page)
    several = len(sheets) > 1
    for sheet, pages in sheets.items():
        header: tuple[str, ...] = ()
        rows: list[_Row] = []
        skipped_rows = 0
        for page in pages:
            text = segment.read(page.byte_start, page.byte_end)
            for block in page.blocks:
                if block.kind != "table":
                    continue
                offset = block.start
                for line in text[block.start : block.end].split("\n"):
                    cells = tuple(cell.strip() for cell in line.split(_CELL_SEPARATOR))
                    span = Span(document.id, page.number, offset, offset + len(line), line)
                    offset += len(line) + 1
                    if not header:
                        header = cells
                    elif len(cells) > len(header):
                        skipped_rows += 1
                    elif cells != header:  # it is repeated above every group of rows
                        rows.append(_Row(cells, span))
        if header and rows:
            yield sheet if several else "", distinct(header), rows, skipped_rows
