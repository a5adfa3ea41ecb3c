"""Pieces of text in columns: which columns each piece stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_infer.read.tables.columns import Separator
from rag_infer.read.tables.figures import is_figure, is_number
from rag_infer.read.tables.text_lines import Piece, TextLine, piece_of
from rag_infer.read.tables.words import Word

_FAR = 1e6  # points
_INTO = 0.35  # of the height: so far into a column is in it
_ALIGNED_POINTS = 1.6
_IN_LINE = 0.6  # of the height
_HEAD_GAP = 0.33
_FIGURE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of text in columns ``first`` to ``last`` of a line."""

    line: int
    first: int
    last: int
    piece: Piece

    @property
    def spans(self) -> bool:
        return self.last > self.first


def place(lines: Sequence[TextLine], parts: Sequence[Separator]) -> list[list[Entry]]:
    """The entries of each line. Pieces that run into the next column's text are cut there."""
    columns = cores(parts)
    where = [[_columns(piece, columns, line.size) for piece in line.pieces] for line in lines]
    edges = _common_edges(lines, where, len(columns))
    hulls = _hulls(lines, where, len(columns))
    placed = []
    for number, line in enumerate(lines):
        entries: list[Entry] = []
        pieces = [
            (p, reach if p is piece else _columns(p, columns, line.size))
            for piece, reach in zip(line.pieces, where[number], strict=True)
            for p in _heads(piece, parts, hulls, line.size) or _cut(piece, parts, edges)
        ]
        for piece, reach in pieces:
            first, last = reach
            # Two pieces cannot have one column's cell in one line and stand apart: they are one.
            if entries and entries[-1].last >= first and not entries[-1].spans and first == last:
                joined = piece_of([*entries[-1].piece.words, *piece.words])
                entries[-1] = replace(entries[-1], piece=joined)
            else:
                if entries and entries[-1].last >= first:
                    first = min(last, entries[-1].last + 1)
                    if entries[-1].last >= first:
                        previous = entries.pop()
                        joined = piece_of([*previous.piece.words, *piece.words])
                        entries.append(Entry(number, previous.first, last, joined))
                        continue
                entries.append(Entry(number, first, last, piece))
        placed.append(entries)
    return placed


def cores(parts: Sequence[Separator]) -> list[tuple[float, float]]:
    """Where the text of each column stands: between the separators on its sides."""
    starts = [-_FAR, *(part.x1 for part in parts)]
    ends = [*(part.x0 for part in parts), _FAR]
    return list(zip(starts, ends, strict=True))


def _columns(piece: Piece, columns: Sequence[tuple[float, float]], size: float) -> tuple[int, int]:
    """The first and last column in which a piece stands; the nearest if it stands between."""
    x0, x1 = piece.x0, piece.x1
    half, into = 0.45 * (x1 - x0), _INTO * size
    covered = []
    for column, (start, end) in enumerate(columns):
        if start < x1 and end > x0:
            overlap = (end if end < x1 else x1) - (start if start > x0 else x0)
            if overlap >= min(into, half, 0.5 * max(end - start, 0.1)):
                covered.append(column)
    if covered:
        return covered[0], covered[-1]
    nearest = max(
        range(len(columns)), key=lambda c: min(columns[c][1], x1) - max(columns[c][0], x0)
    )
    return nearest, nearest


def _hulls(
    lines: Sequence[TextLine], where: Sequence[Sequence[tuple[int, int]]], n_columns: int
) -> list[tuple[float, float] | None]:
    """Where the figures of each column begin and end; ``where`` has the columns of the pieces."""
    hulls: list[tuple[float, float] | None] = [None] * n_columns
    for line, reaches in zip(lines, where, strict=True):
        for piece, (first, last) in zip(line.pieces, reaches, strict=True):
            if first == last and is_number(piece.text):
                x0, x1 = hulls[first] or (piece.x0, piece.x1)
                hulls[first] = min(x0, piece.x0), max(x1, piece.x1)
    return hulls


