"""Cuts a run of lines to its table: titles above it and notes below are none of its rows."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.read.tables.candidates import Row
from rag_infer.read.tables.headers import wide_rules
from rag_infer.read.tables.ruling_lines import Rules


def trimmed(run: Sequence[Row], rules: Rules) -> list[list[Row]]:
    """The tables of a run, each without the lines above and below it that are not in pieces."""
    rows = list(run)
    x0, x1 = min(row.x0 for row in rows), max(row.x1 for row in rows)
    top, bottom = rows[0].line.top - 8, rows[-1].line.bottom + 8
    wide = [
        y
        for y in wide_rules([r for r in rules.level if top < r.at < bottom], x0, x1)
    ]
    start, end = 0, len(rows)
    # Lines of one piece above the first rule are titles.
    for y in wide:
        above = sum(row.line.baseline < y for row in rows)
        if 0 < above < len(rows) and all(len(row.pieces) == 1 for row in rows[:above]):
            start = above
    while start < end - 1 and len(rows[start].pieces) == 1 and not _is_head(rows, start):
        start += 1
    return [rows[start:end]] if end - start > 1 else []


def _is_head(rows: Sequence[Row], number: int) -> bool:
    """Whether a line of one piece stands over columns, not over labels."""
    row = rows[number]
    below = next((r for r in rows[number + 1 :] if len(r.pieces) > 1), None)
    return below is not None and row.x0 > below.pieces[0].x1 and row.x1 < below.x1 + 12
