"""Markdown: the source as it is, with the structure that its markup means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag_infer.read.encoding import decode
from rag_infer.read.front_matter import front_matter, with_tags
from rag_infer.read.markdown_comments import without_comments
from rag_infer.read.models import OpenedFile
from rag_infer.tables.header import header_columns_of
from rag_infer.types import Block, BlockKind, CellSpan, Document, Page, Table

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE_END = re.compile(r"\r\n|\n|\r")

_CELL = re.compile(r"(?:\\.|[^|\\])*")
_WIKI_LINK = re.compile(r"!?\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]")
_BLOCK_ID = re.compile(r"[ \t]+\^[A-Za-z0-9-]+[ \t]*$")
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(\S(?:.*?\S)?)\1")
_MAX_CAPTION_CHARS = 200

_KINDS: dict[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "paragraph",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "html_block": "paragraph",
    "heading_open": "heading",
}


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter, but for comments and
    struck-out words.

    Its metadata are the properties of the front matter and the tags (Obsidian, Jekyll, Hugo).
    """
    text = decode(file.data())
    properties, body = front_matter(text)
    page_blocks = blocks(text, body)
    note = None
    if "%%" in text or "<!--" in text or "~~" in text:
        text, note = without_comments(text, page_blocks)
        page_blocks = blocks(text, body)
    prose = (text[b.start : b.end] for b in page_blocks if b.kind != "code")
    metadata = with_tags(properties, prose)
    page = Page(1, text, blocks=page_blocks, tables=tables_of(text, page_blocks), note=note)
    title = metadata.get("title")
    yield Document(
        file.id,
        "markdown",
        file.sha256,
        (page,),
        title=str(title) if title else _first_heading(page),
        metadata=metadata,
    )


def blocks(text: str, start: int = 0) -> tuple[Block, ...]:
    """The top-level blocks of a Markdown text from ``start`` on."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("inline")
    body = text[start:]
    # The parser counts lines after it has made every line end a line feed.
    starts = [0, *(match.end() for match in _LINE_END.finditer(body)), len(body)]
    blocks_found: list[Block] = []
    for token in _outermost(parser.parse(body)):
        if token.map is None or token.type not in _KINDS:
            continue
        first, last = token.map
        a, b = start + starts[first], start + starts[min(last, len(starts) - 1)]
        piece = text[a:b]
        a, b = a + len(piece) - len(piece.lstrip()), a + len(piece.rstrip())
        if a >= b or (blocks_found and a < blocks_found[-1].end):
            continue
        level = int(token.tag[1]) if token.type == "heading_open" else 0
        blocks_found.append(Block(a, b, _KINDS[token.type], level))
    return tuple(blocks_found)


def tables_of(text: str, page_blocks: Sequence[Block]) -> tuple[Table, ...]:
    """The tables among the blocks of a Markdown text; each stands under one line of header."""
    tables: list[Table] = []
    before: Block | None = None
    for block in page_blocks:
        if block.kind == "table":
            rows = table_rows(text, block.start, block.end)
            caption = ""
            if before is not None and before.kind in ("paragraph", "heading"):
                line = text[before.start : before.end].strip("#*_ \t\n")
                caption = line if len(line) <= _MAX_CAPTION_CHARS and "\n" not in line else ""
            if len(rows) > 1:
                cells = tuple(tuple(cell for cell, _ in row) for row in rows)
                spans = tuple(tuple(span for _, span in row) for row in rows)
                is_headed = any(cells[0])
                columns = header_columns_of(cells, 1)
                if not is_headed:
                    cells, spans = cells[1:], spans[1:]
                tables.append(Table(cells, spans, int(is_headed), columns, caption=caption))
        before = block
    return tuple(tables)


def table_rows(text: str, start: int, end: int) -> list[list[tuple[str, CellSpan]]]:
    """The cells of a Markdown table, without its line of dashes, and where each stands."""
    rows: list[list[tuple[str, CellSpan]]] = []
    offset = start
    for number, line in enumerate(text[start:end].splitlines(keepends=True)):
        body = line.rstrip()
        first = len(body) - len(body.lstrip())
        if body[first : first + 1] == "|":
            first += 1
        if body.endswith("|") and not body.endswith("\\|"):
            body = body[:-1]
        row: list[tuple[str, CellSpan]] = []
        at = min(first, len(body))
        while at <= len(body):
            match = _CELL.match(body, at)
            assert match is not None  # it matches nothing, too
            cell = match[0].strip()
            position = offset + at + len(match[0]) - len(match[0].lstrip())
            row.append((_plain(cell), (position, position + len(cell)) if cell else (0, 0)))
            at = match.end() + 1
        offset += len(line)
        if number == 1:
            continue  # the line of dashes
        if rows:
            row = (row + [("", (0, 0))] * len(rows[0]))[: len(rows[0])]
        rows.append(row)
    return rows


def _plain(cell: str) -> str:
    """A cell as it is shown, without marks of emphasis, code and links."""
    visible = _WIKI_LINK.sub(r"\1", cell.replace("\\|", "|").replace("<br>", " "))
    visible = _LINK.sub(r"\1", visible)
    return " ".join(_EMPHASIS.sub(r"\2", visible).split())


def _outermost(tokens: Sequence[Token]) -> Iterator[Token]:
    return (token for token in tokens if token.level == 0 and token.nesting >= 0)


def _first_heading(page: Page) -> str | None:
    for block in page.blocks:
        if block.kind == "heading":
            line = page.text[block.start : block.end].splitlines()[0]
            return _plain(_BLOCK_ID.sub("", line.strip("# \t"))) or None
    return None
