"""A page put together from blocks, so that each block knows its place in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.read.encoding import UNWANTED
from rag_infer.tables.header import header_columns_of, header_rows_of
from rag_infer.tables.layout import TableRow
from rag_infer.types import Block, BlockKind, CellSpan, Page, Table

CELL_SEPARATOR = " | "
# With the header: figures take many tokens, and a group of rows should be read whole.
_MAX_GROUP_CHARS = 420
_MAX_REPEATED_HEADER_CHARS = 300  # a longer header is not repeated
_MAX_CAPTION_CHARS = 200
_Row = tuple[tuple[str, ...], tuple[CellSpan, ...]]


@dataclass(slots=True)
class PendingTable:
    """A table whose rows are still being added."""

    header_rows: int
    header: list[TableRow]
    name: str
    caption: str
    rows: list[_Row]
    continues: bool = False
    notes: tuple[str, ...] = ()
    is_started: bool = False


class PageBuilder:
    """Takes blocks in order; gives the page whose text they make up."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._tables: list[PendingTable] = []
        self._length = 0

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Adds a block; one without visible text is left out. A heading stands on one line."""
        text = UNWANTED.sub("", text).replace("\r\n", "\n").strip("\n")
        text = text.strip() if kind != "code" else text.rstrip()
        if kind == "heading":
            text = " ".join(text.split())
        if text.strip():
            self._append(kind, text, level)

    def _append(self, kind: BlockKind, text: str, level: int = 0) -> int:
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._blocks.append(Block(start, start + len(text), kind, level))
        self._length += len(text)
        return start

    def add_table(
        self,
        rows: Sequence[TableRow],
        header_rows: int | None = None,
        *,
        name: str = "",
        caption: str = "",
    ) -> None:
        """Adds a table in groups of rows, each under its header; empty rows are left out.

        Args:
            rows: Its grid. The header comes first.
            header_rows: How many rows name columns; None where nobody knows.
            name: Its own name, or its sheet's.
            caption: What names it; the paragraph right above it, if that is short, where empty.
        """
        texts = [row for row in map(clean_row, rows) if any(row.texts)]
        if not texts:
            return
        if header_rows is None or not 0 <= header_rows < len(texts):
            header_rows = header_rows_of([row.texts for row in texts[:100]])
        self.open_table(texts[:header_rows], name, caption or self.last_line())
        self.add_rows(texts[header_rows:])

    def open_table(
        self, header: Sequence[TableRow], name: str, caption: str, *, continues: bool = False
    ) -> None:
        """Begins a table; ``add_rows`` adds to it."""
        self._tables.append(PendingTable(len(header), list(header), name, caption, [], continues))

    def add_rows(self, rows: Sequence[TableRow], *, stored: bool = True) -> None:
        """Adds rows to the table opened last; ``stored``: the grid holds them too."""
        table = self._tables[-1]
        header_chars = sum(len(_line(row)[0]) + 1 for row in table.header)
        group: list[TableRow] = []
        group_chars, first = 0, not table.is_started
        for row in rows:
            size = len(_line(row)[0]) + 1
            repeats = first or header_chars <= _MAX_REPEATED_HEADER_CHARS
            if group and group_chars + size + header_chars * repeats > _MAX_GROUP_CHARS:
                self._add_group(table, group, first, repeats, stored)
                group, group_chars, first = [], 0, False
            group.append(row)
            group_chars += size
        if group or first:
            repeats = first or header_chars <= _MAX_REPEATED_HEADER_CHARS
            self._add_group(table, group, first, repeats, stored)

    def _add_group(
        self, table: PendingTable, rows: list[TableRow], first: bool, header: bool, stored: bool
    ) -> None:
        visible_rows = [*(table.header if header else ()), *rows]
        if not visible_rows:
            return
        table.is_started = True
        lines = [_line(row) for row in visible_rows]
        text = "\n".join(line for line, _ in lines)
        lead = len(text) - len(text.lstrip())
        start = self._append("table", text.strip()) - lead
        for number, (row, (line, spans)) in enumerate(zip(visible_rows, lines, strict=True)):
            is_header = header and number < len(table.header)
            if stored and (first or not is_header):
                placed = tuple((a + start, b + start) if b else (0, 0) for a, b in spans)
                table.rows.append((tuple(row.texts), placed))
            start += len(line) + 1

    def add_note(self, text: str) -> None:
        """Adds a line below a table that explains it."""
        self.add("paragraph", text)
        if self._tables:
            self._tables[-1].notes += (" ".join(text.split()),)

    def extend(self, page: Page) -> None:
        """Adds the blocks of another page, and its tables."""
        shifts: list[tuple[int, int, int]] = []
        for block in page.blocks:
            start = self._append(block.kind, page.text[block.start : block.end], block.level)
            shifts.append((block.start, block.end, start - block.start))
        for table in page.tables:
            rows = [
                (texts, tuple(_shifted(span, shifts) for span in spans))
                for texts, spans in zip(table.cells, table.spans, strict=True)
            ]
            self._tables.append(
                PendingTable(
                    table.header_rows, [], table.name, table.caption, rows, notes=table.notes
                )
            )

    def last_line(self) -> str:
        """The block before, if it is short enough to be what names a table below it."""
        if not self._blocks or self._blocks[-1].kind not in ("paragraph", "heading"):
            return ""
        text = self._parts[-1]
        return text if len(text) <= _MAX_CAPTION_CHARS and "\n" not in text else ""

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def has(self, kind: BlockKind) -> bool:
        """Whether there is a block of that kind."""
        return any(block.kind == kind for block in self._blocks)

    def first(self, kind: BlockKind) -> str | None:
        """The text of the first block of that kind."""
        for block, text in zip(self._blocks, self._parts[::2], strict=True):
            if block.kind == kind:
                return text
        return None

    def page(self, number: int = 1, label: str | None = None, note: str | None = None) -> Page:
        """The page so far."""
        tables = tuple(_finished(table) for table in self._tables if table.rows)
        return Page(number, "".join(self._parts), label, tuple(self._blocks), note, tables)


def clean_row(row: TableRow) -> TableRow:
    """A row whose cells stand on one line each, without characters that are not shown."""
    return TableRow([" ".join(UNWANTED.sub("", t).split()) for t in row.texts], row.repeated)


def _line(row: TableRow) -> tuple[str, tuple[CellSpan, ...]]:
    """A row as a line of text, and where its cells are on it."""
    width = len(row.texts)
    while width and (not row.texts[width - 1] or width - 1 in row.repeated):
        width -= 1
    parts: list[str] = []
    spans: list[CellSpan] = []
    position = 0
    for column, text in enumerate(row.texts):
        if column in row.repeated:
            spans.append(spans[-1] if spans else (0, 0))
        else:
            spans.append((position, position + len(text)) if text else (0, 0))
        if column < width:
            parts.append("" if column in row.repeated else text)
            position += len(parts[-1]) + len(CELL_SEPARATOR)
    return CELL_SEPARATOR.join(parts), tuple(spans)


def _shifted(span: CellSpan, shifts: Sequence[tuple[int, int, int]]) -> CellSpan:
    for start, end, shift in shifts:
        if start <= span[0] and span[1] <= end:
            return span[0] + shift, span[1] + shift
    return 0, 0


def _finished(table: PendingTable) -> Table:
    width = max(len(texts) for texts, _ in table.rows)
    cells = tuple(texts + ("",) * (width - len(texts)) for texts, _ in table.rows)
    spans = tuple(places + ((0, 0),) * (width - len(places)) for _, places in table.rows)
    columns = header_columns_of(cells, table.header_rows)
    return Table(
        cells, spans, table.header_rows, columns, table.name, table.caption, table.notes,
        table.continues,
    )  # fmt: skip
