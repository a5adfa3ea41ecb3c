"""Source code: the file as it is; each definition is a section, headed by its first line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.read.code_symbols import symbols
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.types import Block, BlockKind, Document, Page

_MIN_BLOCK_CHARS = 400  # characters: neighbors smaller than that share a block
# Something new without a definition: what stands at the margin after a blank line.
_TOP_LEVEL_START = re.compile(r"\n[^\S\n]*\n(?=[^\s})\];])")


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter."""
    text = decode(file.data())
    extension = file.path.suffix.lower()
    yield Document(
        file.id,
        "code",
        file.sha256,
        (Page(1, text, blocks=tuple(_blocks(text, extension))),),
        metadata={"language": extension.lstrip(".")},
    )


def _blocks(text: str, extension: str) -> Iterator[Block]:
    at = 0
    for symbol in symbols(text, extension):
        if symbol.start < at:
            continue
        yield from _code(text, at, symbol.start)
        yield from _stripped(text, symbol.start, symbol.end, "heading", symbol.level)
        at = symbol.end
    yield from _code(text, at, len(text))


def _code(text: str, start: int, end: int) -> Iterator[Block]:
    """The code between two definitions, cut where something new begins."""
    block_start = start
    for match in _TOP_LEVEL_START.finditer(text, start, end):
        if match.end() - block_start >= _MIN_BLOCK_CHARS:
            yield from _stripped(text, block_start, match.end(), "code")
            block_start = match.end()
    yield from _stripped(text, block_start, end, "code")


def _stripped(text: str, start: int, end: int, kind: BlockKind, level: int = 0) -> Iterator[Block]:
    piece = text[start:end]
    if bare := piece.strip():
        start += piece.index(bare[0])
        yield Block(start, start + len(bare), kind, level)
