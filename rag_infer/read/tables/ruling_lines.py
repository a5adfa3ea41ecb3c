"""Lines that are drawn on a page, level and upright: rules, frames, edges of shading.

Tables are drawn in many ways: stroked lines, rectangles as thin as a line, frames, filled cells,
rows of hyphens. All of them become rules; pieces of one line are joined.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

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

# Looked up once: a page of charts has thousands of segments.
_path_segment = pdfium.FPDFPath_GetPathSegment
_segment_type = pdfium.FPDFPathSegment_GetType
_segment_point = pdfium.FPDFPathSegment_GetPoint
_segment_closes = pdfium.FPDFPathSegment_GetClose
_page_object = pdfium.FPDFPage_GetObject
_object_matrix = pdfium.FPDFPageObj_GetMatrix
_count_segments = pdfium.FPDFPath_CountSegments
_draw_mode = pdfium.FPDFPath_GetDrawMode
_object_type = pdfium.FPDFPageObj_GetType
_MOVE_TO, _LINE_TO, _CURVE_TO = (
    pdfium.FPDF_SEGMENT_MOVETO,
    pdfium.FPDF_SEGMENT_LINETO,
    pdfium.FPDF_SEGMENT_BEZIERTO,
)
_TEXT, _PATH, _IMAGE, _FORM = (
    pdfium.FPDF_PAGEOBJ_TEXT,
    pdfium.FPDF_PAGEOBJ_PATH,
    pdfium.FPDF_PAGEOBJ_IMAGE,
    pdfium.FPDF_PAGEOBJ_FORM,
)

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Rule(NamedTuple):
    """A line ``at`` a y (level) or x (upright), ``start`` to ``end`` along the other axis.

    A tuple, as pages with shaded cells have thousands of them.
    """

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
        item = _page_object(page, number)
        kind = _object_type(item)
        if kind != _TEXT:  # most are
            reader.read(item, kind, _IDENTITY, 0)
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
        self._x_at, self._y_at = ctypes.byref(self._x), ctypes.byref(self._y)
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()
        self._fill_at, self._stroke_at = ctypes.byref(self._fill), ctypes.byref(self._stroke)
        self._edges = tuple(ctypes.c_float() for _ in range(4))

    def read(self, item: Any, kind: int, outer: Matrix, depth: int) -> None:
        if kind == _PATH:
            self._path(item, outer)
        elif kind == _IMAGE:
            self._image(item, outer)
        elif kind == _FORM and depth < _MAX_DEPTH:
            matrix = _times(_matrix(item), outer)
            for number in range(min(pdfium.FPDFFormObj_CountObjects(item), _MAX_OBJECTS)):
                inner = pdfium.FPDFFormObj_GetObject(item, number)
                self.read(inner, _object_type(inner), matrix, depth + 1)

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
        count = _count_segments(item)
        if count < 2 or count > _MAX_PATH_SEGMENTS or self._segments > _MAX_PAGE_SEGMENTS:
            return
        _draw_mode(item, self._fill_at, self._stroke_at)
        filled, stroked = self._fill.value != 0, self._stroke.value != 0
        if not filled and not stroked:
            return
        self._segments += count
        matrix = _times(_matrix(item), outer)
        if filled and not stroked and 4 <= count <= 5 and self._is_filled_box(item, matrix):
            return
        for points, straight in self._subpaths(item, count, matrix):
            if stroked:
                for a, b in itertools.pairwise(points):
                    self._line(a, b)
            elif not straight or any(_slanted(a, b) for a, b in itertools.pairwise(points)):
                direction = self._direction
                self.slants += [turned(x, y, direction) for x, y in points[1:]]
            if filled and straight and 3 <= len(points) <= 6:
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                self._rectangle((min(xs), min(ys)), (max(xs), max(ys)))

    def _is_filled_box(self, item: Any, matrix: Matrix) -> bool:
        """Takes an upright rectangle by its corners alone: cells are shaded by hundreds of them."""
        x, y, x_at, y_at = self._x, self._y, self._x_at, self._y_at
        a, b, c, d, e, f = matrix
        if b or c or _segment_type(_path_segment(item, 2)) != _LINE_TO:
            return False
        corners = []
        for number in range(4):
            _segment_point(_path_segment(item, number), x_at, y_at)
            corners.append((x.value, y.value))
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
        across = y0 == y1 and x1 == x2 and y2 == y3 and x3 == x0
        if not across and not (x0 == x1 and y1 == y2 and x2 == x3 and y3 == y0):
            return False
        left, right = sorted((a * x0 + e, a * x2 + e))
        low, high = sorted((d * y0 + f, d * y2 + f))
        self._rectangle((left, low), (right, high))
        return True

    def _subpaths(
        self, item: Any, count: int, matrix: Matrix
    ) -> Iterator[tuple[list[Point], bool]]:
        points: list[Point] = []
        straight = True
        x, y = self._x, self._y
        x_at, y_at = self._x_at, self._y_at
        a, b, c, d, e, f = matrix
        last = None
        for number in range(count):
            segment = _path_segment(item, number)
            kind = _segment_type(segment)
            _segment_point(segment, x_at, y_at)
            px, py = x.value, y.value
            if kind == _MOVE_TO:
                if points:
                    yield _closed(points, last), straight
                points, straight = [], True
            elif kind == _CURVE_TO:
                straight = False
            points.append((a * px + c * py + e, b * px + d * py + f))
            last = segment
        if points:
            yield _closed(points, last), straight

    def _line(self, a: Point, b: Point) -> None:
        direction = self._direction
        x0, y0 = turned(a[0], a[1], direction)
        x1, y1 = turned(b[0], b[1], direction)
        if abs(y1 - y0) <= _SLANT_POINTS:
            self.level.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
        elif abs(x1 - x0) <= _SLANT_POINTS:
            self.upright.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
        else:
            self.slants.append((x1, y1))

    def _rectangle(self, a: Point, b: Point) -> None:
        """A filled rectangle: a line if it is thin, else its four edges."""
        ax, ay = turned(a[0], a[1], self._direction)
        bx, by = turned(b[0], b[1], self._direction)
        x0, x1 = (ax, bx) if ax < bx else (bx, ax)
        y0, y1 = (ay, by) if ay < by else (by, ay)
        width, height = x1 - x0, y1 - y0
        if _is_line(height, width):
            self.level.append(Rule((y0 + y1) / 2, x0, x1))
        elif width <= _THIN_POINTS or _is_line(width, height):
            self.upright.append(Rule((x0 + x1) / 2, y0, y1))
        elif width * height < _MAX_SHADE_SHARE * self._page_area:
            self.level_shades += [Rule(y0, x0, x1), Rule(y1, x0, x1)]
            self.upright_shades += [Rule(x0, y0, y1), Rule(x1, y0, y1)]


def _closed(points: list[Point], last: Any) -> list[Point]:
    """A subpath, back to where it began if its last segment closes it."""
    return [*points, points[0]] if _segment_closes(last) else points


def _slanted(a: Point, b: Point) -> bool:
    return min(abs(a[0] - b[0]), abs(a[1] - b[1])) > _SLANT_POINTS


def _is_line(thickness: float, length: float) -> bool:
    if thickness <= _THIN_POINTS:
        return length > thickness
    return thickness <= _THICK_POINTS and length >= _THICK_LENGTH * thickness


def _matrix(item: Any) -> Matrix:
    matrix = pdfium.FS_MATRIX()
    if not _object_matrix(item, ctypes.byref(matrix)):
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


_by_place = attrgetter("at")


def merged(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Joins pieces of one line, and lines drawn twice; drops what is too short to part cells."""
    joined: list[Rule] = []
    group: list[Rule] = []
    for rule in sorted(rules, key=_by_place):
        if group and rule.at - group[0].at > _SAME_LINE_POINTS:
            joined += _joined(group)
            group = []
        group.append(rule)
    joined += _joined(group)
    return tuple([rule for rule in joined if rule.end - rule.start >= _MIN_RULE_POINTS])


def _joined(group: list[Rule]) -> list[Rule]:
    if not group:
        return []
    if len(group) == 1:
        return group
    at = sum([rule.at for rule in group]) / len(group)
    ordered = sorted([(rule.start, rule.end) for rule in group])
    pieces = [list(ordered[0])]
    for start, end in ordered[1:]:
        if start - pieces[-1][1] <= _JOIN_POINTS:
            pieces[-1][1] = max(pieces[-1][1], end)
        else:
            pieces.append([start, end])
    return [Rule(at, start, end) for start, end in pieces]
