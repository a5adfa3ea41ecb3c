"""reStructuredText, Org and AsciiDoc: the source as it is, with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.text import paragraphs
from rag_infer.types import Block, Document, Page

_UNDERLINE = "=-~^\"'`#*+:._"
_RST_HEADING = re.compile(
    rf"^(?P<title>\S[^\n]*)\n(?P<line>([{re.escape(_UNDERLINE)}])\3{{2,}})[^\S\n]*$", re.MULTILINE
)
_HEADINGS = {
    ".org": re.compile(r"^(?P<mark>\*{1,6})[^\S\n]+(?P<title>\S[^\n]*)$", re.MULTILINE),
    ".adoc": re.compile(r"^(?P<mark>={1,6})[^\S\n]+(?P<title>\S[^\n]*)$", re.MULTILINE),
}
_TITLES = {
    ".org": re.compile(r"^#\+title:[^\S\n]*(\S[^\n]*)", re.MULTILINE | re.IGNORECASE),
}


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page, whose text is the file's, letter for letter."""
    text = decode(file.data())
    kind = file.path.suffix.lower()
    blocks: list[Block] = []
    position = 0
    for start, end, level in _headings(text, kind):
        blocks += paragraphs(text, position, start)
        blocks.append(Block(start, end, "heading", level))
        position = end
    blocks += paragraphs(text, position)
    named = _TITLES[kind].search(text) if kind in _TITLES else None
    heading = next((block for block in blocks if block.kind == "heading"), None)
    title = named[1].strip() if named else heading and text[heading.start : heading.end]
    page = Page(1, text, blocks=tuple(blocks))
    yield Document(file.id, "text", file.sha256, (page,), title=title or None)


def _headings(text: str, kind: str) -> Iterator[tuple[int, int, int]]:
    """Where each heading's words begin and end, and its level."""
    if kind == ".rst":
        marks: list[str] = []  # in reStructuredText the order of appearance makes the levels
        for match in _RST_HEADING.finditer(text):
            title, mark = match["title"], match[3]
            if len(match["line"]) + 1 < len(title.rstrip()) or title[0] in _UNDERLINE * 1:
                continue
            if mark not in marks:
                marks.append(mark)
            start = match.start("title")
            yield start, start + len(title.rstrip()), min(6, marks.index(mark) + 1)
        return
    for match in _HEADINGS[kind].finditer(text):
        start, title = match.start("title"), match["title"].rstrip()
        yield start, start + len(title), len(match["mark"])
