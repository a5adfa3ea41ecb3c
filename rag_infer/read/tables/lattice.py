"""Tables whose cells are parted by rules on all sides."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.read.tables.ruling_lines import Rule, Rules
from rag_infer.read.tables.words import Word

_SAME_POINTS = 3.0
_EDGE_SHARE = 0.6  # of a cell's edge that a rule must cover
_UPRIGHT_SHARE = 0.4
_LEVEL_SHARE = 0.5
_MAX_FACES = 8_000
_MAX_RULES = 1_500  # in one region: more are a drawing
_UNDERLINE_POINTS = 40.0
_MAX_HEADER_ROWS = 4
_MIN_PARTED = 4  # rows
_MAX_UNPARTED = 0.1  # of the cells of numbers: those with two

Face = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass(frozen=True, slots=True)
class Lattice:
    """The lines of a lattice and its faces; ``xs`` and ``ys`` include the outer edges."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    faces: tuple[Face, ...]


def clustered(values: Sequence[float]) -> list[float]:
    """Places that are within a few points of one another as one."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] < _SAME_POINTS:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def _coverage(rules: Sequence[Rule], at: float, start: float, end: float) -> float:
    """How much of a stretch is drawn, as a share."""
    pieces = []
    for place, first, last in rules:
        if last > start and first < end and -_SAME_POINTS < place - at < _SAME_POINTS:
            if first <= start and last >= end:
                return min(1.0, (end - start) / 0.1)
            pieces.append((max(first, start), min(last, end)))
    total, reached = 0.0, start
    for a, b in sorted(pieces):
        if b > reached:
            total += b - max(a, reached)
            reached = b
    return total / max(0.1, end - start)


def find_lattice(rules: Rules, words: Sequence[Word]) -> Lattice | None:
    """The lattice of a region, None if its rules do not part columns and rows."""
    if not words or len(rules.level) + len(rules.upright) > _MAX_RULES:
        return None
    size = sorted(word.size for word in words)[len(words) // 2]
    x0, x1 = min(word.x0 for word in words), max(word.x1 for word in words)
    y0, y1 = min(word.top for word in words), max(word.bottom for word in words)
    upright = [rule for rule in rules.upright if rule.length > 0.6 * size]
    by_baseline = sorted(words, key=lambda word: word.baseline)
    level = [rule for rule in rules.level if not _underlines(rule, by_baseline, upright)]
    centers_x = sorted((word.x0 + word.x1) / 2 for word in words)
    xs = [
        x
        for x in clustered([rule.at for rule in upright])
        if _coverage(upright, x, y0, y1) >= _UPRIGHT_SHARE
        or _coverage(upright, x, y0, y1) * (y1 - y0) > 3 * size
    ]
    inner_x = [x for x in xs if centers_x[0] < x < centers_x[-1]]
    if not any(_coverage(upright, x, y0, y1) >= _UPRIGHT_SHARE for x in inner_x):
        return None
    all_x = _with_ends(inner_x, xs, x0, x1)
    widths = min(b - a for a, b in itertools.pairwise(all_x))
    ys = [
        y
        for y in clustered([rule.at for rule in level])
        if any(
            abs(rule.at - y) < _SAME_POINTS and rule.length >= 0.9 * min(widths, 0.3 * (x1 - x0))
            for rule in level
        )
    ]
    inner_y = [y for y in ys if y0 + 0.5 * size < y < y1 - 0.5 * size]
    strong = [y for y in inner_y if _coverage(level, y, x0, x1) >= _LEVEL_SHARE]
    if not strong or (len(inner_x) + 1) * (len(inner_y) + 1) > _MAX_FACES:
        return None
    all_y = _with_ends(inner_y, ys, y0, y1)
    return Lattice(tuple(all_x), tuple(all_y), _faces(all_x, all_y, upright, level))


def _with_ends(inner: list[float], every: list[float], low: float, high: float) -> list[float]:
    first = max((v for v in every if v <= low + _SAME_POINTS), default=low - _SAME_POINTS)
    last = min((v for v in every if v >= high - _SAME_POINTS), default=high + _SAME_POINTS)
    inside = [v for v in inner if first + _SAME_POINTS < v < last - _SAME_POINTS]
    return [min(first, low), *inside, max(last, high)]


def _underlines(rule: Rule, words: Sequence[Word], upright: Sequence[Rule]) -> bool:
    """A line under words, as long as they are, that meets no upright rule."""
    meets = any(
        min(abs(u.at - rule.start), abs(u.at - rule.end)) < 2 and u.start - 2 < rule.at < u.end + 2
        for u in upright
    )
    if meets:
        return False
    # Sorted by baseline, so that few of a page's words are looked at.
    first = bisect_left(words, rule.at - _UNDERLINE_POINTS, key=lambda word: word.baseline)
    end = bisect_left(words, rule.at + _UNDERLINE_POINTS, key=lambda word: word.baseline)
    above = [
        word
        for word in words[first:end]
        if word.x1 > rule.start - 1
        and word.x0 < rule.end + 1
        and -0.1 * word.size < rule.at - word.baseline < 0.35 * word.size
    ]
    if not above:
        return False
    x0, x1 = min(word.x0 for word in above), max(word.x1 for word in above)
    return abs(x0 - rule.start) < 3 and abs(x1 - rule.end) < 3


def _faces(
    xs: Sequence[float], ys: Sequence[float], upright: Sequence[Rule], level: Sequence[Rule]
) -> tuple[Face, ...]:
    """Cells of the lattice: neighbors without a rule between them are one."""
    n_rows, n_columns = len(ys) - 1, len(xs) - 1
    parent = list(range(n_rows * n_columns))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    by_x = {x: [r for r in upright if abs(r.at - x) < _SAME_POINTS] for x in xs}
    by_y = {y: [r for r in level if abs(r.at - y) < _SAME_POINTS] for y in ys}
    for r in range(n_rows):
        for c in range(n_columns):
            n = r * n_columns + c
            if c + 1 < n_columns:
                coverage = _coverage(by_x[xs[c + 1]], xs[c + 1], ys[r], ys[r + 1])
                if coverage < _EDGE_SHARE:
                    parent[root(n + 1)] = root(n)
            if r + 1 < n_rows:
                coverage = _coverage(by_y[ys[r + 1]], ys[r + 1], xs[c], xs[c + 1])
                if coverage < _EDGE_SHARE:
                    parent[root(n + n_columns)] = root(n)
    groups: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for n in range(n_rows * n_columns):
        groups[root(n)].append(divmod(n, n_columns))
    faces: list[Face] = []
    for members in groups.values():
        rows, columns = [r for r, _ in members], [c for _, c in members]
        face = (min(rows), min(columns), max(rows), max(columns))
        if (face[2] - face[0] + 1) * (face[3] - face[1] + 1) == len(members):
            faces.append(face)
        else:  # an open corner: no rectangle, so each row is by itself
            for r in sorted(set(rows)):
                cs = [c for row, c in members if row == r]
                faces.append((r, min(cs), r, max(cs)))
    return tuple(sorted(faces))
