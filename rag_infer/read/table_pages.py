"""Rows of a table as pages of text: small groups, each under its header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Page

_MAX_GROUP_CHARS = (
    420  # with the header: figures take many tokens, and a group should be read whole
)
_MAX_REPEATED_HEADER_CHARS = 300  # a longer header is not repeated
_MAX_PAGE_CHARS = 200_000
_HEADER_SEARCH_ROWS = 10  # rows


def table_pages(
    rows: Iterable[Sequence[str]], name: str | None = None, first_page: int = 1
) -> Iterator[Page]:
    """Pages of a table; ``name`` is a sheet's, ``first_page`` the number of the first page.

    A page is labelled with the name, or the rows that it holds. Rows above the header are text of
    their own.
    """
    source = _RowLines(rows)
    title_lines, header = _find_header(source)
    number, builder, page_chars, first_row = first_page, PageBuilder(), 0, 1
    if name:
        builder.add("heading", name, 1)
    for line in title_lines:
        builder.add("paragraph", line)
    header_line = f"{header}\n" if header and len(header) <= _MAX_REPEATED_HEADER_CHARS else ""
    if header and not header_line:
        builder.add("table", header)
    group: list[str] = []
    group_chars = len(header_line)
    for line in source:
        if group and group_chars + len(line) > _MAX_GROUP_CHARS:
            builder.add("table", header_line + "\n".join(group))
            page_chars += group_chars
            group, group_chars = [], len(header_line)
            if page_chars > _MAX_PAGE_CHARS:
                yield builder.page(number, _label(name, first_row, source.row - 1))
                number, builder, page_chars, first_row = number + 1, PageBuilder(), 0, source.row
        group.append(line)
        group_chars += len(line) + 1
    if group:
        builder.add("table", header_line + "\n".join(group))
    elif header and header_line and not builder.has("table"):
        builder.add("table", header)
    if number > first_page:
        if group:
            yield builder.page(number, _label(name, first_row, source.row))
    elif source.row and any((group, header, title_lines)):
        yield builder.page(number, name)
    else:
        yield Page(number, "", name, note="no rows in it")


def _label(name: str | None, first_row: int, end: int) -> str:
    rows = f"rows {first_row}-{end}"
    return f"{name}, {rows}" if name else rows


class _RowLines:
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
                yield " | ".join(_without_trailing_blanks(self.cells))


def _without_trailing_blanks(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _find_header(source: _RowLines) -> tuple[list[str], str | None]:
    """The lines above the header, and the header: the first row of several words."""
    title_lines: list[str] = []
    for line in source:
        nonempty = [cell for cell in source.cells if cell]
        if len(nonempty) > 1 or (len(source.cells) == 1 and not title_lines):
            return title_lines, line
        title_lines.append(line)
        if len(title_lines) >= _HEADER_SEARCH_ROWS:
            break
    return title_lines, None
