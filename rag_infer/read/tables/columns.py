"""The columns of a table, from the white space that runs down between its pieces of text.

At each x the lines are counted that have text on both sides of it and none there (for), and the
lines whose text crosses it (against: headers over several columns, titles of groups). Where many
are for and few against, columns part.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

import numpy as np

from rag_infer.read.tables.text_lines import Piece, TextLine

_STEP = 0.5  # points
_AGAINST = 2.0  # one line that crosses outweighs so many that part
_MIN_GAP = 0.18  # of the height of a line

_by_left = attrgetter("x0")


@dataclass(frozen=True, slots=True)
class Separator:
    """White space between two columns, from ``x0`` to ``x1``; ``ruled`` if a line is drawn."""

    x0: float
    x1: float
    ruled: bool = False

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


def separators(
    lines: Sequence[TextLine], x0: float, x1: float, *, least: int = 2
) -> list[Separator]:
    """White space between columns, from left to right.

    Args:
        lines: Of the table.
        x0: The left edge of the region.
        x1: Its right edge.
        least: So many lines must have text on both sides.
    """
    bins = max(1, int((x1 - x0) / _STEP) + 1)
    if not lines or bins > 20_000:
        return []
    covered = np.zeros(bins + 1, dtype=np.int32)  # where a line's text begins (1) and ends (-1)
    reached = np.zeros(bins + 1, dtype=np.int32)  # the same for the whole of each line
    for line in lines:
        first, last = bins, 0
        for piece in line.pieces:
            a = max(0, int((piece.x0 - x0) / _STEP))
            b = min(bins, max(a + 1, math.ceil((piece.x1 - x0) / _STEP)))
            first = min(first, a)
            a = max(a, last)
            if b > a:
                covered[a] += 1
                covered[b] -= 1
                last = b
        if last > first:
            reached[first] += 1
            reached[last] -= 1
    against = np.cumsum(covered[:-1])
    parted = np.cumsum(reached[:-1]) - against
    # Lines with text on both sides of x: text only to its left says nothing.
    good = (parted >= least) & (parted > _AGAINST * against)
    result = []
    size = median([line.size for line in lines])
    pieces = sorted([piece for line in lines for piece in line.pieces], key=_by_left)
    for a, b in _runs(good):
        result += _within_run(pieces, against, a, b, x0, size)
    return result


def _runs(good: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], good.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _within_run(
    pieces: Sequence[Piece], against: np.ndarray, a: int, b: int, x0: float, size: float
) -> list[Separator]:
    """The separators of one stretch: columns with few entries may lie in it.

    ``pieces`` are those of all lines, from left to right.
    """
    left, right = x0 + a * _STEP, x0 + b * _STEP
    begin = bisect_left(pieces, left - _STEP, key=_by_left)
    end = bisect_right(pieces, right + _STEP, key=_by_left)
    inside = [piece for piece in pieces[begin:end] if piece.x1 <= right + _STEP]
    if inside:
        islands: list[list[float]] = []
        for piece in inside:
            if islands and piece.x0 < islands[-1][1]:
                islands[-1][1] = max(islands[-1][1], piece.x1)
            else:
                islands.append([piece.x0, piece.x1])
        bounds = [left, *(x for island in islands for x in island), right]
        stretches = list(zip(bounds[::2], bounds[1::2], strict=True))
        wide_stretches = [Separator(p, q) for p, q in stretches if q - p >= _MIN_GAP * size]
        if wide_stretches:
            return wide_stretches
    # The part that fewest lines cross, the widest such.
    part = against[a:b]
    best = max(_runs(part == part.min()), key=lambda run: run[1] - run[0])
    p, q = left + best[0] * _STEP, left + best[1] * _STEP
    return [Separator(p, q)] if q - p >= _MIN_GAP * size else []
