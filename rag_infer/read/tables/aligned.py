"""Tables without a full lattice of rules: columns by white space, rows by lines and rules."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_infer.read.tables.cells import cell_of, grid_of
from rag_infer.read.tables.columns import Separator, separators
from rag_infer.read.tables.figures import is_number, is_year
from rag_infer.read.tables.grid import Box, Cell, TableGrid
from rag_infer.read.tables.headers import header_cells, header_lines, wide_rules
from rag_infer.read.tables.page_content import PageContent
from rag_infer.read.tables.placement import Entry, figure_columns, place
from rag_infer.read.tables.rows import row_groups
from rag_infer.read.tables.ruling_lines import Rules
from rag_infer.read.tables.text_lines import TextLine, text_lines
from rag_infer.read.tables.words import Word

_UPRIGHT_SHARE = 0.4  # of the table's height: a rule so long parts columns
_NEAR_POINTS = 3.0
_APART = 0.8  # of the height
_LABEL_APART = 2.0
_MAX_COLUMNS = 80
_MIN_BODY = 2  # lines


@dataclass(frozen=True, slots=True)
class AlignedTable:
    """Lines of a region in columns, before they are made a grid."""

    lines: tuple[TextLine, ...]
    placed: tuple[tuple[Entry, ...], ...]
    parts: tuple[Separator, ...]
    figures: frozenset[int]
    header: int

    @property
    def n_columns(self) -> int:
        return len(self.parts) + 1


def align(
    content: PageContent, words: Sequence[Word], rules: Rules, box: Box
) -> AlignedTable | None:
    """Puts the words of a region in columns; None if there is only one."""
    height = box[3] - box[1]
    cuts = upright_cuts(rules, height, words)
    lines = text_lines(words, content.space, cuts)
    if not lines:
        return None
    x0, x1 = min(line.x0 for line in lines), max(line.x1 for line in lines)
    body = lines[_first_data(lines) :]
    # Headers are wider than figures and stand over several columns: the body shows where columns
    # part, if there is enough of it.
    parts = separators(lines, x0, x1)
    if _MIN_BODY <= len(body) < len(lines):
        parts = _of_body(body, separators(body, x0, x1), parts)
    parts = _with_rules(_between_figures(body, parts), cuts)
    if len(parts) >= _MAX_COLUMNS:
        return None  # scattered words
    parts, placed = _joined_columns(lines, parts)
    if not parts:
        return None
    figures = figure_columns(placed, len(parts) + 1)
    wide = wide_rules(rules.level, x0, x1)
    header = header_lines(lines, placed, figures, wide)
    # A header's words must not decide what a column holds.
    figures = figure_columns(placed[header:], len(parts) + 1) or figures
    return AlignedTable(
        tuple(lines), tuple(tuple(entries) for entries in placed), tuple(parts), figures, header
    )


def upright_cuts(rules: Rules, height: float, words: Sequence[Word]) -> list[float]:
    """The x of upright rules that are long, with words on both sides."""
    lengths: list[list[float]] = []
    for rule in sorted(rules.upright, key=lambda r: r.at):
        if lengths and rule.at - lengths[-1][0] < _NEAR_POINTS:
            lengths[-1][1] += rule.length
        else:
            lengths.append([rule.at, rule.length])
    x0, x1 = min(word.x0 for word in words), max(word.x1 for word in words)
    return [
        x
        for x, length in lengths
        if length >= _UPRIGHT_SHARE * height and x0 + _NEAR_POINTS < x < x1 - _NEAR_POINTS
    ]


def _of_body(
    body: Sequence[TextLine], parts: list[Separator], of_all: list[Separator]
) -> list[Separator]:
    """The body's separators, and those that only the header makes sure: one figure is enough."""
    more = []
    for part in of_all:
        if any(part.x0 < other.x1 and other.x0 < part.x1 for other in parts):
            continue
        crossed = any(p.x0 < part.x0 and p.x1 > part.x1 for line in body for p in line.pieces)
        one_sided = any(line.x1 <= part.x0 or line.x0 >= part.x1 for line in body)
        parted = any(line.x0 < part.x0 and line.x1 > part.x1 for line in body)
        if parted and one_sided and not crossed:
            more.append(part)
    return sorted([*parts, *more], key=lambda part: part.x0)


def _between_figures(body: Sequence[TextLine], parts: list[Separator]) -> list[Separator]:
    """Parts figures of one line that stand apart, and labels: they are never in one cell."""
    result = list(parts)
    for line in body:
        for a, b in zip(line.pieces, line.pieces[1:], strict=False):
            if not is_number(b.text):
                continue
            min_gap = _APART if is_number(a.text) else _LABEL_APART
            if b.x0 - a.x1 < min_gap * line.size or any(
                a.x0 < part.middle < b.x1 for part in result
            ):
                continue
            middle = (a.x1 + b.x0) / 2
            if not any(p.x0 < middle < p.x1 for other in body for p in other.pieces):
                result.append(Separator(a.x1, b.x0))
    return sorted(result, key=lambda part: part.x0)


def _first_data(lines: Sequence[TextLine]) -> int:
    """The first line with a number, which is no year, beside something else."""
    for number, line in enumerate(lines):
        if any(is_number(p.text) and not is_year(p.text) for p in line.pieces[1:]):
            return number
    return 0


