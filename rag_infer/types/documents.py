"""What is read and retrieved: documents, their pages, chunks of them, hits.

All offsets count Unicode characters of a page's canonical text, half-open ``[start, end)``.
Page numbers count from 1 in the order of the file; a page's *label* is what is printed on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag_infer.types.json_result import JsonResult

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]
LINE_FORMATS = frozenset(("code", "log"))  # whose places are named by their lines
Scalar = str | int | float | bool


def is_line(heading: tuple[str, ...]) -> bool:
    """Whether the innermost heading is the number of a line, ``L12``, as source code has it."""
    return bool(heading) and heading[-1][:1] == "L" and heading[-1][1:].isdecimal()


def source_location(
    document_id: str, format: str, page: str | int | None, heading: tuple[str, ...]
) -> str:
    """Where a person should look: ``report.pdf, p. iv``, ``notes.md, Costs`` or ``tool.py:12``."""
    parts = [document_id]
    if format in LINE_FORMATS and is_line(heading):
        parts = [f"{document_id}:{heading[-1][1:]}"]
        heading = heading[:-1]
    if format == "pdf":
        parts.append(f"p. {page}")
    if heading:
        parts.append(" > ".join(heading))
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Block:
    """A structural piece of a page: ``page.text[start:end]``.

    ``level`` is the depth of a heading (1 is the highest) and 0 for everything else.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0


CellSpan = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page, or the piece of one that goes on over pages.

    Attributes:
        cells: The grid: rows of equal length, the header first. A merged cell stands in every
            place that it covers.
        spans: Where the words of each cell are in the page's text, half-open; ``(0, 0)`` for an
            empty cell. White space apart, they are the cell's text.
        header_rows: The first so many rows name columns.
        header_columns: The first so many columns name rows.
        name: Of its sheet, or its own.
        caption: The line that names the table, or the lines above its header in a spreadsheet.
        notes: Lines below it that explain it.
        continues: It goes on with the last table of the page before; its header is repeated.
    """

    cells: tuple[tuple[str, ...], ...]
    spans: tuple[tuple[CellSpan, ...], ...]
    header_rows: int = 1
    header_columns: int = 0
    name: str = ""
    caption: str = ""
    notes: tuple[str, ...] = ()
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Canonical text of one page, or of a whole file whose format has no pages.

    ``blocks`` are in order and do not overlap; they may leave gaps, and may be empty when a
    reader knows no structure. ``note`` says why a page has no text ("image without a text layer").
    ``tables`` are in order; their words are part of the text.
    """

    number: int
    text: str
    label: str | None = None
    blocks: tuple[Block, ...] = ()
    note: str | None = None
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One source: a file, or a record of a file that holds many.

    ``id`` is stable over re-reads (``folder/report.pdf``, ``data.jsonl#17``) and is what a person
    sees as the source. ``sha256`` is of the bytes that it was read from. ``groups`` name the
    groups that may read it; an empty set means everyone.
    """

    id: str
    format: str
    sha256: str
    pages: tuple[Page, ...]
    title: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chunk:
    """An exact slice of a page: ``page.text[start:end] == text``.

    ``heading`` is the path of headings above it, outermost first. It may be put before the text
    when the chunk is embedded; it is never part of what is cited. ``tokens`` counts what the
    embedder reads for this chunk, its special tokens and the heading path included.
    ``sections`` of a chunk that holds more than one: where each begins, and its path of headings.
    """

    document_id: str
    page_number: int
    start: int
    end: int
    text: str
    heading: tuple[str, ...] = ()
    tokens: int = 0
    sections: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def heading_at(self, position: int) -> tuple[str, ...]:
        """The path of headings above a position of the page that lies in the chunk."""
        heading = self.heading
        for start, path in self.sections:
            if start > position:
                break
            heading = path
        return heading


@dataclass(frozen=True, slots=True)
class Span(JsonResult):
    """Quoted words and their place; ``page.text[start:end] == quote``, letter for letter."""

    document_id: str
    page_number: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Hit(JsonResult):
    """A retrieved chunk with every score that put it where it is.

    ``dense`` is a cosine, ``lexical`` a BM25 score, ``score`` the fused value in [0, 1] that
    ranks it; ``rerank`` is set when a cross-encoder had the last word. None: not computed.
    """

    chunk: Chunk
    score: float
    dense: float | None = None
    lexical: float | None = None
    rerank: float | None = None
    title: str | None = None
    page_label: str | None = None
    format: str = ""

    @property
    def document_id(self) -> str:
        """The document as a person names it."""
        return self.chunk.document_id

    @property
    def location(self) -> str:
        """Where it is, as citations name it: ``report.pdf, p. iv, Costs > Latency``."""
        page = self.page_label or self.chunk.page_number
        return source_location(self.document_id, self.format, page, self.chunk.heading)
