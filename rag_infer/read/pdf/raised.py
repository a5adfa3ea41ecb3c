"""Raised note marks and exponents: small figures above the baseline are not part of a number.

"The fee is 120" with a raised 3 is 120 and note 3, never 1203. A note's mark is set apart by a
space, an exponent (10 to the 6th, m squared) stays at its base; both become superscript characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rag_infer.read.character_marks import is_exponent, superscript
from rag_infer.read.pdf.hyphenation import Piece

Box = tuple[float, float, float, float]

# Figures, and a single letter behind them: what could be raised.
_FIGURES = re.compile(r"\d+([a-z](?![^\W\d_]))?")
_MAX_SIZE = 0.86  # of the line's height
_MIN_RISE = 0.12  # of the line's height, above the baseline of what stands before


def raised_spans(
    piece: str,
    start: int,
    height: float,
    min_height: float,
    box: Callable[[int], Box],
    char_height: Callable[[int], float],
    baseline: Callable[[int], float],
) -> tuple[tuple[int, int], ...]:
    """The raised stretches of a line, ``[start, end)`` in the page's text.

    Args:
        piece: The text of the line.
        start: Where it begins in the page's text.
        height: The height of the line's full-size characters, in points.
        min_height: The height of the smaller one of the line's first and last characters.
        box: Gives the cell of the character at a position.
        char_height: Gives only how high that is, sooner.
        baseline: Gives where the pen begins to draw it: cells reach down as far as their fonts do,
            so that an index below the line may have a higher cell than its base.
    """
    spans = []
    largest = _MAX_SIZE * height
    end = len(piece) if min_height < largest else len(piece) - 1
    for begin, stop in _candidates(piece):
        if stop > end:
            continue  # that character has its full size, as is known
        last = start + stop - 1
        if not 0 < char_height(last) < largest:
            continue
        _, y0, _, y1 = box(last)
        size, first = y1 - y0, last
        while first > start + begin:
            _, b0, _, b1 = box(first - 1)
            if b1 - b0 > 1.1 * size or abs(b0 - y0) > 0.1 * height:
                break
            first -= 1
        if first == start or piece[first - start - 1].isspace():
            continue
        if baseline(last) - baseline(first - 1) > _MIN_RISE * height:
            spans.append((first, last + 1))
    return tuple(spans)


def _candidates(piece: str) -> Iterator[tuple[int, int]]:
    """Where figures stand, and letters behind them; not one figure by itself behind a space."""
    for match in _FIGURES.finditer(piece):
        begin, end = match.span()
        letter = match.start(1)
        digits_end = end if letter < 0 else letter
        if digits_end - begin > 1 or (begin and not piece[begin - 1].isspace()):
            yield begin, digits_end
        if letter >= 0:
            yield letter, end


def raised_pieces(text: str, line_start: int, start: int, end: int) -> list[Piece]:
    """The pieces of a raised stretch: set apart as a note's mark, or joined as an exponent."""
    base = text[line_start:start]
    marks = [(superscript(text[n]), n, n + 1) for n in range(start, end)]
    is_joined = text[start].isdigit() and is_exponent(base)
    return marks if is_joined else [(" ", -1, -1), *marks]