def _with_rules(parts: list[Separator], cuts: list[float]) -> list[Separator]:
    """White space and upright rules; where both are, the rule parts."""
    result = list(parts)
    for x in cuts:
        result = [
            part for part in result if not part.x0 - _NEAR_POINTS <= x <= part.x1 + _NEAR_POINTS
        ]
        result.append(Separator(x, x, ruled=True))
    return sorted(result, key=lambda part: part.x0)


def _joined_columns(
    lines: Sequence[TextLine], parts: list[Separator]
) -> tuple[list[Separator], list[list[Entry]]]:
    """Joins a column that holds nothing but lines of the header to the one it stands over.

    A header that is set to the left of a column of figures can lie beside all of them. A figure
    that is in two columns which no line parts shows that they are one.
    """
    while True:
        placed = place(lines, parts)
        together: set[tuple[int, int]] = set()
        crossed: set[tuple[int, int]] = set()
        reach: dict[int, list[int]] = {}
        for number, entries in enumerate(placed):
            for entry in entries:
                if not entry.spans:
                    reach.setdefault(entry.first, []).append(number)
                elif entry.last == entry.first + 1 and is_number(entry.piece.text):
                    crossed.add((entry.first, entry.last))
            together |= {(a.last, b.first) for a, b in itertools.pairwise(entries)}
        empty = [c for c in range(len(parts) + 1) if c not in reach]
        if empty:
            # Nothing stands in this column alone.
            drop = min(max(empty[0] - 1, 0), len(parts) - 1)
        else:
            drop = next(
                (
                    n
                    for n, part in enumerate(parts)
                    if not part.ruled
                    and (n, n + 1) not in together
                    and (
                        (n, n + 1) in crossed
                        or _one_above_other(reach[n], reach[n + 1], len(lines))
                    )
                ),
                -1,
            )
        if drop < 0 or not parts:
            return parts, placed
        parts = parts[:drop] + parts[drop + 1 :]


def _one_above_other(left: list[int], right: list[int], n_lines: int) -> bool:
    """Whether one column's lines all are above the other's, at the top of the table."""
    above, below = (left, right) if left[-1] < right[0] else (right, left)
    return above[-1] < below[0] and above[-1] < max(3, n_lines // 3)


def aligned_grid(content: PageContent, table: AlignedTable, rules: Rules) -> TableGrid | None:
    """The grid of a table without a lattice."""
    lines, placed, header = table.lines, table.placed, table.header
    x0, x1 = min(line.x0 for line in lines), max(line.x1 for line in lines)
    wide = wide_rules(rules.level, x0, x1)
    cells: list[Cell] = []
    top_rows = header_cells(lines[:header], placed[:header], table.parts, rules.level, (x0, x1))
    for row, row_cells in enumerate(top_rows):
        for head in row_cells:
            words = [word for entry in head.entries for word in entry.piece.words]
            cells.append(cell_of(content, words, row, head.first, 1, head.last - head.first + 1))
    body, below = lines[header:], placed[header:]
    first = len(top_rows)
    breaks = _breaks(wide, body)
    one_row = _ruled_rows(breaks, body, below, table.figures)
    groups = row_groups(body, below, table.figures, breaks, one_row=one_row)
    for row, group in enumerate(groups):
        by_place: dict[tuple[int, int], list[tuple[int, Word]]] = {}
        for number in group:
            for entry in below[number]:
                by_place.setdefault((entry.first, entry.last), []).extend(
                    (number, word) for word in entry.piece.words
                )
        for (start, last), words in _without_overlaps(by_place).items():
            cells.append(cell_of(content, words, first + row, start, 1, last - start + 1))
    grid = grid_of(content, cells, first, ruled=False)
    return grid if grid is None else replace(grid, ruled=bool(wide))


def _breaks(wide: Sequence[float], body: Sequence[TextLine]) -> list[float]:
    if not body:
        return []
    return [y for y in wide if body[0].baseline - body[0].size < y]


def _ruled_rows(
    breaks: Sequence[float],
    body: Sequence[TextLine],
    placed: Sequence[Sequence[Entry]],
    figures: frozenset[int],
) -> bool:
    """Whether a rule is drawn between all rows: no two lines of figures without one between."""
    inner = [y for y in breaks if body and y < body[-1].baseline]
    if len(inner) < 2:
        return False
    bands: dict[int, int] = {}
    for line, entries in zip(body, placed, strict=True):
        band = sum(y < line.baseline - 0.1 * line.size for y in breaks)
        dense = sum(e.first in figures and e.piece.is_figure for e in entries)
        bands[band] = bands.get(band, 0) + (dense > 0 if figures else 0)
    return max(bands.values(), default=0) <= 1 and len(bands) > 2


def _without_overlaps(
    by_place: dict[tuple[int, int], list[tuple[int, Word]]],
) -> dict[tuple[int, int], list[Word]]:
    """Cells of one row that do not cover one another: those that would are joined."""
    result: dict[tuple[int, int], list[tuple[int, Word]]] = {}
    for (first, last), words in sorted(by_place.items()):
        previous = next(reversed(result), None)
        if previous is not None and previous[1] >= first:
            joined = result.pop(previous) + words
            if previous[0] == previous[1]:
                # A text that runs over its column's edge in one line only.
                result[previous] = joined
            else:
                result[previous[0], max(previous[1], last)] = joined
        else:
            result[first, last] = words
    return {
        columns: [word for _, word in sorted(words, key=lambda pair: (pair[0], pair[1].x0))]
        for columns, words in result.items()
    }
