"""Where on its page a stretch of canonical text is printed."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.pdf.hyphenation import Piece
from rag_infer.read.pdf.layout import Layout
from rag_infer.read.pdf.page_text import Box, text_page


def locate(
    document: Any, page: int, spans: Sequence[tuple[int, int]], text: str | None
) -> list[list[Box]]:
    """For each span of page ``page`` (from 1), the boxes of its lines.

    The page is made again as it was made when it was read. Raises ReadError when there is no such
    page, or its text is not ``text``.
    """
    if not 1 <= page <= len(document):
        raise ReadError(f"there is no page {page}")
    layout = Layout(document)
    page_layout = layout.page_layout(page - 1)
    starts = sorted(line.start for line in layout.page_text(page - 1).lines)
    if text is not None and page_layout.text != text:
        raise ReadError(
            f"page {page} has no places for this text",
            hint="the file has changed since it was read, or its text came from elsewhere than "
            "its text layer",
        )
    with text_page(document, page - 1) as (_, reader):
        return [
            [
                _bounding_box([reader.char_cell(position) for position in range(a, b)])
                for a, b in _lines(page_layout.pieces, starts, start, end)
            ]
            for start, end in spans
        ]


def _lines(
    pieces: Sequence[Piece], starts: Sequence[int], start: int, end: int
) -> Iterator[tuple[int, int]]:
    """The ranges of raw characters behind ``text[start:end]``, one for each printed line.

    ``starts`` are the raw characters with which lines begin, ascending.
    """
    offset = 0
    line_range: tuple[int, int] | None = None
    for text, raw_start, raw_end in pieces:
        first, last = max(start, offset) - offset, min(end, offset + len(text)) - offset
        offset += len(text)
        if first >= last or raw_start < 0:
            continue
        piece = (raw_start, raw_end)
        if raw_end - raw_start == len(text):  # character for character
            piece = (raw_start + first, raw_start + last)
        if line_range is not None and bisect(starts, line_range[0]) == bisect(starts, piece[0]):
            line_range = (min(line_range[0], piece[0]), max(line_range[1], piece[1]))
        else:
            if line_range is not None:
                yield line_range
            line_range = piece
    if line_range is not None:
        yield line_range


def _bounding_box(boxes: Sequence[Box]) -> Box:
    visible = [box for box in boxes if box[2] > box[0] or box[3] > box[1]]
    if not visible:
        return 0.0, 0.0, 0.0, 0.0
    return (
        round(min(box[0] for box in visible), 2),
        round(min(box[1] for box in visible), 2),
        round(max(box[2] for box in visible), 2),
        round(max(box[3] for box in visible), 2),
    )
