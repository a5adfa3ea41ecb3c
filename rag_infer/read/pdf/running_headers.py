"""Running headers, footers and page numbers: lines that come again on the pages around.

Knows: lines at the edges of pages, within a window of neighbours, so that what is dropped on a
page can be found again without reading the whole file.
Does not know: what lines mean.

A line is running when at least two pages nearby have it at the same height, the same but for
numbers that go up with the pages. Its first appearance stays, so that no words are lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rag_infer.read.pdf.page_text import Line, PageText

WINDOW = 4  # pages looked at to either side; even and odd pages may differ
_EDGE_ROWS = 3
_LEAST = 2
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


def edges(scan: PageText) -> tuple[MarginLine, ...]:
    """The lines of a page that may be running ones."""
    level = [n for n, line in enumerate(scan.lines) if not line.turned]
    level.sort(key=lambda n: -scan.lines[n].y1)
    rows = _rows(scan.lines, level)
    if len(rows) < 2:
        return ()
    last = len(rows) - 1
    near = [n for n in range(len(rows)) if n < _EDGE_ROWS or n > last - _EDGE_ROWS]
    return tuple(_edge(scan, number, n in (0, last)) for n in near for number in rows[n])


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


def _edge(scan: PageText, number: int, outermost: bool) -> MarginLine:
    line = scan.lines[number]
    text = " ".join(scan.text[line.start : line.end].split())
    bare = text.strip("-–—| ")
    numbers: tuple[int, ...]
    if bare and len(bare) < 8 and _ROMAN.fullmatch(bare):
        shape, numbers = "(roman)", (_roman(bare.lower()),)
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


def running(pages: Mapping[int, tuple[MarginLine, ...]], index: int, lines: int) -> frozenset[int]:
    """The lines of page ``index`` to leave out; ``pages`` are the edges of it and those around.

    A page keeps at least one of its ``lines``.
    """
    near = [n for n in pages if n != index]
    dropped = set()
    for edge in pages[index]:
        same = [n for n in near if any(_same(edge, other, n - index) for other in pages[n])]
        if len(same) >= _LEAST and (_is_page_number(edge.shape) or min(same) < index):
            dropped.add(edge.line)
    return frozenset(dropped) if len(dropped) < lines else frozenset()


def _same(edge: MarginLine, other: MarginLine, distance: int) -> bool:
    if edge.shape != other.shape:
        return False
    # The number of a page may follow its text up and down, but is the last thing on it.
    alone = edge.outermost and other.outermost and _is_page_number(edge.shape)
    return (alone or abs(edge.y - other.y) < max(2.0, 0.5 * edge.height)) and all(
        b == a or b - a == distance for a, b in zip(edge.numbers, other.numbers, strict=True)
    )


@cache
def _is_page_number(shape: str) -> bool:
    return _PAGE_NUMBER.fullmatch(shape) is not None
