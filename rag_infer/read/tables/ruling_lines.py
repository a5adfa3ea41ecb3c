"""Lines that are drawn on a page, level and upright: rules, frames, edges of shading.

Tables are drawn in many ways: stroked lines, rectangles as thin as a line, frames, filled cells,
rows of hyphens. All of them become rules; pieces of one line are joined.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.tables.words import Direction, turned

_THIN_POINTS = 3.0  # a filled rectangle up to so thick is a line
_THICK_POINTS = 6.0  # up to so thick it is one if it is many times as long
_THICK_LENGTH = 10.0
_SLANT_POINTS = 0.6
_MIN_RULE_POINTS = 4.0
_SAME_LINE_POINTS = 1.6
_JOIN_POINTS = 3.0
_MAX_PATH_SEGMENTS = 1500  # a path of more is a drawing
_MAX_PAGE_SEGMENTS = 12_000
_MAX_OBJECTS = 20_000
_MAX_DEPTH = 4
_MAX_SHADE_SHARE = 0.7  # of the page: a background

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A line ``at`` a y (level) or x (upright), ``start`` to ``end`` along the other axis."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Rules:
    """The level and the upright lines of a page, each by place.

    ``level_shades`` and ``upright_shades`` are the edges of filled areas: they part cells where no
    lines do, but a paragraph may be shaded by itself. ``slants`` are the ends of lines that are
    neither level nor upright, and of curves: drawings and charts have them, tables do not.
    """

    level: tuple[Rule, ...] = ()
    upright: tuple[Rule, ...] = ()
    level_shades: tuple[Rule, ...] = ()
    upright_shades: tuple[Rule, ...] = ()
    slants: tuple[Point, ...] = ()

    def with_shades(self) -> Rules:
        """Edges of filled areas as lines like others."""
        return Rules(
            merged([*self.level, *self.level_shades]),
            merged([*self.upright, *self.upright_shades]),
            slants=self.slants,
        )


def read_rules(page: Any, direction: Direction, page_area: float) -> Rules:
    """Reads the rules of an open PDFium page.

    Args:
        page: ``FPDF_PAGE``.
        direction: The way the page's text runs.
        page_area: Square points; what fills most of it is a background.
    """
    reader = _PathReader(direction, page_area)
    for number in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        reader.read(pdfium.FPDFPage_GetObject(page, number), _IDENTITY, 0)
    return Rules(
        merged(reader.level),
        merged(reader.upright),
        merged(reader.level_shades),
        merged(reader.upright_shades),
        tuple(reader.slants),
    )


class _PathReader:
    def __init__(self, direction: Direction, page_area: float) -> None:
        self.level: list[Rule] = []
        self.upright: list[Rule] = []
        self.level_shades: list[Rule] = []
        self.upright_shades: list[Rule] = []
        self.slants: list[Point] = []
        self._direction = direction
        self._page_area = page_area
        self._segments = 0
        self._x, self._y = ctypes.c_float(), ctypes.c_float()
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()
        self._edges = tuple(ctypes.c_float() for _ in range(4))

    def read(self, item: Any, outer: Matrix, depth: int) -> None:
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            self._path(item, outer)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            self._image(item, outer)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
            matrix = _times(_matrix(item), outer)
            for number in range(min(pdfium.FPDFFormObj_CountObjects(item), _MAX_OBJECTS)):
                self.read(pdfium.FPDFFormObj_GetObject(item, number), matrix, depth + 1)

    def _image(self, item: Any, outer: Matrix) -> None:
        """A picture as thin as a line is one."""
        left, bottom, right, top = self._edges
        if pdfium.FPDFPageObj_GetBounds(
            item, ctypes.byref(left), ctypes.byref(bottom), ctypes.byref(right), ctypes.byref(top)
        ):
            a = _apply(outer, (left.value, bottom.value))
            b = _apply(outer, (right.value, top.value))
            if min(abs(a[0] - b[0]), abs(a[1] - b[1])) <= _THIN_POINTS:
                self._rectangle(a, b)

    def _path(self, item: Any, outer: Matrix) -> None:
        count = pdfium.FPDFPath_CountSegments(item)
        if count < 2 or count > _MAX_PATH_SEGMENTS or self._segments > _MAX_PAGE_SEGMENTS:
            return
        pdfium.FPDFPath_GetDrawMode(item, ctypes.byref(self._fill), ctypes.byref(self._stroke))
        filled, stroked = self._fill.value != 0, self._stroke.value != 0
        if not filled and not stroked:
            return
        self._segments += count
        matrix = _times(_matrix(item), outer)
        for points, straight in self._subpaths(item, count, matrix):
            if stroked:
                for a, b in itertools.pairwise(points):
                    self._line(a, b)
            elif not straight or any(_slanted(a, b) for a, b in itertools.pairwise(points)):
                self.slants += [turned(*point, self._direction) for point in points[1:]]
            if filled and straight and 3 <= len(points) <= 6:
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                self._rectangle((min(xs), min(ys)), (max(xs), max(ys)))

    def _subpaths(
        self, item: Any, count: int, matrix: Matrix
    ) -> Iterator[tuple[list[Point], bool]]:
        points: list[Point] = []
        straight = True
        x, y = self._x, self._y
        x_at, y_at = ctypes.byref(x), ctypes.byref(y)
        for number in range(count):
            segment = pdfium.FPDFPath_GetPathSegment(item, number)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            pdfium.FPDFPathSegment_GetPoint(segment, x_at, y_at)
            point = _apply(matrix, (x.value, y.value))
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                if len(points) > 1:
                    yield points, straight
                points, straight = [], True
            elif kind == pdfium.FPDF_SEGMENT_BEZIERTO:
                straight = False
            points.append(point)
            if pdfium.FPDFPathSegment_GetClose(segment):
                points.append(points[0])
        if len(points) > 1:
            yield points, straight

    def _line(self, a: Point, b: Point) -> None:
        (x0, y0), (x1, y1) = turned(*a, self._direction), turned(*b, self._direction)
        if abs(y1 - y0) <= _SLANT_POINTS:
            self.level.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
        elif abs(x1 - x0) <= _SLANT_POINTS:
            self.upright.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
        else:
            self.slants.append((x1, y1))

    def _rectangle(self, a: Point, b: Point) -> None:
        """A filled rectangle: a line if it is thin, else its four edges."""
        (ax, ay), (bx, by) = turned(*a, self._direction), turned(*b, self._direction)
        x0, x1, y0, y1 = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
        width, height = x1 - x0, y1 - y0
        if _is_line(height, width):
            self.level.append(Rule((y0 + y1) / 2, x0, x1))
        elif width <= _THIN_POINTS or _is_line(width, height):
            self.upright.append(Rule((x0 + x1) / 2, y0, y1))
        elif width * height < _MAX_SHADE_SHARE * self._page_area:
            self.level_shades += [Rule(y0, x0, x1), Rule(y1, x0, x1)]
            self.upright_shades += [Rule(x0, y0, y1), Rule(x1, y0, y1)]


def _slanted(a: Point, b: Point) -> bool:
    return min(abs(a[0] - b[0]), abs(a[1] - b[1])) > _SLANT_POINTS


def _is_line(thickness: float, length: float) -> bool:
    if thickness <= _THIN_POINTS:
        return length > thickness
    return thickness <= _THICK_POINTS and length >= _THICK_LENGTH * thickness


def _matrix(item: Any) -> Matrix:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, ctypes.byref(matrix)):
        return _IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(m: Matrix, n: Matrix) -> Matrix:
    """First ``m``, then ``n``."""
    if n == _IDENTITY:
        return m
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _apply(m: Matrix, point: Point) -> Point:
    x, y = point
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def merged(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Joins pieces of one line, and lines drawn twice; drops what is too short to part cells."""
    joined: list[Rule] = []
    group: list[Rule] = []
    for rule in sorted(rules, key=lambda r: r.at):
        if group and rule.at - group[0].at > _SAME_LINE_POINTS:
            joined += _joined(group)
            group = []
        group.append(rule)
    joined += _joined(group)
    return tuple(rule for rule in joined if rule.length >= _MIN_RULE_POINTS)


def _joined(group: list[Rule]) -> list[Rule]:
    if not group:
        return []
    at = sum(rule.at for rule in group) / len(group)
    ordered = sorted((rule.start, rule.end) for rule in group)
    pieces = [list(ordered[0])]
    for start, end in ordered[1:]:
        if start - pieces[-1][1] <= _JOIN_POINTS:
            pieces[-1][1] = max(pieces[-1][1], end)
        else:
            pieces.append([start, end])
    return [Rule(at, start, end) for start, end in pieces]
