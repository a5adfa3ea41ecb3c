"""Running headers, footers and page numbers: lines that come again on the pages around.

A line is running when at least two pages nearby have it at the same height, the same but for
numbers that go up with the pages. Its first appearance stays, so that no words are lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rag_infer.read.pdf.lines import Line
from rag_infer.read.pdf.page_text import PageText

WINDOW_PAGES = 4  # pages looked at to either side; even and odd pages may differ
_EDGE_ROWS = 3
_MIN_REPEATS = 2
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[^\w]*(?:\(roman\)|[^\W\d_]{0,3}\W*(?:page|seite|página|pagina)?\W*0(?:\s*[^\w\s]\s*0|\s+\w{1,3}\s+0)?)"
    r"[^\w]*[^\W\d_]{0,3}",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


@dataclass(frozen=True, slots=True)
class MarginLine:
    """A line near the top or the bottom: its text without figures, the figures, its place."""

    line: int
    shape: str
    numbers: tuple[int, ...]
    y: float
    height: float
    outermost: bool


MarginLines = Mapping[str, Sequence[MarginLine]]  # of a page, by shape


def margin_lines(page_text: PageText) -> MarginLines:
    """The lines of a page that may be running ones, by their shapes."""
    level = [n for n, line in enumerate(page_text.lines) if not line.turned]
    level.sort(key=lambda n: -page_text.lines[n].y1)
    rows = _rows(page_text.lines, level)
    if len(rows) < 2:
        return {}
    last = len(rows) - 1
    edge_rows = [n for n in range(len(rows)) if n < _EDGE_ROWS or n > last - _EDGE_ROWS]
    by_shape: dict[str, list[MarginLine]] = {}
    for n in edge_rows:
        for number in rows[n]:
            line = _edge(page_text, number, n in (0, last))
            by_shape.setdefault(line.shape, []).append(line)
    return by_shape


def _rows(lines: Sequence[Line], ordered: Sequence[int]) -> list[list[int]]:
    rows: list[list[int]] = []
    bottom = float("inf")
    for number in ordered:
        line = lines[number]
        if rows and line.y1 - bottom > 0.5 * line.height:
            rows[-1].append(number)
        else:
            rows.append([number])
            bottom = line.y0
    return rows


def _edge(page_text: PageText, number: int, outermost: bool) -> MarginLine:
    line = page_text.lines[number]
    text = " ".join(page_text.text[line.start : line.end].split())
    trimmed = text.strip("-–—| ")
    numbers: tuple[int, ...]
    if trimmed and len(trimmed) < 8 and _ROMAN.fullmatch(trimmed):
        shape, numbers = "(roman)", (_roman(trimmed.lower()),)
    else:
        # Figures too long to be a page's cannot be compared and need not be.
        numbers = tuple(int(figure[:12]) for figure in _NUMBER.findall(text))
        shape = _NUMBER.sub("0", text)
    return MarginLine(number, shape, numbers, line.y0, line.height, outermost)


def _roman(text: str) -> int:
    values = [_VALUES[letter] for letter in text]
    return sum(
        -value if value < max(values[n:], default=0) else value for n, value in enumerate(values)
    )


def running_lines(pages: Mapping[int, MarginLines], index: int, lines: int) -> frozenset[int]:
    """The lines of page ``index`` to leave out; ``pages`` are the edges of it and those around.

    A page keeps at least one of its ``lines``.
    """
    running_numbers = set()
    for shape, page_lines in pages[index].items():
        alike = [(n - index, pages[n][shape]) for n in pages if n != index and shape in pages[n]]
        if len(alike) < _MIN_REPEATS:
            continue
        for margin_line in page_lines:
            distances = [
                distance
                for distance, others in alike
                if any(_same(margin_line, other, distance) for other in others)
            ]
            if len(distances) >= _MIN_REPEATS and (_is_page_number(shape) or min(distances) < 0):
                running_numbers.add(margin_line.line)
    return frozenset(running_numbers) if len(running_numbers) < lines else frozenset()


def _same(margin_line: MarginLine, other: MarginLine, distance: int) -> bool:
    # The number of a page may follow its text up and down, but is the last thing on it.
    is_outer_number = (
        margin_line.outermost and other.outermost and _is_page_number(margin_line.shape)
    )
    return (
        is_outer_number or abs(margin_line.y - other.y) < max(2.0, 0.5 * margin_line.height)
    ) and all(
        b == a or b - a == distance for a, b in zip(margin_line.numbers, other.numbers, strict=True)
    )


@cache
def _is_page_number(shape: str) -> bool:
    return _PAGE_NUMBER.fullmatch(shape) is not None
