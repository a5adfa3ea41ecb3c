"""Plain text: the file as it is, its paragraphs as blocks.

Knows: blank lines.
Does not know: markup of any kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.types import Block, Document, Page

_BLANK = re.compile(r"\n[^\S\n]*\n\s*|\f\s*")


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter."""
    text = decode(file.data())
    page = Page(1, text, blocks=tuple(paragraphs(text)))
    yield Document(file.id, "text", file.sha256, (page,))


def paragraphs(text: str, start: int = 0, end: int | None = None) -> Iterator[Block]:
    """The paragraphs of ``text[start:end]``: what blank lines part."""
    stop = len(text) if end is None else end
    at = start
    for match in _BLANK.finditer(text, start, stop):
        yield from _stripped(text, at, match.start())
        at = match.end()
    yield from _stripped(text, at, stop)


def _stripped(text: str, start: int, end: int) -> Iterator[Block]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Block(start, end, "paragraph")
