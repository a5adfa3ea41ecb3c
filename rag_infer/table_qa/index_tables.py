"""The tables of an index: spreadsheets and CSV files, row by row, with the place of every row.

Knows: how the reader writes rows into pages (``read/rows``), and what of them the asker may see.
Does not know: SQL, questions.

Rows are taken from the pages that are indexed, not from files: what was removed cannot be asked,
the asker's filter holds, and each row is an exact slice of a page that can be cited.
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

_FORMATS = ("csv", "sheet")
_SPLIT = " | "  # as the reader writes cells
_STRETCH = re.compile(r",? ?rows \d+-\d+$")  # of a page's label, after the name of its sheet
_MOST_TABLES, _MOST_CHARS = 50, 40_000_000


@dataclass(frozen=True, slots=True)
class IndexTable:
    """A table and where its rows stand. ``odd`` rows have other cells than columns: not in it."""

    table: SqlTable
    spans: tuple[Span, ...]
    odd: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[str, ...]
    span: Span


def any_table(snapshot: Snapshot, chosen: Filter) -> bool:
    """Whether the asker can see any table at all; reads no rows."""
    return any(True for _ in _documents(snapshot, chosen))


def tables(snapshot: Snapshot, chosen: Filter) -> list[IndexTable]:
    """The tables that a filter allows, in order of document; at most 50, of 40 MB of text."""
    named: list[tuple[str, DocumentRow, list[_Row], tuple[str, ...], int]] = []
    room = _MOST_CHARS
    for place, row in sorted(_documents(snapshot, chosen), key=lambda pair: pair[1].id):
        for sheet, header, rows, odd in _sheets(snapshot, place, row):
            size = sum(len(r.span.quote) for r in rows)
            if size > room:
                continue  # a smaller one may fit
            room -= size
            stem = PurePosixPath(row.id.split("#", 1)[0]).stem
            name = f"{stem} {sheet}" if sheet else stem
            named.append((name, row, rows, header, odd))
        if len(named) >= _MOST_TABLES:
            break
    names = distinct([name for name, *_ in named], "table")
    return [
        IndexTable(
            SqlTable(name, row.id, header, [r.cells for r in rows]),
            tuple(r.span for r in rows),
            odd,
        )
        for name, (_, row, rows, header, odd) in zip(names, named, strict=True)
    ]


def _documents(snapshot: Snapshot, chosen: Filter) -> Iterator[tuple[Place, DocumentRow]]:
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_documents(number)
        for ordinal, row in segment.catalogue.of_formats(_FORMATS):
            if live[ordinal] and chosen.allows(row):
                yield Place(number, ordinal), row


def _sheets(
    snapshot: Snapshot, place: Place, document: DocumentRow
) -> Iterator[tuple[str, tuple[str, ...], list[_Row], int]]:
    """Each sheet of a document: its name if it is one of several, columns, rows, odd rows."""
    segment = snapshot.segments[place.segment]
    sheets: dict[str, list[PageRow]] = {}
    for page in segment.catalogue.pages(place.row):
        sheets.setdefault(_STRETCH.sub("", page.label or ""), []).append(page)
    several = len(sheets) > 1
    for sheet, pages in sheets.items():
        header: tuple[str, ...] = ()
        rows: list[_Row] = []
        odd = 0
        for page in pages:
            text = segment.read(page.byte_start, page.byte_end)
            for block in page.blocks:
                if block.kind != "table":
                    continue
                at = block.start
                for line in text[block.start : block.end].split("\n"):
                    cells = tuple(cell.strip() for cell in line.split(_SPLIT))
                    span = Span(document.id, page.number, at, at + len(line), line)
                    at += len(line) + 1
                    if not header:
                        header = cells
                    elif len(cells) > len(header):
                        odd += 1
                    elif cells != header:  # it is repeated above every group of rows
                        rows.append(_Row(cells, span))
        if header and rows:
            yield sheet if several else "", distinct(header), rows, odd
