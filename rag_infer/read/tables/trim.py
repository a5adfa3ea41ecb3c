"""Cuts a run of lines to its table: titles above it and notes below are none of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.read.tables.candidates import Row
from rag_infer.read.tables.figures import is_empty, is_number, is_year
from rag_infer.read.tables.headers import wide_rules
from rag_infer.read.tables.ruling_lines import Rules
from rag_infer.read.tables.text_lines import Piece

_UNIT = re.compile(r"\(|[Ii]n (?:thousands|millions|billions)")


def trimmed(run: Sequence[Row], rules: Rules) -> list[list[Row]]:
    """The tables of a run, each without the lines above and below it that are not in pieces."""
    x0, x1 = min(row.x0 for row in run), max(row.x1 for row in run)
    top, bottom = run[0].line.top - 8, run[-1].line.bottom + 8
    wide = wide_rules([r for r in rules.level if top < r.at < bottom], x0, x1)
    parts = [part for rows in _split(run, wide) for part in _split_at_headers(rows)]
    return [part for rows in parts if len(part := _trim(rows, wide)) > 1]


def _split(run: Sequence[Row], wide: Sequence[float]) -> list[list[Row]]:
    """Parts a run at titles: lines not in pieces, between the rules of two tables."""
    parts: list[list[Row]] = [[]]
    title: list[Row] = []
    for row in run:
        if len(row.pieces) == 1:
            title.append(row)
            continue
        if (
            title
            and (len(title) > 1 or not _numbers(row))
            and parts[-1]
            and _rule_between(wide, parts[-1][-1], title[0])
            and _rule_between(wide, title[-1], row)
        ):
            parts.append([row])
        else:
            parts[-1] += [*title, row]
        title = []
    parts[-1] += title
    return parts


def _split_at_headers(run: Sequence[Row]) -> list[list[Row]]:
    """Parts a run where headers of columns follow upon figures: another table begins there."""
    parts: list[list[Row]] = [[]]
    waiting: list[Row] = []  # lines without figures, which may be the next table's header
    data = 0
    for row in run:
        if _numbers(row):
            starts = any(_names_columns(head, row) for head in waiting)
            if data and starts:
                parts.append([])
                data = 0
            parts[-1] += [*waiting, row]
            waiting = []
            data += 1
        else:
            waiting.append(row)
    parts[-1] += waiting
    return parts


def _numbers(row: Row) -> list[Piece]:
    """The figures of a line beside its label; years are none."""
    return [p for p in row.pieces[1:] if is_number(p.text) and not is_year(p.text)]


def _names_columns(row: Row, below: Row) -> bool:
    """Whether a line has two names or more over the figures of the line below, and no signs."""
    figures = _numbers(below)
    over = [
        piece for piece in row.pieces if any(piece.x0 < p.x1 and piece.x1 > p.x0 for p in figures)
    ]
    names = [piece for piece in over if not is_empty(piece.text)]
    label = row.pieces[0]
    in_label = label.x1 < figures[0].x0 and not _UNIT.match(label.text)
    return len(names) > 1 and len(names) == len(over) and not in_label


def _rule_between(wide: Sequence[float], above: Row, below: Row) -> bool:
    return any(above.line.baseline - 1 < y < below.line.baseline for y in wide)


def _trim(run: Sequence[Row], wide: Sequence[float]) -> list[Row]:
    rows = list(run)
    start = 0
    # Lines of one piece above the first rule are titles.
    for y in wide:
        above = sum(row.line.baseline < y for row in rows)
        if 0 < above < len(rows) and all(len(row.pieces) == 1 for row in rows[:above]):
            start = above
    while start < len(rows) - 1 and len(rows[start].pieces) == 1 and not _is_head(rows, start):
        start += 1
    return rows[start:]


def _is_head(rows: Sequence[Row], number: int) -> bool:
    """Whether a line of one piece stands over columns, not over labels."""
    row = rows[number]
    below = next((r for r in rows[number + 1 :] if len(r.pieces) > 1), None)
    return below is not None and row.x0 > below.pieces[0].x1 and row.x1 < below.x1 + 12
