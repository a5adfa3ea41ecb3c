"""What a page is made of: headings, paragraphs, lists, tables, code, and the atoms in them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag_infer.sentences import LONG_LINE, ends_paragraph, sentences
from rag_infer.types import Block, Page

# How strongly two neighbours are parted, by what lies between them.
SENTENCE, BLOCK, SECTION = 1, 2, 3

_LINE_FEED = re.compile(r"\r\n|\n|\r")
_BREAK = re.compile(r"\n[^\S\n]*+\n\s*+|\f|(?P<line>\n)")
# Markdown, AsciiDoc and wiki headings: "## Costs", "== Costs ==".
_MARKUP_HEADING = re.compile(r"[^\S\n]*+(#{1,6}|=(?:[^\S\n]?=){0,5})[^\S\n]++[^\s#=]")
# Of notes with links (Obsidian): "[[Note|as shown]]", and the name of a block, "^a1b2".
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]")
_BLOCK_ID = re.compile(r"[^\S\n]+\^[A-Za-z0-9-]+$")
_HEADING_START = re.compile(r"[A-ZÀ-ÖØ-Þ]|\d|[^\x00-\u024f]")
# "7.2 Deposit", "Section 4": a number that a heading has and a short line of prose has not.
_CLAUSE_HEADING = re.compile(
    r"\s*(?:\d{1,3}(?:\.\d{1,3})+\.?|(?:§|Section|Article|Clause|Artikel|Abschnitt)\s?\d+\w*)"
    r"(?:\s+[A-ZÀ-ÖØ-Þ]|\s*\Z)"
)
_MIN_CLAUSE_CHARS = 30  # of the text under such a heading
_MAX_HEADING_CHARS = 90
_MAX_SYMBOL_CHARS = 100  # of the line that defines something in source code
_GUESSED_LEVEL = 4  # below whatever markup says

Headings = tuple[tuple[int, str], ...]  # (level, text), outermost first


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece that is not cut while it fits: a sentence, a row, a heading.

    ``boundary`` is how strongly it is parted from the atom before it; ``path`` are the headings
    that it stands under, its own included where it is one.
    """

    start: int
    end: int
    boundary: int
    path: tuple[str, ...]
    heading: bool = False


def atoms(
    page: Page, open_headings: Headings, *, guess_headings: bool, number_lines: bool = False
) -> tuple[list[Atom], Headings]:
    """The atoms of a page in order, and the headings that stand open at its end.

    ``open_headings`` are the headings open at its beginning. With ``guess_headings``, lines
    of the text that look like headings are taken for headings. With ``number_lines`` the
    innermost heading of each atom is its line, ``L12``, as in source code. The atoms leave out
    nothing but white space.
    """
    line_ends = [m.start() for m in _LINE_FEED.finditer(page.text)] if number_lines else []
    units: list[Atom] = []
    names = tuple(name for _, name in open_headings)
    for block in _blocks_without_gaps(page, guess_headings):
        piece = page.text[block.start : block.end]
        heading = block.kind == "heading"
        if heading:
            above = (
                open_heading for open_heading in open_headings if open_heading[0] < block.level
            )
            name = _name(piece)[:_MAX_SYMBOL_CHARS].rstrip(" {:(") if number_lines else _name(piece)
            open_headings = (*above, (block.level, name))
            names = tuple(name for _, name in open_headings if name)
            spans = [_stripped(piece)]
        elif block.kind in ("table", "code"):
            spans = list(_lines(piece))
        else:
            spans = sentences(piece)
        boundary = SECTION if heading else BLOCK
        for a, b in spans:
            if a < b:
                start = block.start + a
                line = (f"L{bisect_left(line_ends, start) + 1}",) if number_lines else ()
                units.append(Atom(start, block.start + b, boundary, (*names, *line), heading))
                boundary = SENTENCE
    return units, open_headings


def has_headings(pages: Iterable[Page]) -> bool:
    """Whether the reader knew of headings, so that none need be guessed."""
    return any(block.kind == "heading" for page in pages for block in page.blocks)


