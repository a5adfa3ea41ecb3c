"""Markdown: the source as it is, with the structure that its markup means.

Knows: CommonMark blocks and tables, YAML front matter.
Does not know: inline markup; a quote shows the source as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.types import Block, BlockKind, Document, Page, Scalar

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z_][\w .-]*?)[ \t]*:[ \t]+(\S.*)")
_LINE_END = re.compile(r"\r\n|\n|\r")

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
    """One document with one page, whose text is the file's, letter for letter."""
    text = decode(file.data())
    metadata, body = front_matter(text)
    page = Page(1, text, blocks=blocks(text, body))
    title = metadata.get("title")
    yield Document(
        file.id,
        "markdown",
        file.sha256,
        (page,),
        title=str(title) if title else _first_heading(page),
        metadata=metadata,
    )


def front_matter(text: str) -> tuple[dict[str, Scalar], int]:
    """The simple fields of YAML front matter, and where the text after it begins."""
    match = _FRONT.match(text)
    if match is None:
        return {}, 0
    metadata: dict[str, Scalar] = {}
    for line in match[1].splitlines():
        if field := _FIELD.fullmatch(line.strip()):
            metadata[field[1].lower()] = field[2].strip().strip("\"'")
    return metadata, match.end()


def blocks(text: str, start: int = 0) -> tuple[Block, ...]:
    """The top-level blocks of a Markdown text from ``start`` on."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("inline")
    body = text[start:]
    # The parser counts lines after it has made every line end a line feed.
    starts = [0, *(match.end() for match in _LINE_END.finditer(body)), len(body)]
    found: list[Block] = []
    for token in _outermost(parser.parse(body)):
        if token.map is None or token.type not in _KINDS:
            continue
        first, last = token.map
        a, b = start + starts[first], start + starts[min(last, len(starts) - 1)]
        piece = text[a:b]
        a, b = a + len(piece) - len(piece.lstrip()), a + len(piece.rstrip())
        if a >= b or (found and a < found[-1].end):
            continue
        level = int(token.tag[1]) if token.type == "heading_open" else 0
        found.append(Block(a, b, _KINDS[token.type], level))
    return tuple(found)


def _outermost(tokens: Sequence[Token]) -> Iterator[Token]:
    return (token for token in tokens if token.level == 0 and token.nesting >= 0)


def _first_heading(page: Page) -> str | None:
    for block in page.blocks:
        if block.kind == "heading":
            line = page.text[block.start : block.end].splitlines()[0]
            return line.strip("# \t") or None
    return None
