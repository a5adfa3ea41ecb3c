"""Whether a page may hold a table: some of its lines are parted by wide gaps, or made of figures.

A look at the lines that were read anyway, so that prose costs nothing beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rag_infer.read.pdf.lines import Line

_MIN_ROW_LINES = 3
_MAX_PAGE_LINES = 1_500
_MIN_GAP = 0.42  # of the height: parts of one formula stand nearer to one another


def may_have_tables(lines: Sequence[Line]) -> bool:
    """Whether it is worth the time to look for tables on a page with these lines."""
    if not _MIN_ROW_LINES <= len(lines) <= _MAX_PAGE_LINES:
        return False
    rows = int(lines[0].figures or bool(lines[0].gaps))
    for above, line in pairwise(lines):
        rows += line.figures or bool(line.gaps) or _is_beside(above, line)
        if rows >= _MIN_ROW_LINES:
            return True
    return False


def _is_beside(before: Line, line: Line) -> bool:
    gap = line.x0 - before.x1
    if gap <= 0 or gap < _MIN_GAP * max(before.height, line.height):
        return False
    overlap = min(before.y1, line.y1) - max(before.y0, line.y0)
    return overlap > 0.5 * min(before.height, line.height)
