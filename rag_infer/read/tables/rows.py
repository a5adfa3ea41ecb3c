"""Printed lines as rows: which lines are one row, because a label or a text is wrapped.

Where rules part rows, they decide. Elsewhere what typesetting does: a line that goes on is as
close to the one before as lines of one paragraph are, and the one before had no room for its first
word; it is indented, begins in lower case, or rows are visibly further apart than lines.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rag_infer.read.tables.placement import Entry
from rag_infer.read.tables.text_lines import TextLine

_ONE_LINE = 0.72  # of the height: nearer baselines are of one row
_TIGHT = 1.12  # of the least distance
_LOOSE = 1.22
_PARAGRAPH = 1.75  # of the height: lines further apart are not of one paragraph
_INDENT = 0.45  # of the height
_GOES_ON = re.compile(r"(?:[,&/–-]|\b(?:and|or|of|the|in|to|for|with|by|from|on|at|und|et|de))$")


def row_groups(
    lines: Sequence[TextLine],
    placed: Sequence[Sequence[Entry]],
    figures: frozenset[int],
    breaks: Sequence[float],
    *,
    one_row: bool = False,
) -> list[list[int]]:
    """Groups lines of a table's body into rows.

    Args:
        lines: From top to bottom.
        placed: The entries of each.
        figures: Columns of figures.
        breaks: The y of rules that part rows.
        one_row: Lines between two rules are one row, as in a table that is ruled throughout.

    Returns:
        The numbers of each row's lines.
    """
    if not lines:
        return []
    gaps = _distances(lines, breaks)
    least = min(gaps) if gaps else 0.0
    loose = sum(gap > _LOOSE * least for gap in gaps)
    # Rows are set apart if there are two kinds of distances, and both are in use.
    rows_apart = bool(gaps) and loose >= 1 and loose < len(gaps) and 4 * loose >= len(gaps)
    limits = _right_limits(placed)
    groups = [[0]]
    for number in range(1, len(lines)):
        above, line = lines[number - 1], lines[number]
        distance = line.baseline - above.baseline
        size = min(above.size, line.size)
        parted = any(above.baseline < y <= line.baseline - 0.1 * size for y in breaks)
        if parted:
            joined = False
        elif distance < _ONE_LINE * size or one_row:
            joined = True
        elif distance > _TIGHT * least or distance > _PARAGRAPH * size:
            joined = False
        else:
            joined = _goes_on(placed[number - 1], placed[number], figures, limits, size, rows_apart)
        if joined:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _distances(lines: Sequence[TextLine], breaks: Sequence[float]) -> list[float]:
    return [
        b.baseline - a.baseline
        for a, b in itertools.pairwise(lines)
        if b.baseline - a.baseline >= _ONE_LINE * min(a.size, b.size)
        and not any(a.baseline < y <= b.baseline for y in breaks)
    ]


def _right_limits(placed: Sequence[Sequence[Entry]]) -> dict[int, float]:
    """How far the text of each column reaches to the right."""
    limits: dict[int, float] = {}
    for entries in placed:
        for entry in entries:
            if not entry.spans:
                limits[entry.first] = max(limits.get(entry.first, -1e9), entry.piece.x1)
    return limits


def _goes_on(
    above: Sequence[Entry],
    entries: Sequence[Entry],
    figures: frozenset[int],
    limits: dict[int, float],
    size: float,
    rows_apart: bool,
) -> bool:
    """Whether a line goes on with what the line just above it began."""
    if not above or not entries:
        return False
    has_figures = any(e.first in figures and e.piece.is_figure for e in entries)
    above_figures = any(e.first in figures and e.piece.is_figure for e in above)
    if has_figures and above_figures:
        return False
    columns, above_columns = {e.first for e in entries}, {e.first for e in above}
    label = next((e for e in entries if e.first == 0), None)
    above_label = next((e for e in above if e.first == 0), None)
    if has_figures:
        # Figures on the last line of a wrapped label.
        if label is None or above_label is None or len(above) > 1 or above_label.spans:
            return False
        return not above_label.piece.text.endswith(":") and _wraps(
            above_label, label, limits, size, rows_apart
        )
    if label is not None and label.spans:
        return False
    if label is None:
        # More text of other columns; each must have something above to go on with.
        return columns <= above_columns or not above_figures
    if above_label is None:
        return False
    if len(entries) == 1 and above_figures:
        return _wraps(above_label, label, limits, size, rows_apart)
    if len(entries) == 1 and len(above) == 1 and figures:
        return _wraps(above_label, label, limits, size, False)
    if columns <= above_columns:
        pairs = [(a, e) for a in above for e in entries if a.first == e.first and not e.spans]
        return rows_apart or any(
            e.piece.text[:1].islower() and _no_room(a, e, limits, size) for a, e in pairs
        )
    return rows_apart


def _no_room(above: Entry, entry: Entry, limits: dict[int, float], size: float) -> bool:
    word = entry.piece.words[0]
    limit = limits.get(entry.first, above.piece.x1)
    return above.piece.x1 + 0.2 * size + (word.x1 - word.x0) > limit - 0.1 * size


def _wraps(
    above: Entry, entry: Entry, limits: dict[int, float], size: float, rows_apart: bool
) -> bool:
    """Whether a label goes on with the label above it."""
    text = entry.piece.text
    if text[:1].islower() and not re.match(r"[a-z][.)]", text):
        return True
    if _GOES_ON.search(above.piece.text):
        return True
    if not _no_room(above, entry, limits, size):
        return False
    indented = entry.piece.x0 - above.piece.x0
    return rows_apart or _INDENT * size < indented < 3 * size
