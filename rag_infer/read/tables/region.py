"""The table of a region: its words and rules, and the way in which it is read."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.read.tables.aligned import align, aligned_grid
from rag_infer.read.tables.grid import Box, TableGrid
from rag_infer.read.tables.lattice import find_lattice
from rag_infer.read.tables.lattice_cells import lattice_grid
from rag_infer.read.tables.page_content import PageContent
from rag_infer.read.tables.ruling_lines import Rule, Rules
from rag_infer.read.tables.words import Word

_MARGIN = 4.0


def words_in(content: PageContent, box: Box) -> list[Word]:
    """The words whose middle is in a box of the frame."""
    x0, y0, x1, y1 = box
    return [
        word
        for word in content.words
        if x0 <= (word.x0 + word.x1) / 2 <= x1 and y0 <= word.baseline - 0.3 * word.size <= y1
    ]


def rules_in(content: PageContent, box: Box) -> Rules:
    """The rules in a box of the frame, cut at its edges."""
    x0, y0, x1, y1 = box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN
    rules = content.rules
    return Rules(
        _inside(rules.level, y0, y1, x0, x1),
        _inside(rules.upright, x0, x1, y0, y1),
        _inside(rules.level_shades, y0, y1, x0, x1),
        _inside(rules.upright_shades, x0, x1, y0, y1),
        tuple((x, y) for x, y in rules.slants if x0 <= x <= x1 and y0 <= y <= y1),
    )


def _inside(
    rules: Sequence[Rule], low: float, high: float, start: float, end: float
) -> tuple[Rule, ...]:
    cut = (
        Rule(rule.at, max(rule.start, start), min(rule.end, end))
        for rule in rules
        if low <= rule.at <= high
    )
    return tuple(rule for rule in cut if rule.length > _MARGIN)


def table_in_region(content: PageContent, box: Box) -> TableGrid | None:
    """The table that fills a region of a page, None if it holds no two columns.

    Args:
        content: The page.
        box: x0, y0, x1, y1 in points from the page's lower left, as it lies in the file.
    """
    x0, y0, x1, y1 = content.box_in_frame(box)
    return grid_in(content, (x0 - 1, y0 - 1, x1 + 1, y1 + 1))


def grid_in(content: PageContent, box: Box) -> TableGrid | None:
    """``table_in_region`` with a box of the page's frame."""
    words = words_in(content, box)
    if not words:
        return None
    rules = rules_in(content, box)
    ruled = _lattice_table(content, words, rules)
    if ruled is not None:
        return ruled
    table = align(content, words, rules, box)
    aligned = None if table is None else aligned_grid(content, table, rules.with_shades())
    shaded_grid = _lattice_table(content, words, rules.with_shades())
    if shaded_grid is None or aligned is None or table is None:
        return shaded_grid or aligned
    # Shaded cells say where texts part; figures say it themselves, and better.
    by_figures = bool(table.figures) and aligned.n_columns >= shaded_grid.n_columns
    return aligned if by_figures else shaded_grid


def has_lattice(content: PageContent, words: Sequence[Word], rules: Rules) -> bool:
    """Whether lines, or shaded areas, are drawn between the cells."""
    return any(
        _lattice_table(content, words, lines) is not None for lines in (rules, rules.with_shades())
    )


def _lattice_table(content: PageContent, words: Sequence[Word], rules: Rules) -> TableGrid | None:
    lattice = find_lattice(rules, words)
    return None if lattice is None else lattice_grid(content, lattice, words)
