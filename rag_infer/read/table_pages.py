"""Rows of a table as pages of text: small groups, each under its header.

Knows: what a header looks like, and how long a group may be to be found and read on its own.
Does not know: files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Page

_GROUP_CHARS = 420  # with the header: figures take many tokens, and a group should be read whole
_HEADER_CHARS = 300  # a longer header is not repeated
_PAGE_CHARS = 200_000
_LOOK_FOR_HEADER = 10  # rows


def pages(rows: Iterable[Sequence[str]], name: str | None = None, first: int = 1) -> Iterator[Page]:
    """Pages of a table; ``name`` is a sheet's, ``first`` the number of the first page.

    A page is labelled with the name, or the rows that it holds. Rows above the header are text of
    their own.
    """
    source = _Counted(rows)
    above, header = _header(source)
    number, builder, size, start = first, PageBuilder(), 0, 1
    if name:
        builder.add("heading", name, 1)
    for line in above:
        builder.add("paragraph", line)
    head = f"{header}\n" if header and len(header) <= _HEADER_CHARS else ""
    if header and not head:
        builder.add("table", header)
    group: list[str] = []
    held = len(head)
    for line in source:
        if group and held + len(line) > _GROUP_CHARS:
            builder.add("table", head + "\n".join(group))
            size += held
            group, held = [], len(head)
            if size > _PAGE_CHARS:
                yield builder.page(number, _label(name, start, source.row - 1))
                number, builder, size, start = number + 1, PageBuilder(), 0, source.row
        group.append(line)
        held += len(line) + 1
    if group:
        builder.add("table", head + "\n".join(group))
    elif header and head and not builder.has("table"):
        builder.add("table", header)
    if number > first:
        if group:
            yield builder.page(number, _label(name, start, source.row))
    elif source.row and any((group, header, above)):
        yield builder.page(number, name)
    else:
        yield Page(number, "", name, note="no rows in it")


def _label(name: str | None, start: int, end: int) -> str:
    rows = f"rows {start}-{end}"
    return f"{name}, {rows}" if name else rows


class _Counted:
    """Rows as lines, empty ones left out, with the number of the last one read."""

    def __init__(self, rows: Iterable[Sequence[str]]) -> None:
        self._rows = iter(rows)
        self.row = 0
        self.cells: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for cells in self._rows:
            self.row += 1
            self.cells = [" ".join(cell.split()) for cell in cells]
            if any(self.cells):
                yield " | ".join(_trimmed(self.cells))


def _trimmed(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _header(source: _Counted) -> tuple[list[str], str | None]:
    """The lines above the header, and the header: the first row of several words."""
    above: list[str] = []
    for line in source:
        filled = [cell for cell in source.cells if cell]
        if len(filled) > 1 or (len(source.cells) == 1 and not above):
            return above, line
        above.append(line)
        if len(above) >= _LOOK_FOR_HEADER:
            break
    return above, None
