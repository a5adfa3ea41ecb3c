"""What a page is made of: headings, paragraphs, lists, tables, code, and the atoms in them.

Knows: a page's blocks, and how to see paragraphs in a text that came without any.
Does not know: tokens, how large a chunk may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag_infer.sentences import sentences
from rag_infer.types import Block, Page

# How strongly two neighbours are parted, by what lies between them.
SENTENCE, BLOCK, SECTION = 1, 2, 3

_BLANK = re.compile(r"\n[^\S\n]*+\n\s*+|\f")


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece that is not cut while it fits: a sentence, a row, a heading.

    ``parted`` is how strongly it is parted from the atom before it; ``path`` are the headings
    that it stands under, its own included where it is one.
    """

    start: int
    end: int
    parted: int
    path: tuple[str, ...]
    heading: bool = False


def atoms(page: Page, path: tuple[tuple[int, str], ...]) -> tuple[list[Atom], Headings]:
    """The atoms of a page in order, and the headings that stand open at its end.

    ``path`` are the headings open at its beginning, as (level, text), outermost first. The atoms
    leave out nothing but white space.
    """
    found: list[Atom] = []
    names = tuple(name for _, name in path)
    for block in _whole(page):
        piece = page.text[block.start : block.end]
        if block.kind == "heading":
            path = (
                *((lv, name) for lv, name in path if lv < block.level),
                (block.level, _name(piece)),
            )
            names = tuple(name for _, name in path if name)
            spans = [_stripped(piece)]
        elif block.kind in ("table", "code"):
            spans = list(_lines(piece))
        else:
            spans = sentences(piece)
        parted = SECTION if block.kind == "heading" else BLOCK
        for a, b in spans:
            if a < b:
                heading = block.kind == "heading"
                found.append(Atom(block.start + a, block.start + b, parted, names, heading))
                parted = SENTENCE
    return found, path


Headings = tuple[tuple[int, str], ...]


def _whole(page: Page) -> Iterator[Block]:
    """The page's blocks with its gaps filled by paragraphs, so that no text is left out."""
    at = 0
    for block in page.blocks:
        start, end = max(block.start, at), min(block.end, len(page.text))
        if end <= start:
            continue
        yield from _paragraphs(page.text, at, start)
        yield Block(start, end, block.kind, block.level)
        at = end
    yield from _paragraphs(page.text, at, len(page.text))


def _paragraphs(text: str, start: int, end: int) -> Iterator[Block]:
    at = start
    for match in _BLANK.finditer(text, start, end):
        if match.start() > at:
            yield Block(at, match.start(), "paragraph")
        at = match.end()
    if end > at:
        yield Block(at, end, "paragraph")


def _lines(piece: str) -> Iterator[tuple[int, int]]:
    at = 0
    for line in piece.splitlines(keepends=True):
        a, b = _stripped(line)
        yield at + a, at + b
        at += len(line)


def _stripped(piece: str) -> tuple[int, int]:
    bare = piece.strip()
    a = len(piece) - len(piece.lstrip()) if bare else 0
    return a, a + len(bare)


def _name(piece: str) -> str:
    """A heading as it is shown: on one line, without Markdown's hashes."""
    return " ".join(piece.split()).strip("#").strip()
