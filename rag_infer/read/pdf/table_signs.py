"""Whether a page may hold a table: some of its lines are parted by wide gaps, or made of figures.

A look at the lines that were read anyway, so that prose costs nothing beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.read.pdf.lines import Line

_MIN_ROW_LINES = 3
_MAX_PAGE_LINES = 1_500
_DATE = re.compile(r"\b\d{1,2}, ?(?:19|20)\d\d\b")
_NUMBER = re.compile(r"(?<!\S)\d[\d.,–-]*[a-z]?,?(?!\S)")
_MIN_GAP = 0.42  # of the height: parts of one formula stand nearer to one another


def may_have_tables(text: str, lines: Sequence[Line]) -> bool:
    """Whether it is worth the time to look for tables on a page with these lines.

    Args:
        text: The page's text, of which lines are ranges.
        lines: In reading order.
    """
    if not _MIN_ROW_LINES <= len(lines) <= _MAX_PAGE_LINES:
        return False
    rows, listings = 0, 0
    above = None
    for line in lines:
        if line.figures and not line.gaps and _lists_pages(text[line.start : line.end]):
            listings += 1
        else:
            rows += (
                line.figures or bool(line.gaps) or (above is not None and _is_beside(above, line))
            )
        if rows >= _MIN_ROW_LINES:
            return True
        above = line
    return listings < _MIN_ROW_LINES <= rows + listings


def _lists_pages(text: str) -> bool:
    """Whether figures are listed as the pages of an index are: "Napster, 34, 60, 105"."""
    numbers: list[str] = _NUMBER.findall(_DATE.sub("", text))
    return 0 < len(numbers) <= 2 * sum(number.endswith(",") for number in numbers)


def _is_beside(before: Line, line: Line) -> bool:
    gap = line.x0 - before.x1
    if gap <= 0 or gap < _MIN_GAP * max(before.height, line.height):
        return False
    overlap = min(before.y1, line.y1) - max(before.y0, line.y0)
    return overlap > 0.5 * min(before.height, line.height)
