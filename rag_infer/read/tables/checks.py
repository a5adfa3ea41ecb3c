"""Whether a grid is a table: prose in columns, lists, forms and tables of contents are not."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence

from rag_infer.read.tables.figures import is_empty, is_figure, is_number
from rag_infer.read.tables.grid import Cell, TableGrid
from rag_infer.read.tables.prose import ENUMERATOR
from rag_infer.read.tables.ruling_lines import Rules
from rag_infer.read.tables.words import Word

_MIN_FILL = 0.4
_SLANTS_A_CELL = 2.0
_SAYS = re.compile(r"[^\W\d_]{3,}|^\W*\d")
_LONG_CELL_WORDS = 9
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:[A-Z]{1,2}[-–])?\d{1,4}|[ivxlc]{1,6}")
_CONTENTS = re.compile(
    r"(?:table of contents|contents|index|item \d|part [IVX]+\b|chapter|page$|annex|appendix)",
    re.IGNORECASE,
)
_LABEL_OF_FORM = re.compile(r"[:?]$|_{2,}|\[\s*\]|☐|□")
_EQUATION_NUMBER = re.compile(r"\(\d{1,3}(?:\.\d{1,3})?[a-z]?\)")


def is_table(grid: TableGrid, *, lattice: bool, wide_rules: int, leaders: bool) -> bool:
    """Whether a grid that was read off a page is one of data.

    Args:
        grid: The grid.
        lattice: Its cells are parted by rules.
        wide_rules: How many rules go over its width.
        leaders: Dots lead from its labels to their figures.
    """
    cells = [cell for cell in grid.cells if cell.text]
    rows = Counter(row for cell in cells for row in range(cell.row, cell.row + cell.row_span))
    multi = sum(count > 1 for count in rows.values())
    if lattice:
        return _is_ruled_table(grid, cells, multi, leaders)
    ruled = wide_rules >= 2
    if multi < (2 if ruled else 3) or grid.n_columns < 2:
        return False
    fill = sum(cell.column_span for cell in cells) / (grid.n_rows * grid.n_columns)
    if fill < _MIN_FILL or 2 * multi < grid.n_rows:
        return False
    figures = figure_share(grid)
    if _is_contents(grid, cells, figures, ruled, leaders) or _is_form(grid, cells):
        return False
    numeric = [c for c, (share, numbers) in figures.items() if share >= 0.5 and numbers > 1]
    if _is_list(grid, cells) or _is_equations(grid, cells):
        return False
    body = [cell for cell in cells if cell.row >= grid.header_rows]
    spanning = len({cell.row for cell in body if cell.column_span > 1})
    if spanning > 0.34 * grid.n_rows:
        return False
    words = [len(cell.text.split()) for cell in body]
    long = sum(count >= _LONG_CELL_WORDS for count in words)
    if numeric:
        return long <= 0.34 * len(words)
    if ruled:
        return long <= 0.5 * len(words) and multi >= 2
    short = sum(count <= 5 for count in words)
    return grid.n_columns >= 3 and multi >= 4 and short >= 0.85 * len(words) and fill >= 0.6


def is_drawing(grid: TableGrid, rules: Rules, words: Sequence[Word]) -> bool:
    """Whether a grid was made of a chart's axis or a drawing's letters.

    Charts have slanted lines and curves, and lines that run through their labels; drawings and
    formulas are single letters.
    """
    if len(rules.slants) > _SLANTS_A_CELL * len(grid.cells):
        return True
    if _crossed(words, rules) > 0.1 * len(words):
        return True
    meaningful = sum(_SAYS.search(cell.text) is not None for cell in grid.cells)
    return meaningful < 0.45 * len(grid.cells)


def _crossed(words: Sequence[Word], rules: Rules) -> int:
    """How many words an upright line runs through."""
    upright = sorted(rules.upright)
    places = [rule.at for rule in upright]
    count = 0
    for word in words if upright else ():
        y = word.baseline - 0.3 * word.size
        first, end = bisect_right(places, word.x0 + 1.5), bisect_left(places, word.x1 - 1.5)
        count += any(rule.start < y < rule.end for rule in upright[first:end])
    return count


def figure_share(grid: TableGrid) -> dict[int, tuple[float, int]]:
    """For each column past the first, the share of figures below the header, and the numbers."""
    figures: Counter[int] = Counter()
    numbers: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    for cell in grid.cells:
        if cell.row < grid.header_rows or cell.column_span > 1:
            continue
        filled[cell.column] += 1
        if ENUMERATOR.fullmatch(cell.text) is None or is_empty(cell.text):
            figures[cell.column] += is_figure(cell.text)
            numbers[cell.column] += is_number(cell.text)
    texts: dict[int, list[str]] = defaultdict(list)
    for cell in grid.cells:
        texts[cell.column].append(cell.text)
    for column in filled:
        if _is_count(texts[column]):
            figures[column] = numbers[column] = 0
    first = 0 if grid.n_columns > 1 and figures[0] < filled[0] else -1
    return {c: (figures[c] / filled[c], numbers[c]) for c in filled if c > first or c > 0}


def _is_count(column: Sequence[str]) -> bool:
    """Whether a column counts 1, 2, 3: the numbers of lines or of notes."""
    values = [
        int(digits) for text in column for digits in _DIGITS.findall(text)[:2] if len(digits) < 4
    ]
    steps = [b - a for a, b in itertools.pairwise(values)]
    return len(steps) > 1 and sum(step == 1 for step in steps) >= 0.7 * len(steps)


def _is_ruled_table(grid: TableGrid, cells: list[Cell], multi: int, leaders: bool) -> bool:
    if grid.n_rows < 2 or grid.n_columns < 2 or multi < 2 or len(cells) < 4:
        return False
    area = sum(cell.row_span * cell.column_span for cell in cells) / (grid.n_rows * grid.n_columns)
    if area < _MIN_FILL:
        return False
    characters = [len(cell.text) for cell in cells]
    if max(characters) > 0.7 * sum(characters) and max(characters) > 300:
        return False  # a frame around text
    if _is_form(grid, cells) or _is_contents(grid, cells, figure_share(grid), True, leaders):
        return False
    # Boxes of a form are as wide as what is written in them; cells are as wide as their column.
    wide = {cell.row for cell in cells if cell.column_span > 1 and cell.row >= grid.header_rows}
    return len(wide) <= max(1.0, 0.5 * (grid.n_rows - grid.header_rows))


def _is_form(grid: TableGrid, cells: list[Cell]) -> bool:
    """Labels with blanks to fill in."""
    labels = sum(_LABEL_OF_FORM.search(cell.text) is not None for cell in cells)
    numbers = sum(is_number(cell.text) for cell in cells)
    return labels > 0.3 * len(cells) and numbers < 0.3 * len(cells)


def _is_contents(
    grid: TableGrid,
    cells: list[Cell],
    figures: dict[int, tuple[float, int]],
    ruled: bool,
    leaders: bool,
) -> bool:
    """Titles with page numbers that rise; ``figures`` is the ``figure_share``."""
    last = [cell for cell in cells if cell.column == grid.n_columns - 1]
    pages = [cell.text for cell in last if _PAGE_NUMBER.fullmatch(cell.text)]
    if any(share >= 0.5 for c, (share, _) in figures.items() if c < grid.n_columns - 1):
        return False
    if grid.n_columns > 5 or len(pages) < 3 or len(pages) < 0.7 * len(last):
        return False
    values = [int(re.sub(r"\D", "", page)) for page in pages if page[-1].isdigit()]
    if 0 in values:
        return False
    rises = sum(a <= b for a, b in itertools.pairwise(values))
    mostly = len(values) > 2 and rises >= 0.8 * (len(values) - 1)
    titled = sum(_CONTENTS.match(cell.text) is not None for cell in cells) > 1
    return mostly and (leaders or titled or not ruled)


def _is_list(grid: TableGrid, cells: list[Cell]) -> bool:
    """Bullets or numbers before texts."""
    first = [cell.text for cell in cells if cell.column == 0]
    marks = sum(ENUMERATOR.fullmatch(text) is not None for text in first)
    return grid.n_columns <= 2 and bool(first) and marks >= 0.6 * len(first)


def _is_equations(grid: TableGrid, cells: list[Cell]) -> bool:
    last = [cell.text for cell in cells if cell.column == grid.n_columns - 1]
    numbered = sum(_EQUATION_NUMBER.fullmatch(text) is not None for text in last)
    return grid.n_columns <= 3 and numbered >= 0.7 * len(last)
