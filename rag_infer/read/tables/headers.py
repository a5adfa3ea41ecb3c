"""The header of a table: how many lines it has, and its cells, over one column or several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.read.tables.columns import Separator
from rag_infer.read.tables.figures import is_year
from rag_infer.read.tables.placement import Entry
from rag_infer.read.tables.ruling_lines import Rule
from rag_infer.read.tables.text_lines import TextLine

_WIDE = 0.75  # of the table's width: a rule that parts rows
_MAX_HEADER_LINES = 10
_DATE = re.compile(r"\b(?:19|20)\d\d\b")
_PERIOD = re.compile(r"\b(?:ended|months|weeks|years?|quarters?|as of)\b", re.IGNORECASE)
_UNIT = re.compile(r"[(\[].*[)\]]|[Ii]n (?:thousands|millions|billions).*")
_ONE_HEADER = 1.35  # of the height: the line below may go on with a header
_SAME_CELL = 1.9  # of the height: lines of one header cell are no further apart


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """Entries of one cell, and the columns that it names."""

    entries: tuple[Entry, ...]
    first: int
    last: int


def wide_rules(rules: Sequence[Rule], x0: float, x1: float) -> list[float]:
    """The y of rules that go over most of the width, in one piece or in several in one line."""
    by_y: list[tuple[float, float]] = []
    for rule in sorted(rules, key=lambda r: r.at):
        length = max(0.0, min(rule.end, x1) - max(rule.start, x0))
        if by_y and rule.at - by_y[-1][0] < 2.0:
            by_y[-1] = by_y[-1][0], by_y[-1][1] + length
        else:
            by_y.append((rule.at, length))
    return [y for y, length in by_y if length >= _WIDE * (x1 - x0)]


def header_lines(
    lines: Sequence[TextLine],
    placed: Sequence[Sequence[Entry]],
    figures: frozenset[int],
    wide: Sequence[float],
) -> int:
    """How many lines at the top name columns."""
    data_lines = [n for n, entries in enumerate(placed) if _is_data(entries, figures)]
    first_data = next(iter(data_lines), len(lines))
    if first_data < len(lines) and _is_year_line(placed[first_data]):
        # "2009  2008" above figures that are no years.
        below = [n for n in data_lines if not _is_year_line(placed[n])]
        if sum(_is_year_line(placed[n]) for n in data_lines) == 1:
            first_data = next(iter(below), first_data + 1)
    if figures and first_data < len(lines):
        # A title of a group ("Assets") just above the data is no header.
        data = first_data
        while (
            data > 0
            and _is_title(placed[data - 1])
            and any(len(entries) > 1 for entries in placed[: data - 1])
        ):
            data -= 1
        first_data = data
    under = [n for n in (_lines_above(lines, y) for y in wide) if 0 < n < len(lines)]
    if under and under[0] <= _MAX_HEADER_LINES:
        count = under[0]
        many = len(under) >= 0.6 * (len(lines) - 1)
        if (
            figures
            and count < first_data <= _MAX_HEADER_LINES
            and (
                first_data in under
                or all(_names_figures(placed[n], figures) for n in range(count, first_data))
            )
        ):
            return first_data  # the header goes on below its first rule
        if figures and 0 < first_data < count:
            return first_data
        if not many and (count <= first_data + 2 or not figures):
            return count
        if many and not figures:
            return count
        if many:
            return min(first_data, count) if first_data else 0
    if not figures:
        return 1 if len(lines) > 2 else 0
    return first_data if first_data <= _MAX_HEADER_LINES and first_data < len(lines) else 0


def _lines_above(lines: Sequence[TextLine], y: float) -> int:
    return sum(line.baseline - 0.3 * line.size < y for line in lines)


def _is_data(entries: Sequence[Entry], figures: frozenset[int]) -> bool:
    inside = [e for e in entries if e.first in figures and not e.spans and e.first > 0]
    if not inside and 0 in figures:
        inside = [e for e in entries if e.first in figures and not e.spans]
    return bool(inside) and 2 * sum(e.piece.is_figure for e in inside) > len(inside)


def _names_figures(entries: Sequence[Entry], figures: frozenset[int]) -> bool:
    """Whether a line has names over columns of figures."""
    over = [e for e in entries if e.spans or e.first in figures]
    return bool(over) and not any(e.piece.is_figure and not is_year(e.piece.text) for e in over)


def _is_year_line(entries: Sequence[Entry]) -> bool:
    texts = [e.piece.text for e in entries if e.first > 0]
    return bool(texts) and all(is_year(text) for text in texts)


def _is_title(entries: Sequence[Entry]) -> bool:
    return len(entries) == 1 and entries[0].first == 0


def header_cells(
    lines: Sequence[TextLine],
    placed: Sequence[Sequence[Entry]],
    parts: Sequence[Separator],
    rules: Sequence[Rule],
    hull: tuple[float, float],
) -> list[list[HeaderCell]]:
    """The cells of the header's lines, as rows from top to bottom.

    Args:
        lines: The header's lines.
        placed: Their entries.
        parts: Separators of the columns.
        rules: Level rules.
        hull: Where the table begins and ends on the x axis.
    """
    cells: list[HeaderCell] = []
    bounds = column_bounds(parts, hull)
    open_cells: list[int] = []  # those whose text may go on
    for number, entries in enumerate(placed):
        size = lines[number].size
        for entry in _spanning(entries, lines, number, rules, bounds, placed):
            below = None
            for index in reversed(open_cells):
                cell = cells[index]
                if cell.first <= entry.last and entry.first <= cell.last:
                    below = index
                    break
            if below is not None and _same_cell(cells[below], entry, rules, size):
                cell = cells[below]
                cells[below] = HeaderCell(
                    (*cell.entries, entry),
                    min(cell.first, entry.first),
                    max(cell.last, entry.last),
                )
            else:
                cells.append(HeaderCell((entry,), entry.first, entry.last))
                open_cells.append(len(cells) - 1)
    return _levels(cells)


def column_bounds(
    parts: Sequence[Separator], hull: tuple[float, float]
) -> list[tuple[float, float]]:
    """Where the text of each column may stand."""
    starts = [hull[0], *(part.x1 for part in parts)]
    ends = [*(part.x0 for part in parts), hull[1]]
    return list(zip(starts, ends, strict=True))


def _spanning(
    entries: Sequence[Entry],
    lines: Sequence[TextLine],
    number: int,
    rules: Sequence[Rule],
    bounds: Sequence[tuple[float, float]],
    placed: Sequence[Sequence[Entry]],
) -> list[Entry]:
    """The entries of a header line with the columns that they stand over."""
    occupied = {c for e in entries for c in range(e.first, e.last + 1)}
    below = {c for later in placed[number + 1 :] for e in later for c in range(e.first, e.last + 1)}
    result = []
    line = lines[number]
    many = len(entries) > 1
    later = lines[number + 1].baseline if number + 1 < len(lines) else line.baseline + 99
    tight = later - line.baseline < _ONE_HEADER * line.size
    groups = _even_groups(entries, bounds, below, line.size)
    for entry in entries:
        if entry.first in groups:
            first, last = groups[entry.first]
            result.append(Entry(entry.line, first, last, entry.piece))
            continue
        reach = _ruled_reach(entry, entries, line, rules, bounds)
        goes_on = tight and any(_in_line(entry, e, line.size) for e in placed[number + 1])
        if len(entries) == 1 and _is_over_all(entry, bounds, line.size):
            reach = 1, len(bounds) - 1
        elif reach is None and entry.first > 0 and not (goes_on and not entry.spans):
            reach = _centered_reach(entry, occupied, below, bounds, many, tight, line.size)
        if reach is None:
            result.append(entry)
        else:
            first, last = min(reach[0], entry.first), max(reach[1], entry.last)
            result.append(Entry(entry.line, first, last, entry.piece))
    return result


def _is_over_all(entry: Entry, bounds: Sequence[tuple[float, float]], size: float) -> bool:
    """Whether a unit, or a period, is the header of all columns of figures."""
    if entry.first == 0 or len(bounds) < 3:
        return False
    if _UNIT.fullmatch(entry.piece.text):
        return True
    center = (entry.piece.x0 + entry.piece.x1) / 2
    off = abs((bounds[1][0] + bounds[-1][1]) / 2 - center)
    return off < 2.5 * size and _PERIOD.search(entry.piece.text) is not None


def _even_groups(
    entries: Sequence[Entry],
    bounds: Sequence[tuple[float, float]],
    below: set[int],
    size: float,
) -> dict[int, tuple[int, int]]:
    """Years that are centered over groups of as many columns each, by the column of each year."""
    years = [e for e in entries if e.first > 0]
    columns = len(bounds) - 1
    if len(years) < 2 or columns % len(years) or columns == len(years):
        return {}
    width = columns // len(years)
    groups = {}
    for number, entry in enumerate(years):
        first = 1 + number * width
        last = first + width - 1
        center = (entry.piece.x0 + entry.piece.x1) / 2
        off = abs((bounds[first][0] + bounds[last][1]) / 2 - center)
        named = set(range(first, last + 1)) <= below
        if off > 2.0 * size or not named or not _DATE.search(entry.piece.text):
            return {}
        groups[entry.first] = first, last
    return groups


def _in_line(above: Entry, below: Entry, size: float) -> bool:
    """Whether two entries are centered, or begin or end, over one another."""
    a, b = above.piece, below.piece
    return min(abs(a.x0 - b.x0), abs(a.x1 - b.x1), abs(a.x0 + a.x1 - b.x0 - b.x1) / 2) < 0.35 * size


def _ruled_reach(
    entry: Entry,
    entries: Sequence[Entry],
    line: TextLine,
    rules: Sequence[Rule],
    bounds: Sequence[tuple[float, float]],
) -> tuple[int, int] | None:
    """The columns over which the rule just below a header runs, if it is its own."""
    piece = entry.piece
    width = bounds[-1][1] - bounds[0][0]
    for rule in rules:
        if not -0.1 * line.size < rule.at - line.baseline < 1.1 * line.size:
            continue
        if any(
            other is not entry and rule.start < other.piece.x1 and rule.end > other.piece.x0
            for other in entries
        ):
            continue  # a rule below all headers of the line
        if rule.start > piece.x0 + 2 or rule.end < piece.x1 - 2 or rule.length > _WIDE * width:
            continue
        covered = [
            c
            for c, (x0, x1) in enumerate(bounds)
            if min(x1, rule.end) - max(x0, rule.start) > 0.5 * max(1.0, x1 - x0)
        ]
        if len(covered) > 1:
            return covered[0], covered[-1]
    return None


def _centered_reach(
    entry: Entry,
    occupied: set[int],
    below: set[int],
    bounds: Sequence[tuple[float, float]],
    many: bool,
    tight: bool,
    size: float,
) -> tuple[int, int] | None:
    """The columns over which a header is centered, beyond those that it touches itself."""
    center = (entry.piece.x0 + entry.piece.x1) / 2
    best: tuple[float, int, int] | None = None
    for first in range(entry.first, 0, -1):
        if first != entry.first and (first in occupied or first not in below):
            break
        for last in range(entry.last, len(bounds)):
            if last != entry.last and (last in occupied or last not in below):
                break
            if last == first or not set(range(first, last + 1)) <= below:
                continue
            off = abs((bounds[first][0] + bounds[last][1]) / 2 - center)
            if off < 1.0 * size and (best is None or off < best[0]):
                best = off, first, last
    if best is None:
        return None
    own = abs((bounds[entry.first][0] + bounds[entry.last][1]) / 2 - center)
    if not entry.spans and own < 0.6 * size and (tight or not many):
        return None  # the first line of its own column's header
    return best[1], best[2]


def _same_cell(cell: HeaderCell, entry: Entry, rules: Sequence[Rule], size: float) -> bool:
    """Whether an entry goes on with the header cell above it."""
    last = cell.entries[-1].piece
    if entry.piece.bottom - last.bottom > _SAME_CELL * size:
        return False
    x0, x1 = entry.piece.x0, entry.piece.x1
    for rule in rules:
        between = last.bottom - 0.35 * size < rule.at < entry.piece.top + 0.45 * size
        if between and min(rule.end, x1) - max(rule.start, x0) > 0.5 * (x1 - x0):
            return False
    return (cell.first, cell.last) == (entry.first, entry.last)


def _levels(cells: list[HeaderCell]) -> list[list[HeaderCell]]:
    """Rows of cells: one stands above all that it covers."""
    level = [0] * len(cells)
    for index in reversed(range(len(cells))):
        cell = cells[index]
        below = [
            level[other] + 1
            for other in range(index + 1, len(cells))
            if cells[other].first <= cell.last and cell.first <= cells[other].last
        ]
        level[index] = max(below, default=0)
    top = max(level, default=-1)
    return [
        sorted((c for c, at in zip(cells, level, strict=True) if at == row), key=lambda c: c.first)
        for row in range(top, -1, -1)
    ]
