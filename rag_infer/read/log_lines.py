"""Logs: the file as it is, its entries by line, cited like source code: ``server.log:1204``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.sentences import LOG_TIME
from rag_infer.types import Block, Document, Page, Scalar

_BLOCK_LINES = 100
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_TIME = re.compile(rf"^{LOG_TIME}", re.MULTILINE)


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter.

    Its metadata are the times of the first and the last entry, as they are written.
    """
    text = decode(file.data())
    metadata: dict[str, Scalar] = {}
    if first := _TIME.search(text):
        last = max(_TIME.finditer(text, max(first.start(), len(text) - 20_000)), default=first,
                   key=re.Match.start)  # fmt: skip
        metadata = {"from": first[0].strip("[] "), "until": last[0].strip("[] ")}
    page = Page(1, text, blocks=tuple(_blocks(text)))
    yield Document(file.id, "log", file.sha256, (page,), metadata=metadata)


def _blocks(text: str) -> Iterator[Block]:
    """Groups of lines; an entry of several lines, such as a stack trace, is not parted."""
    start = lines = 0
    for match in _LINE.finditer(text):
        begins = _TIME.match(match[0]) is not None or not match[0][:1].isspace()
        if lines >= _BLOCK_LINES and begins:
            yield from _block(text, start, match.start())
            start, lines = match.start(), 0
        lines += 1
    yield from _block(text, start, len(text))


def _block(text: str, start: int, end: int) -> Iterator[Block]:
    piece = text[start:end]
    if bare := piece.strip():
        start += piece.index(bare[0])
        yield Block(start, start + len(bare), "code")
