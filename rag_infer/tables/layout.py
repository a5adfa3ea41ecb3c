"""Cells of marked-up rows laid out on a grid: merged cells fill all places that they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_SPAN = 1000  # rows or columns of one cell; a file may claim any number
MAX_CELLS = 1_000_000  # of a grid: few cells may claim, by their spans, any number of places


@dataclass(frozen=True, slots=True)
class MarkupCell:
    """A cell as markup has it: its text, and the rows and columns that it covers."""

    text: str
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a grid. ``repeated``: columns whose cell began further to the left."""

    texts: Sequence[str]
    repeated: frozenset[int] = frozenset()

    @property
    def filled(self) -> int:
        """How many cells with text begin in it."""
        return sum(bool(t) and n not in self.repeated for n, t in enumerate(self.texts))


def laid_out(rows: Iterable[Sequence[MarkupCell]]) -> list[TableRow]:
    """The grid of rows as HTML lays them out: of equal length, gaps are empty cells.

    Where that would be more than ``MAX_CELLS``, each row is one cell of all its texts.
    """
    rows = list(rows)
    cells = 0
    grid: list[tuple[dict[int, str], set[int]]] = []
    pending: dict[int, tuple[str, bool, int]] = {}  # by column: text, repeated, rows left
    for row in rows:
        line: dict[int, str] = {}
        repeated: set[int] = set()
        for column, (text, again, left) in list(pending.items()):
            line[column] = text
            if again:
                repeated.add(column)
            if left > 1:
                pending[column] = (text, again, left - 1)
            else:
                del pending[column]
        column = 0
        for cell in row:
            while column in line:
                column += 1
            for offset in range(min(max(1, cell.column_span), MAX_SPAN)):
                if column in line:
                    break
                line[column] = cell.text
                if offset:
                    repeated.add(column)
                if cell.row_span > 1:
                    pending[column] = (cell.text, offset > 0, min(cell.row_span, MAX_SPAN) - 1)
                column += 1
        grid.append((line, repeated))
        cells += len(line)
        if cells > MAX_CELLS:
            return _joined(rows)
    width = max((max(line, default=-1) + 1 for line, _ in grid), default=0)
    if width * len(grid) > MAX_CELLS:
        return _joined(rows)
    return [
        TableRow([line.get(n, "") for n in range(width)], frozenset(repeated))
        for line, repeated in grid
    ]


def _joined(rows: Sequence[Sequence[MarkupCell]]) -> list[TableRow]:
    return [TableRow([" ".join(filter(None, (cell.text for cell in row)))]) for row in rows]
