"""Reading order: two columns whose lines PDFium ran together are read one after the other.

PDFium gives text in the order in which the page was drawn. That is the reading order for nearly
every producer, and is kept; only a page that was drawn row by row across two columns is put right.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag_infer.read.pdf.lines import Gap, Line

_SAMPLE_LINES = 5
_MIN_ROWS = 6  # fewer rows side by side are no columns
_MIN_PROSE_CHARS = 18  # columns of prose say at least so much a line, cells of a table less


def in_reading_order(
    text: str, lines: list[Line], gaps: Callable[[Line], tuple[Gap, ...]]
) -> list[Line]:
    """The lines, those that run across a gutter cut in two, columns one after the other."""
    if len(lines) < _MIN_ROWS:
        return lines
    level = [line for line in lines if not line.turned]
    if not level:
        return lines
    left, right = min(line.x0 for line in level), max(line.x1 for line in level)
    wide_lines = [line for line in level if line.x1 - line.x0 > 0.6 * (right - left)]
    pairs = [(a, b) for a, b in itertools.pairwise(lines) if _side_by_side(a, b)]
    if len(pairs) < _MIN_ROWS:
        if len(wide_lines) < _MIN_ROWS:
            return lines
        wordy = [line for line in wide_lines if not line.figures]
        if not _mostly_gapped(wordy[:: max(1, len(wordy) // _SAMPLE_LINES)][:_SAMPLE_LINES], gaps):
            return lines
    for line in wide_lines:
        if not line.gaps:
            line.gaps = gaps(line)
    spaces = [(gap.x0, gap.x1) for line in wide_lines for gap in line.gaps]
    spaces += [(a.x1, b.x0) for a, b in pairs]
    gutter = _gutter(spaces, left + 0.25 * (right - left), left + 0.75 * (right - left))
    if gutter is None:
        return lines
    cut = [part for line in lines for part in _cut(line, gutter)]
    return _by_columns(cut, gutter) if _are_columns(text, cut, gutter, len(spaces)) else lines


def _mostly_gapped(sample: Sequence[Line], gaps: Callable[[Line], tuple[Gap, ...]]) -> bool:
    gapless = 0
    for line in sample:
        gapless += not (line.gaps or gaps(line))
        if gapless * 2 > _SAMPLE_LINES:
            return False
    return len(sample) * 2 > _SAMPLE_LINES


def _side_by_side(a: Line, b: Line) -> bool:
    if b.x0 <= a.x1 + 0.5 * a.height:
        return False
    low, high = max(a.y0, b.y0), min(a.y1, b.y1)
    return high - low > 0.5 * min(a.height, b.height)


def _gutter(spaces: Sequence[tuple[float, float]], low: float, high: float) -> float | None:
    """The x that lies in most of the spaces, between two bounds."""
    gutter_x, max_count = None, _MIN_ROWS - 1
    for x0, x1 in spaces:
        middle = (x0 + x1) / 2
        if low < middle < high:
            count = sum(1 for a, b in spaces if a < middle < b)
            if count > max_count:
                gutter_x, max_count = middle, count
    return gutter_x


def _cut(line: Line, gutter: float) -> list[Line]:
    for gap in line.gaps:
        if gap.x0 < gutter < gap.x1:
            before = tuple(g for g in line.gaps if g.position < gap.position)
            after = tuple(g for g in line.gaps if g.position > gap.position)
            first = replace(line, end=gap.position - 1, x1=gap.x0, gaps=before, hyphen=-1)
            return [first, replace(line, start=gap.position, x0=gap.x1, gaps=after)]
    return [line]


def _are_columns(text: str, lines: Sequence[Line], gutter: float, spaces: int) -> bool:
    """Whether both sides of the gutter are prose, and few lines go across it."""
    across = sum(1 for line in lines if line.x0 < gutter < line.x1)
    sides = (
        [line for line in lines if line.x1 <= gutter],
        [line for line in lines if line.x0 >= gutter],
    )
    if across > min(len(side) for side in sides):
        return False
    for side in sides:
        if len(side) < _MIN_ROWS:
            return False
        lengths = sorted(line.end - line.start for line in side)
        words = "".join(text[line.start : line.end] for line in side)
        letters = sum(map(str.isalpha, words))
        if lengths[len(side) // 2] < _MIN_PROSE_CHARS or letters < 0.65 * len(words):
            return False
    return spaces < 1.5 * len(lines)


def _by_columns(lines: Sequence[Line], gutter: float) -> list[Line]:
    """Bands between the lines that go across; in each, the left column, then the right one."""
    ordered: list[Line] = []
    left: list[Line] = []
    right: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.y1):
        if line.x0 < gutter < line.x1:
            ordered += [*left, *right, line]
            left, right = [], []
        else:
            (left if line.x1 <= gutter else right).append(line)
    return [*ordered, *left, *right]
