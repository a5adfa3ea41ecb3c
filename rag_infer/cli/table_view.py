"""Rows that answer a question, in columns: figures to the right, as wide as the terminal allows."""

from __future__ import annotations

import sys

from rag_infer.cli.output import print_text
from rag_infer.cli.terminal import has_color, one_line, width
from rag_infer.types import ResultTable

_MAX_ROWS = 20


def render_table(table: ResultTable, max_rows: int = _MAX_ROWS) -> None:
    """Prints a table to standard output; what is too wide is wrapped in its column."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    print_text()
    sys.stdout.flush()
    console = Console(
        width=width(),
        no_color=not has_color(sys.stdout),
        highlight=False,
        markup=False,
        emoji=False,
    )
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(table.columns):
        cells = [row[number] for row in table.rows if number < len(row)]
        figures = sum(cell[:1].isdigit() or cell[1:2].isdigit() for cell in cells)
        grid.add_column(
            Text(one_line(column)), justify="right" if 2 * figures > len(cells) else "left"
        )
    for row in table.rows[:max_rows]:
        grid.add_row(*(Text(one_line(cell)) for cell in row))
    console.print(grid)
    remaining = len(table.rows) - max_rows + table.more
    if remaining > 0:
        print_text(f"and {remaining:,} more rows")