def _blocks_without_gaps(page: Page, guess_headings: bool) -> Iterator[Block]:
    """The page's blocks with its gaps filled by paragraphs, so that no text is left out.

    A block of paragraphs is parted again at blank lines: readers of plain formats know no better.
    """
    position = 0
    for number, block in enumerate(page.blocks):
        start, end = max(block.start, position), min(block.end, len(page.text))
        if end <= start:
            continue
        yield from _paragraphs(page.text, position, start, guess_headings)
        if guess_headings and _is_clause_heading(page, number):
            yield Block(start, end, "heading", _GUESSED_LEVEL + page.text[start:end].count("."))
        elif block.kind == "paragraph":
            yield from _paragraphs(page.text, start, end, guess_headings)
        else:
            yield Block(start, end, block.kind, block.level)
        position = end
    yield from _paragraphs(page.text, position, len(page.text), guess_headings)


def _paragraphs(text: str, start: int, end: int, guess_headings: bool) -> Iterator[Block]:
    spans = []
    position = start
    for cut, after in (*_paragraph_ends(text, start, end), (end, end)):
        if cut > position and not text[position:cut].isspace():
            spans.append((position, cut))
            position = after
    levels = [_heading_level(text[a:b]) if guess_headings else 0 for a, b in spans]
    for i, (a, b) in enumerate(spans):
        level = levels[i]
        if level == _GUESSED_LEVEL and not _is_followed_by_text(spans, levels, i):
            level = 0
        elif level == _GUESSED_LEVEL and i and levels[i - 1] == _GUESSED_LEVEL:
            level += 1  # a heading right under a heading belongs to it
        yield Block(a, b, "heading" if level else "paragraph", level)


def _is_clause_heading(page: Page, number: int) -> bool:
    """Whether a paragraph is the numbered heading of the one after it."""
    if number + 1 >= len(page.blocks):
        return False
    block, after = page.blocks[number : number + 2]
    return (
        (block.kind, after.kind) == ("paragraph", "paragraph")
        and after.end - after.start >= _MIN_CLAUSE_CHARS
        and _CLAUSE_HEADING.match(page.text, block.start, block.end) is not None
        and _heading_level(page.text[block.start : block.end]) > 0
    )


def _is_followed_by_text(spans: list[tuple[int, int]], levels: list[int], i: int) -> bool:
    """Whether real text follows what looks like a heading, at once or after one more of them."""
    for j in (i + 1, i + 2):
        if j < len(spans) and not levels[j]:
            return spans[j][1] - spans[j][0] >= LONG_LINE
    return False


def _paragraph_ends(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    line = start
    for match in _BREAK.finditer(text, start, end):
        cut, after = match.span()
        if (
            match["line"] is None
            or _MARKUP_HEADING.match(text, after, end)
            or _MARKUP_HEADING.match(text, line, cut)
            or ends_paragraph(text, cut)
        ):
            yield cut, after
        line = after


def _heading_level(paragraph: str) -> int:
    """1 and up where a paragraph looks like a heading, else 0."""
    if len(paragraph) > _MAX_HEADING_CHARS + 40:
        return 0
    line = paragraph.strip()
    if "\n" in line or not 2 <= len(line) <= _MAX_HEADING_CHARS or _BLOCK_ID.search(line):
        return 0
    marked = _MARKUP_HEADING.match(paragraph)
    if marked:
        return min(sum(c in "#=" for c in marked[1]), 6)
    plain = line[-1].isalnum() or line[-1] in ')’"'
    letters = sum(c.isalpha() for c in line)
    fits = (
        plain and _HEADING_START.match(line) and len(line.split()) <= 12 and letters * 2 > len(line)
    )
    return _GUESSED_LEVEL if fits else 0


def _lines(piece: str) -> Iterator[tuple[int, int]]:
    position = 0
    for line in piece.splitlines(keepends=True):
        a, b = _stripped(line)
        yield position + a, position + b
        position += len(line)


def _stripped(piece: str) -> tuple[int, int]:
    stripped = piece.strip()
    a = len(piece) - len(piece.lstrip()) if stripped else 0
    return a, a + len(stripped)


def _name(piece: str) -> str:
    """A heading as it is shown: on one line, without Markdown's hashes and marks of notes."""
    line = _BLOCK_ID.sub("", " ".join(piece.split()).strip("#= "))
    return _WIKI_LINK.sub(r"\1", line)
