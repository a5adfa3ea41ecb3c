"""The caption of a table: the lines just above it, or below, that name it."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.read.tables.cells import spans_of, text_of
from rag_infer.read.tables.grid import Box, Span
from rag_infer.read.tables.prose import is_caption
from rag_infer.read.tables.text_lines import TextLine
from rag_infer.read.tables.words import Word

_REACH = 3.2  # heights, from the caption to the table
_LEADING = 1.9  # heights, between its lines
_MAX_LINES = 5
_MAX_TITLE_WORDS = 16


def caption_of(
    lines: Sequence[TextLine], box: Box, other_tables: Sequence[Box]
) -> tuple[str, tuple[Span, ...], int]:
    """The caption of a table, where it is in the page's text, and how many lines above it has.

    A line that begins as captions do ("Table 3") and those that follow it down to the table; else
    up to three short lines right above it ("Consolidated balance sheets", "(in millions)").

    Args:
        lines: The page's lines.
        box: The table's box in the page's frame.
        other_tables: The boxes of other tables.
    """
    above = [
        line
        for line in lines
        if line.bottom - 0.35 * line.size <= box[1]
        and _over(line, box)
        and not _in(line, other_tables)
    ]
    block: list[TextLine] = []
    top = box[1]
    for line in reversed(above):
        reach = _REACH if not block else _LEADING
        if top - line.bottom > reach * line.size or len(block) == _MAX_LINES:
            break
        block.insert(0, line)
        top = line.top
        if is_caption(line.text):
            return (*_text(block, box), len(block))
    if not block and (margin_title := _title_of_centered(lines, box)) is not None:
        block, box = [margin_title], (margin_title.x0, *box[1:])
    title: list[TextLine] = []
    for line in reversed(block[-3:]):
        text = line.text
        if len(text.split()) > _MAX_TITLE_WORDS or text.rstrip()[-1:] in ".;,":
            break
        title.insert(0, line)
    below = next(
        (
            line
            for line in lines
            if line.top + 0.35 * line.size >= box[3]
            and line.top - box[3] < _REACH * line.size
            and _over(line, box)
            and is_caption(line.text)
        ),
        None,
    )
    if below is not None:
        return (*_text([below], box), 0)
    return (*_text(title, box), len(title))


def _title_of_centered(lines: Sequence[TextLine], box: Box) -> TextLine | None:
    """The line right above a centered table that ends left of it: a title at the page's margin.

    Where text stands beside the table, the page has columns, and the line may be of another.
    """
    above = [line for line in lines if line.bottom - 0.35 * line.size <= box[1]]
    if any(line.top < box[3] and line not in above and not _over(line, box) for line in lines):
        return None
    near = [
        line for line in above if box[1] - line.bottom <= _REACH * line.size and line.x1 <= box[0]
    ]
    return max(near, key=lambda line: line.bottom, default=None)


def _over(line: TextLine, box: Box) -> bool:
    return min(line.x1, box[2]) - max(line.x0, box[0]) > 0


def _in(line: TextLine, boxes: Sequence[Box]) -> bool:
    return any(
        box[0] < (line.x0 + line.x1) / 2 < box[2] and box[1] < line.baseline - 1 < box[3]
        for box in boxes
    )


def _text(lines: Sequence[TextLine], box: Box) -> tuple[str, tuple[Span, ...]]:
    words: list[Word] = [
        word
        for line in lines
        for piece in line.pieces
        if piece.x1 > box[0] - 30 and piece.x0 < box[2] + 30
        for word in piece.words
    ]
    return text_of(words), spans_of(words)
