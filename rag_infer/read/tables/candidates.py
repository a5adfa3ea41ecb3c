"""Where on a page a table may be: lattices of rules, and runs of lines in pieces."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rag_infer.read.tables.figures import is_figure
from rag_infer.read.tables.grid import Box
from rag_infer.read.tables.prose import is_caption, prose_pieces, without_enumerators
from rag_infer.read.tables.ruling_lines import Rule, Rules
from rag_infer.read.tables.text_lines import Piece, TextLine

_MEETS_POINTS = 3.0
_MAX_RULES = 3000
_SAME_EDGE_POINTS = 4.0
_TOUCH_POINTS = 5.0
_REACH = 2.6  # heights: to the next line of a table
_RULED_REACH = 4.5  # the same where a rule is between, or figures stand in the same columns
_MAX_SINGLE = 4  # lines of one piece in a row within a table
_OVERLAP = 0.4
_SENTENCE_WORDS = 8
_SENTENCE_WIDTH = 0.4  # of the table's
_MIN_COUNT = 5  # numbers of lines on a page


@dataclass(frozen=True, slots=True)
class Row:
    """What of a printed line may be in a table."""

    line: TextLine
    pieces: tuple[Piece, ...]

    @property
    def x0(self) -> float:
        return self.pieces[0].x0

    @property
    def x1(self) -> float:
        return self.pieces[-1].x1


def lattice_boxes(rules: Rules) -> list[Box]:
    """The boxes of rules that meet one another, if there are upright ones among them."""
    level, upright = list(rules.level), list(rules.upright)
    if not upright or len(level) < 2 or len(level) + len(upright) > _MAX_RULES:
        return []
    n = len(level)
    parent = list(range(n + len(upright)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for j, up in enumerate(upright):
        for i, flat in enumerate(level):
            if (
                up.start - _MEETS_POINTS <= flat.at <= up.end + _MEETS_POINTS
                and flat.start - _MEETS_POINTS <= up.at <= flat.end + _MEETS_POINTS
            ):
                parent[root(n + j)] = root(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, flat in enumerate(level):
        groups.setdefault(root(i), ([], []))[0].append(flat)
    for j, up in enumerate(upright):
        groups.setdefault(root(n + j), ([], []))[1].append(up)
    boxes = [
        (
            min(*(r.start for r in flat), *(r.at for r in up)),
            min(*(r.at for r in flat), *(r.start for r in up)),
            max(*(r.end for r in flat), *(r.at for r in up)),
            max(*(r.at for r in flat), *(r.end for r in up)),
        )
        for flat, up in groups.values()
        if len(flat) > 1 and up
    ]
    return _stacked(boxes)


def _stacked(boxes: list[Box]) -> list[Box]:
    """Boxes of one width that touch, one under another, are one: a header drawn by itself."""
    result: list[Box] = []
    for box in sorted(boxes, key=lambda b: b[1]):
        for number, other in enumerate(result):
            if (
                abs(box[0] - other[0]) < _SAME_EDGE_POINTS
                and abs(box[2] - other[2]) < _SAME_EDGE_POINTS
                and box[1] - other[3] < _TOUCH_POINTS
            ):
                result[number] = (
                    min(box[0], other[0]),
                    other[1],
                    max(box[2], other[2]),
                    max(box[3], other[3]),
                )
                break
        else:
            result.append(box)
    return result


def page_rows(lines: Sequence[TextLine]) -> list[Row]:
    """The lines of a page without its running text."""
    pieces = [without_enumerators(line) for line in lines]
    counts = _line_numbers(pieces, prose_pieces(pieces, labels=False))
    if counts:
        pieces = [tuple(p for p in of_line if id(p) not in counts) for of_line in pieces]
    prose = prose_pieces(pieces)
    rows = []
    for line, of_line in zip(lines, pieces, strict=True):
        remainder = tuple(piece for piece in of_line if id(piece) not in prose)
        if remainder:
            rows.append(Row(line, remainder))
    return rows


def _line_numbers(lines: Sequence[Sequence[Piece]], prose: set[int]) -> set[int]:
    """The numbers of lines in a margin: they count on beside running text, or down the page."""
    for end in (0, -1):
        counts = [
            (pieces[end], len(pieces) > 1 and any(id(piece) in prose for piece in pieces))
            for pieces in lines
            if pieces[end].text.isdecimal() and len(pieces[end].text) < 4
        ]
        values = [int(piece.text) for piece, _ in counts]
        steps = sum(b - a == 1 for a, b in itertools.pairwise(values))
        if steps < _MIN_COUNT or steps < 0.8 * (len(values) - 1):
            continue
        beside_text = sum(beside for _, beside in counts)
        if 5 * beside_text >= 2 * len(counts) or (steps >= 20 and 3 * steps > 2 * len(lines)):
            return {id(piece) for piece, _ in counts}
    return set()


def row_runs(rows: Sequence[Row], rules: Rules) -> list[list[Row]]:
    """Runs of lines that may be a table: in pieces, near one another, one over another.

    Args:
        rows: From top to bottom.
        rules: Of the page; a wide one between two lines lets them be further apart.
    """
    runs: list[list[Row]] = []
    used: set[int] = set()
    for start, row in enumerate(rows):
        if start in used or len(row.pieces) < 2:
            continue
        members = [start]
        x0, x1 = row.x0, row.x1
        singles = 0
        pitches: list[float] = []
        for number in range(start + 1, len(rows)):
            if number in used:
                continue
            other, last = rows[number], rows[members[-1]]
            distance = other.line.baseline - last.line.baseline
            size = max(other.line.size, last.line.size)
            reach = max(_REACH * size, 1.6 * median(pitches) if pitches else 0.0)
            if _rule_between(rules.level, last, other, x0, x1) or _in_columns(last, other):
                reach = max(reach, _RULED_REACH * size)
            if distance > reach:
                break
            if is_caption(other.line.text):
                if other.x0 < x1 and other.x1 > x0:
                    break
                continue
            overlap = min(x1, other.x1) - max(x0, other.x0)
            if overlap < _OVERLAP * min(other.x1 - other.x0, x1 - x0):
                continue
            if len(other.pieces) < 2:
                singles += 1
                if singles > _MAX_SINGLE or _is_sentence(other.pieces[0], x1 - x0):
                    break
            else:
                singles = 0
                x0, x1 = min(x0, other.x0), max(x1, other.x1)
                pitches.append(distance)
            members.append(number)
        while members and len(rows[members[-1]].pieces) < 2 and not _label_goes_on(rows, members):
            members.pop()
        used.update(members)
        runs.append(_with_head(rows, members, used))
    return runs


def _in_columns(above: Row, below: Row) -> bool:
    """Whether two figures of a line and more stand right below those of another."""
    ends = [piece.x1 for piece in above.pieces if is_figure(piece.text)]
    figures = [piece for piece in below.pieces if is_figure(piece.text)]
    is_close = sum(
        any(abs(piece.x1 - end) < _SAME_EDGE_POINTS for end in ends) for piece in figures
    )
    return is_close > 1 and 3 * is_close >= 2 * len(figures)


def _is_sentence(piece: Piece, width: float) -> bool:
    """A line that leads over to the next table."""
    long = len(piece.words) >= _SENTENCE_WORDS and piece.x1 - piece.x0 > _SENTENCE_WIDTH * width
    return long and piece.text.rstrip()[-1:] in ".:;"


def _rule_between(level: Sequence[Rule], above: Row, below: Row, x0: float, x1: float) -> bool:
    return any(
        above.line.baseline - 2 < rule.at < below.line.baseline
        and min(rule.end, x1) - max(rule.start, x0) > 0.5 * (x1 - x0)
        for rule in level
    )


def _label_goes_on(rows: Sequence[Row], members: Sequence[int]) -> bool:
    """Whether a run's last line is the rest of the label above it."""
    if len(members) < 2:
        return False
    last, above = rows[members[-1]], rows[members[-2]]
    piece, label = last.pieces[0], above.pieces[0]
    is_close = last.line.baseline - above.line.baseline < 1.5 * last.line.size
    return (
        is_close
        and len(above.pieces) > 1
        and piece.text[:1].islower()
        and -0.5 * last.line.size <= piece.x0 - label.x0 < 3 * last.line.size
        and piece.x1 < above.pieces[1].x0
    )


def _with_head(rows: Sequence[Row], members: list[int], used: set[int]) -> list[Row]:
    """A run with lines of its header of which only one piece is there: over columns of figures."""
    first = members[0]
    for number in range(members[0] - 1, -1, -1):
        row, below = rows[number], rows[first]
        distance = below.line.baseline - row.line.baseline
        if distance > 1.9 * below.line.size or number in used or is_caption(row.line.text):
            break
        label_end = below.pieces[0].x1
        inside = row.x0 > rows[members[0]].pieces[0].x1 and row.x1 < rows[members[0]].x1 + 12
        if len(row.pieces) != 1 or not inside or row.x0 < label_end:
            break
        members.insert(0, number)
        used.add(number)
        first = number
    return [rows[number] for number in members]


def run_box(run: Sequence[Row]) -> Box:
    """The box of a run's pieces."""
    return (
        min(piece.x0 for row in run for piece in row.pieces),
        min(piece.top for row in run for piece in row.pieces),
        max(piece.x1 for row in run for piece in row.pieces),
        max(piece.bottom for row in run for piece in row.pieces),
    )
