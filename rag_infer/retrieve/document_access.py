"""Documents, pages and original files as far as a user's filter allows them to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.roots import path_of
from rag_infer.index.snapshot import Snapshot
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import allows_in
from rag_infer.tables.message import unpacked
from rag_infer.types import Block, Table


@dataclass(frozen=True, slots=True)
class PageView:
    """A page's canonical text and its structure. ``pages`` is how many the document has."""

    document: str
    title: str | None
    format: str
    number: int
    pages: int
    label: str | None
    text: str
    blocks: tuple[Block, ...] = ()
    tables: tuple[Table, ...] = ()


def document(snapshot: Snapshot, name: str, filter: Filter) -> DocumentRow:
    """One document. Raises InputError when there is none that the filter allows."""
    location = snapshot.find(name)
    if location is not None:
        row = snapshot.segments[location.segment].catalogue.document(location.row)
        if allows_in(filter, snapshot, location, row):
            return row
    raise InputError("not in the index", where=name)


def page(snapshot: Snapshot, name: str, number: int, filter: Filter) -> PageView:
    """A page's text. Raises InputError when the document or the page is not there to see."""
    row = document(snapshot, name, filter)
    location = snapshot.find(name)
    stored = snapshot.page(name, number)
    if stored is None or location is None:
        raise InputError(f"there is no page {number}", where=name)
    page_row, text = stored
    catalogue = snapshot.segments[location.segment].catalogue
    pages = catalogue.page_count(location.row)
    stored_tables = [t.data for t in catalogue.tables(location.row) if t.page == number]
    return PageView(
        row.id, row.title, row.format, number, pages, page_row.label, text, page_row.blocks,
        tuple(_tables(stored_tables, len(text))),
    )  # fmt: skip


def _tables(stored: Iterable[bytes], length: int) -> Iterator[Table]:
    for data in stored:
        with suppress(ValueError):  # verification of the index says what is damaged
            yield unpacked(data, length)


def original(snapshot: Snapshot, index_path: Path, row: DocumentRow) -> Path | None:
    """The file of a document, or a copy of it, that lies where it lay; None where none does."""
    roots = snapshot.manifest.roots
    paths = (path_of(named.file, index_path, roots) for named in row.by_names())
    return next((path for path in paths if path is not None and path.is_file()), None)
