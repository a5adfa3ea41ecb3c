"""The columns of a table, from the white space that runs down between its pieces of text.

At each x the lines are counted that have text on both sides of it and none there (for), and the
lines whose text crosses it (against: headers over several columns, titles of groups). Where many
are for and few against, columns part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.read.tables.text_lines import Piece, TextLine

_STEP = 0.5  # points
_AGAINST = 2.0  # one line that crosses outweighs so many that part
_MIN_GAP = 0.18  # of the height of a line


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
    cover = np.zeros((len(lines), bins), dtype=np.int8)
    for number, line in enumerate(lines):
        for piece in line.pieces:
            a = max(0, int((piece.x0 - x0) / _STEP))
            b = min(bins, max(a + 1, int(np.ceil((piece.x1 - x0) / _STEP))))
            cover[number, a:b] = 1
    seen_left = np.maximum.accumulate(cover, axis=1)
    seen_right = np.maximum.accumulate(cover[:, ::-1], axis=1)[:, ::-1]
    against = cover.sum(axis=0).astype(float)
    parted = ((seen_left & seen_right) & (1 - cover)).sum(axis=0).astype(float)
    # Lines with text on both sides of x: text only to its left says nothing.
    good = (parted >= least) & (parted > _AGAINST * against)
    result = []
    size = float(np.median([line.size for line in lines]))
    for a, b in _runs(good):
        result += _within_run(lines, against, a, b, x0, size)
    return result


def _runs(good: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], good.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _within_run(
    lines: Sequence[TextLine], against: np.ndarray, a: int, b: int, x0: float, size: float
) -> list[Separator]:
    """The separators of one stretch: columns with few entries may lie in it."""
    left, right = x0 + a * _STEP, x0 + b * _STEP
    inside: list[Piece] = [
        piece
        for line in lines
        for piece in line.pieces
        if piece.x0 >= left - _STEP and piece.x1 <= right + _STEP
    ]
    if inside:
        islands: list[list[float]] = []
        for piece in sorted(inside, key=lambda p: p.x0):
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
