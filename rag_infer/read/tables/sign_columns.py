"""Columns of nothing but signs, joined to the figures that the signs belong to.

Filings set "$", a closing parenthesis or "%" in a narrow column of its own, so that figures align.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rag_infer.read.tables.figures import is_prefix, is_suffix
from rag_infer.read.tables.grid import Cell


def join_sign_columns(cells: Sequence[Cell]) -> list[Cell]:
    """Cells with those of signs put to their neighbors; the other columns keep their numbers."""
    result = list(cells)
    single: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.column_span == 1:
            single[cell.column].append(cell)
    columns = {c for cell in cells for c in range(cell.column, cell.column + cell.column_span)}
    for column in sorted(single):
        texts = [cell.text for cell in single[column]]
        if all(is_prefix(text) for text in texts):
            target = min((c for c in columns if c > column and c in single), default=None)
        elif all(is_suffix(text) for text in texts):
            target = max((c for c in columns if c < column and c in single), default=None)
        else:
            continue
        if target is not None and abs(target - column) <= 2:
            result = _joined(result, column, target)
    return result


def _joined(cells: list[Cell], column: int, target: int) -> list[Cell]:
    by_place = {(c.row, c.column): c for c in cells if c.column_span == 1}
    result = []
    gone: set[tuple[int, int]] = set()
    merged: dict[tuple[int, int], Cell] = {}
    for (row, at), cell in by_place.items():
        if at != column:
            continue
        other = by_place.get((row, target))
        gone.add((row, column))
        if other is None:
            merged[row, target] = replace(cell, column=target)
        else:
            first, second = (cell, other) if column < target else (other, cell)
            between = " " if column < target else ""
            merged[row, target] = replace(
                other,
                text=first.text + between + second.text,
                box=(
                    min(first.box[0], second.box[0]),
                    min(first.box[1], second.box[1]),
                    max(first.box[2], second.box[2]),
                    max(first.box[3], second.box[3]),
                ),
                spans=tuple(sorted((*first.spans, *second.spans))),
            )
    for cell in cells:
        position = (cell.row, cell.column)
        if cell.column_span == 1 and (position in gone or position in merged):
            continue
        result.append(cell)
    return [*result, *merged.values()]
