"""Raised note marks and exponents: small figures above the baseline are not part of a number.

"The fee is 120" with a raised 3 is 120 and note 3, never 1203. A note's mark is set apart by a
space, an exponent (10 to the 6th, m squared) stays at its base; both become superscript characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rag_infer.read.pdf.hyphenation import Piece

Box = tuple[float, float, float, float]

# A figure right behind something, or a single letter behind a figure: what could be raised.
_CANDIDATE = re.compile(r"(?<=[^\s\d])\d+|(?<=\d)[a-z](?![^\W\d_])|(?<![^\s])\d{2,}|(?<=\d)\d+")
_EXPONENT_BASE = re.compile(r"(?:^|[^\w])(?:10|[kcdm]?m|ft|in|sec|[a-zA-Z])$|[)\]]$")
_SUPERSCRIPTS = str.maketrans(
    "0123456789abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
)
_MAX_SIZE = 0.86  # of the line's height
_MIN_RISE = 0.12  # of the line's height, above its bottom


def raised_spans(
    piece: str,
    start: int,
    height: float,
    bottom: float,
    min_height: float,
    box: Callable[[int], Box],
    char_height: Callable[[int], float],
) -> tuple[tuple[int, int], ...]:
    """The raised stretches of a line, ``[start, end)`` in the page's text.

    Args:
        piece: The text of the line.
        start: Where it begins in the page's text.
        height: The height of the line's full-size characters, in points.
        bottom: Where those reach down to.
        min_height: The height of the smaller one of the line's first and last characters.
        box: Gives the cell of the character at a position.
        char_height: Gives only how high that is, sooner.
    """
    spans = []
    largest = _MAX_SIZE * height
    end = len(piece) if min_height < largest else len(piece) - 1
    for match in _CANDIDATE.finditer(piece):
        if match.end() > end:
            continue  # that character has its full size, as is known
        last = start + match.end() - 1
        if not 0 < char_height(last) < largest:
            continue
        _, y0, _, y1 = box(last)
        if y0 - bottom < _MIN_RISE * height:
            continue
        size, first = y1 - y0, last
        while first > start + match.start():
            _, b0, _, b1 = box(first - 1)
            if b1 - b0 > 1.1 * size or abs(b0 - y0) > 0.1 * height:
                break
            first -= 1
        if first > start and not piece[first - start - 1].isspace():
            spans.append((first, last + 1))
    return tuple(spans)


def raised_pieces(text: str, line_start: int, start: int, end: int) -> list[Piece]:
    """The pieces of a raised stretch: set apart as a note's mark, or joined as an exponent."""
    base = text[line_start:start]
    marks = [(text[n].translate(_SUPERSCRIPTS), n, n + 1) for n in range(start, end)]
    is_exponent = text[start].isdigit() and _EXPONENT_BASE.search(base) is not None
    return marks if is_exponent else [(" ", -1, -1), *marks]
