"""Marks of notes with links (Obsidian): callouts, and the names of blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# "> [!note] Title" begins a callout, "^a1b2" behind a block names it.
CALLOUT = re.compile(r"(?:>\s*)+\[!([\w-]+)[^\]\n]*\][+-]?[^\S\n]*")
_BLOCK_ID = re.compile(r"\s*(?<!\S)\^[A-Za-z0-9-]{1,80}\s*\Z")
_MAX_BLOCK_ID_CHARS = 90
_QUOTE_MARKS = re.compile(r"(?:>\s*)+")

Range = tuple[int, int]


def without_block_id(text: str, start: int, end: int) -> int:
    """Where ``text[start:end]`` ends without the name of a block behind it."""
    at = text.rfind("^", max(start, end - _MAX_BLOCK_ID_CHARS), end)
    block_id = _BLOCK_ID.search(text[start:end], max(0, at - start - 8)) if at >= 0 else None
    return start + block_id.start() if block_id else end


def without_quote_marks(line: str) -> str:
    """A line without the marks of a quotation before it."""
    return _QUOTE_MARKS.sub("", line, count=1)


def callouts(text: str, lines: Sequence[Range]) -> Iterator[tuple[str, Range, Sequence[Range]]]:
    """The callouts of a block whose first line begins one, those in it as well.

    Args:
        text: The text.
        lines: The lines of the block.

    Yields:
        The title, or the kind where it has none; the range of the title; the lines under it.
    """
    starts = [n for n, line in enumerate(lines) if CALLOUT.match(text, *line)]
    for first, last in zip(starts, [*starts[1:], len(lines)], strict=True):
        start, end = lines[first]
        callout = CALLOUT.match(text, start, end)
        assert callout is not None
        title = text[callout.end() : end].strip() or callout[1]
        yield title, (callout.end(), end), lines[first + 1 : last]