def _heads(
    piece: Piece,
    parts: Sequence[Separator],
    hulls: Sequence[tuple[float, float] | None],
    size: float,
) -> list[Piece]:
    """The headers of several columns that stand so near that they look like one; else nothing.

    Each of them must be in line with the figures of its column: to the left, centered, or to the
    right.
    """
    if len(piece.words) < 2:
        return []
    crossed = [n for n, part in enumerate(parts) if piece.x0 < part.x0 and piece.x1 > part.x1]
    if not crossed or len(piece.words) <= len(crossed):
        return []
    groups: list[list[Word]] = [[piece.words[0]]]
    borders = [parts[n].middle for n in crossed]
    for word in piece.words[1:]:
        last = groups[-1][-1]
        has_gap = word.x0 - last.x1 > _HEAD_GAP * size
        if has_gap and any((last.x0 + last.x1) / 2 < x < (word.x0 + word.x1) / 2 for x in borders):
            groups.append([word])
        else:
            groups[-1].append(word)
    if len(groups) != len(crossed) + 1:
        return []
    pieces = [piece_of(group) for group in groups]
    for part, column in zip(pieces, range(crossed[0], crossed[-1] + 2), strict=False):
        hull = hulls[column]
        if hull is None:
            return []
        off = min(
            abs(part.x0 - hull[0]),
            abs(part.x1 - hull[1]),
            abs(part.x0 + part.x1 - hull[0] - hull[1]) / 2,
        )
        if off > _IN_LINE * size:
            return []
    return pieces


def _common_edges(
    lines: Sequence[TextLine], where: Sequence[Sequence[tuple[int, int]]], n_columns: int
) -> list[tuple[Counter[int], Counter[int]]]:
    """For each column, how often pieces begin and end at a place."""
    edges: list[tuple[Counter[int], Counter[int]]] = [
        (Counter(), Counter()) for _ in range(n_columns)
    ]
    for line, reaches in zip(lines, where, strict=True):
        for piece, (first, last) in zip(line.pieces, reaches, strict=True):
            edges[first][0][round(piece.x0 / _ALIGNED_POINTS)] += 1
            edges[last][1][round(piece.x1 / _ALIGNED_POINTS)] += 1
    return edges


def _cut(
    piece: Piece, parts: Sequence[Separator], edges: list[tuple[Counter[int], Counter[int]]]
) -> list[Piece]:
    """Cuts a piece where it runs over a separator, if what follows is in line with the column."""
    words = piece.words
    if len(words) < 2:
        return [piece]
    for number, part in enumerate(parts):
        if piece.x0 >= part.x0 or piece.x1 <= part.x1:
            continue
        for n in range(1, len(words)):
            left, right = words[n - 1], words[n]
            slack = 0.3 * right.size
            if left.x1 > part.x1 + slack or right.x0 < part.x0 - slack:
                continue
            head, tail = piece_of(words[:n]), piece_of(words[n:])
            begins, ends = edges[number + 1]
            figure = is_figure(tail.words[0].text) and not is_number(head.text)
            aligned = _often(begins, tail.x0) or (figure and _often(ends, tail.x1))
            if (
                part.ruled
                or (figure and aligned)
                or (
                    aligned
                    and _often(edges[number][0], head.x0)
                    and min(begins.total(), edges[number][0].total()) > 3
                    and left.x1 < part.x1
                )
            ):
                return [head, *_cut(tail, parts, edges)]
    return [piece]


def _often(places: Counter[int], x: float) -> bool:
    """Whether at least two and a third of the pieces begin (or end) there."""
    key = round(x / _ALIGNED_POINTS)
    n_close = places[key - 1] + places[key] + places[key + 1]
    return n_close > 1 and 3 * n_close >= places.total()


def figure_columns(placed: Sequence[Sequence[Entry]], n_columns: int) -> frozenset[int]:
    """The columns whose entries are figures for the most part, at least one of them a number."""
    figures, others = [0] * n_columns, [0] * n_columns
    numbers = [0] * n_columns
    for entries in placed:
        for entry in entries:
            if entry.spans:
                continue
            if entry.piece.is_figure:
                figures[entry.first] += 1
                numbers[entry.first] += is_number(entry.piece.text)
            else:
                others[entry.first] += 1
    return frozenset(
        c
        for c in range(n_columns)
        if numbers[c] and figures[c] >= _FIGURE_SHARE * (figures[c] + others[c])
    )
