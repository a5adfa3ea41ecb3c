"""The table of a region: its words and rules, and the way in which it is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from rag_infer.read.tables.aligned import align, aligned_grid
from rag_infer.read.tables.grid import Box, TableGrid
from rag_infer.read.tables.lattice import Lattice, find_lattice
from rag_infer.read.tables.lattice_cells import lattice_grid
from rag_infer.read.tables.page_content import PageContent
from rag_infer.read.tables.ruling_lines import Rule, Rules
from rag_infer.read.tables.words import Word

_MARGIN = 4.0


class Region:
    """A box of a page's frame, with what is in it; each is worked out once, when it is asked for.

    A region may be looked at as a frame of lines, as shaded cells and as aligned text in turn.
    """

    def __init__(self, content: PageContent, box: Box) -> None:
        self.content = content
        self.box = box

    @cached_property
    def words(self) -> list[Word]:
        """The words whose middle is in the box."""
        x0, y0, x1, y1 = self.box
        return [
            word
            for word in self.content.words
            if y0 <= word.baseline - 0.3 * word.size <= y1 and x0 <= (word.x0 + word.x1) / 2 <= x1
        ]

    @cached_property
    def rules(self) -> Rules:
        """The rules in the box, cut at its edges."""
        box, rules = self.box, self.content.rules
        x0, y0, x1, y1 = box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN
        return Rules(
            _inside(rules.level, y0, y1, x0, x1),
            _inside(rules.upright, x0, x1, y0, y1),
            _inside(rules.level_shades, y0, y1, x0, x1),
            _inside(rules.upright_shades, x0, x1, y0, y1),
            tuple((x, y) for x, y in rules.slants if x0 <= x <= x1 and y0 <= y <= y1),
        )

    @cached_property
    def shaded(self) -> Rules:
        """The same with the edges of filled areas as lines."""
        return self.rules.with_shades()

    @cached_property
    def _lattice(self) -> Lattice | None:
        return find_lattice(self.rules, self.words)

    @cached_property
    def _shaded_lattice(self) -> Lattice | None:
        if self._has_no_shades:
            return self._lattice
        return find_lattice(self.shaded, self.words)

    @cached_property
    def _has_no_shades(self) -> bool:
        rules, shaded = self.rules, self.shaded
        return (rules.level, rules.upright) == (shaded.level, shaded.upright)

    @cached_property
    def _ruled_grid(self) -> TableGrid | None:
        lattice = self._lattice
        return None if lattice is None else lattice_grid(self.content, lattice, self.words)

    @cached_property
    def _shaded_grid(self) -> TableGrid | None:
        if self._has_no_shades:
            return self._ruled_grid
        lattice = self._shaded_lattice
        return None if lattice is None else lattice_grid(self.content, lattice, self.words)

    @property
    def is_latticed(self) -> bool:
        """Whether lines, or shaded areas, are drawn across it both ways."""
        return self._lattice is not None or self._shaded_lattice is not None

    @property
    def has_lattice(self) -> bool:
        """Whether those lines are the ones between cells."""
        return self._ruled_grid is not None or self._shaded_grid is not None

    @cached_property
    def grid(self) -> TableGrid | None:
        """The table that fills the region, None if it holds no two columns."""
        if not self.words:
            return None
        if self._ruled_grid is not None:
            return self._ruled_grid
        table = align(self.content, self.words, self.rules, self.box)
        aligned = None if table is None else aligned_grid(self.content, table, self.shaded)
        shaded = self._shaded_grid
        if shaded is None or aligned is None or table is None:
            return shaded or aligned
        # Shaded cells say where texts part; figures say it themselves, and better.
        by_figures = bool(table.figures) and aligned.n_columns >= shaded.n_columns
        return aligned if by_figures else shaded


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
    return Region(content, (x0 - 1, y0 - 1, x1 + 1, y1 + 1)).grid
