"""Headings of plain text: lines in capitals ("RENT") and numbered lines ("3. Rent").

Splitting for search guesses headings with care, since a wrong one would part what belongs together;
it wants a blank line below and much text. A summary by sections needs those of a lease or a manual
as well, whose headings often stand right above their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag_infer.types import Block, Page

_LEVEL = 4  # that of headings which the splitter guesses, so that both kinds are siblings
_MAX_CHARS, _MAX_WORDS = 90, 12
_MAX_TITLE_WORDS = 8  # of a numbered heading that is not in capitals
_MIN_CAPITALS = 3
_MIN_TEXT_CHARS = 30  # of the line below
_NUMBER = re.compile(
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.)]?[^\S\n]+(?=\S)|[IVXL]{1,5}[.)][^\S\n]+|[A-Z][.)][^\S\n]+|"
    r"(?:§|ARTICLE|CHAPTER|CLAUSE|PART|SECTION|Article|Chapter|Clause|Part|Section)\s?\d+\w*[.:]?\s+"
)
_TEXT_START = re.compile(
    r"[\"'“‘«(\[]?[^\W_a-z]"
)  # not the rest of a sentence that was broken here


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str  # without the white space around it


def with_plain_headings(pages: Sequence[Page]) -> list[Page]:
    """Pages of which the reader knew no structure, with blocks for the headings of their text."""
    return [_with_headings(page) for page in pages]


def _with_headings(page: Page) -> Page:
    if any(block.kind != "paragraph" for block in page.blocks):
        return page
    headings = tuple(_headings(page.text))
    return replace(page, blocks=headings) if headings else page


def _headings(text: str) -> Iterator[Block]:
    lines = list(_lines(text))
    for number, line in enumerate(lines):
        level = _heading_level(line.text)
        if level and _stands_apart(lines, number) and _is_followed_by_text(lines, number):
            yield Block(line.start, line.end, "heading", level)


def _lines(text: str) -> Iterator[_Line]:
    position = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        start = position + len(line) - len(line.lstrip()) if bare else position
        yield _Line(start, start + len(bare), bare)
        position += len(line)


def _heading_level(line: str) -> int:
    """1 and up where a line alone looks like a heading, else 0."""
    words = line.split()
    if not 2 <= len(line) <= _MAX_CHARS or len(words) > _MAX_WORDS:
        return 0
    numbered = _NUMBER.match(line)
    title = line[numbered.end() :] if numbered else line
    letters = [character for character in title if character.isalpha()]
    if not title or len(letters) * 2 <= len(title.replace(" ", "")) or "|" in title:
        return 0
    in_capitals = len(letters) >= _MIN_CAPITALS and title == title.upper() != title.lower()
    if not in_capitals and not (
        numbered
        and title[0].isupper()
        and len(title.split()) <= _MAX_TITLE_WORDS
        and (title[-1].isalnum() or title[-1] in ")\"'’”")
    ):
        return 0
    if in_capitals and title[-1] in ".,;":
        return 0
    depth = numbered["number"].count(".") if numbered and numbered["number"] else 0
    return _LEVEL + depth


def _stands_apart(lines: Sequence[_Line], number: int) -> bool:
    """Whether nothing, a blank line or another heading stands above."""
    above = lines[number - 1].text if number else ""
    return not above or bool(_heading_level(above))


def _is_followed_by_text(lines: Sequence[_Line], number: int) -> bool:
    """Whether a line of text comes next, or a further heading and then one."""
    for line in lines[number + 1 :]:
        if line.text and not _heading_level(line.text):
            is_text = len(line.text) >= _MIN_TEXT_CHARS and not _NUMBER.match(line.text)
            return is_text and _TEXT_START.match(line.text) is not None
    return False
