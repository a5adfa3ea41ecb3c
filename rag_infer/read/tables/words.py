"""Words of a page with their boxes and baselines, from PDFium's text page.

A call for each character would take longer than all the rest, so only the two ends of a word are
looked at, and the characters inside of one that is too wide for its length: cells that PDFium puts
no space between.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from rag_infer.read.pdfium_calls import char_origin, loose_char_box

Direction = str  # the way text runs: "right", "up", "down" or "left"

_WORD = re.compile("[^\\s\ufffe\ufffd\x00-\x1f]+\ufffe?")
_HYPHEN = "\ufffe"  # PDFium's sign for a hyphen at the end of a line
_LEADER = re.compile(r"([.…·_]\s?){4,}$")
_WIDE = 0.95  # of the height, for each character: capital M and dashes are as wide
_INNER_GAP = 0.9  # of the height


class Word(NamedTuple):
    """A word in the frame in which its page is read: x to the right, y downward.

    A tuple, as pages have hundreds of them, and a book's worth is made in a second.

    ``size`` is the height of its font's box; ``start`` and ``end`` its place in the page's text.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    baseline: float
    size: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A page's words that run the way most of them do, and that way."""

    words: tuple[Word, ...]
    direction: Direction


Box = tuple[float, float, float, float]
_PlacedWord = tuple[int, int, str, Box, Box]


class _TextReader:
    """Reads one text page, with buffers that are made once."""

    def __init__(self, text_page: Any) -> None:
        self._page = text_page
        self._rectangle = pdfium.FS_RECTF()
        self._rectangle_at = ctypes.byref(self._rectangle)
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._x_at, self._y_at = ctypes.byref(self._x), ctypes.byref(self._y)
        count = max(0, pdfium.FPDFText_CountChars(text_page))
        self.text = self._read(count)
        # Characters and positions part ways at characters that PDFium leaves out of the text.
        self._straight = count == len(self.text)

    def _read(self, count: int) -> str:
        if not count:
            return ""
        buffer = (ctypes.c_ushort * (2 * count + 2))()
        written = pdfium.FPDFText_GetText(self._page, 0, count, buffer)
        data = memoryview(buffer).cast("B")[: 2 * max(0, written - 1)]
        return bytes(data).decode("utf-16-le", "replace")

    def box(self, position: int) -> Box:
        """The loose box of a character in the page's space."""
        index = position if self._straight else self._index(position)
        rectangle = self._rectangle
        if not loose_char_box(self._page, index, self._rectangle_at):
            return 0.0, 0.0, 0.0, 0.0
        return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top

    def pen(self, position: int, box: Box) -> tuple[float, float]:
        """Where the pen begins to draw a character, on the baseline; ``box`` is its own."""
        index = position if self._straight else self._index(position)
        if not char_origin(self._page, index, self._x_at, self._y_at):
            return box[0], box[1]
        return self._x.value, self._y.value

    def _index(self, position: int) -> int:
        index: int = pdfium.FPDFText_GetCharIndexFromTextIndex(self._page, position)
        return index


def read_words(text_page: Any) -> PlacedText:
    """Reads the words of an open PDFium text page.

    Words that run another way than most (the label of an axis, a heading on its side) are left out.

    Args:
        text_page: ``FPDF_TEXTPAGE``.
    """
    reader = _TextReader(text_page)
    box = reader.box
    placed: list[_PlacedWord] = []
    for match in _WORD.finditer(reader.text):
        start, end = match.span()
        text = match[0]
        if text[-1] == _HYPHEN:
            end -= 1
            text = text.replace(_HYPHEN, "-")
            if end == start:
                continue
        first = box(start)
        placed.append((start, end, text, first, box(end - 1) if end - start > 1 else first))
    ways = [_runs(reader, word) for word in placed]
    direction = _direction(ways)
    words: list[Word] = []
    for (start, end, text, first, last), way in zip(placed, ways, strict=True):
        if way not in (direction, None):
            continue
        word = _word(reader, start, end, text, first, last, direction)
        if end - start > 1 and word.x1 - word.x0 > _WIDE * word.size * (end - start):
            words += _pieces(reader, word, direction)
        elif word.x1 > word.x0 and word.size > 0:
            words.append(word)
    return PlacedText(tuple(words), direction)


def _runs(reader: _TextReader, word: _PlacedWord) -> Direction | None:
    """The way a word runs, None where it is too short to tell."""
    start, end, _, first, last = word
    if end - start < 3:
        return None
    dx, dy = last[0] - first[0], last[1] - first[1]
    if dx > 2 * abs(dy):  # level, whatever stands raised at its end
        return "right"
    (x0, y0), (x1, y1) = reader.pen(start, first), reader.pen(end - 1, last)
    dx, dy = x1 - x0, y1 - y0
    if abs(dx) >= abs(dy):
        return "right" if dx >= 0 else "left"
    return "up" if dy > 0 else "down"


def _direction(ways: list[Direction | None]) -> Direction:
    counts = Counter(way for way in ways if way is not None)
    return max(counts, key=counts.__getitem__) if counts else "right"


def turned(x: float, y: float, direction: Direction) -> tuple[float, float]:
    """A point of the page's space (y upward) in the frame where text runs right, y downward."""
    if direction == "right":
        return x, -y
    if direction == "up":
        return y, x
    if direction == "down":
        return -y, -x
    return -x, y


def turned_back(x: float, y: float, direction: Direction) -> tuple[float, float]:
    """The opposite of ``turned``: each of the four is its own inverse."""
    return turned(x, y, direction)


def _word(
    reader: _TextReader,
    start: int,
    end: int,
    text: str,
    first: Box,
    last: Box,
    direction: Direction,
) -> Word:
    if direction == "right":
        return _level_word(reader, start, end, text, first, last)
    corners = [
        turned(x, y, direction)
        for box in (first, last)
        for x, y in ((box[0], box[1]), (box[2], box[3]))
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    heights = abs(ys[1] - ys[0]), abs(ys[3] - ys[2])
    # The larger end speaks for the word: the other may be an index or a note's mark.
    of_first = heights[0] >= 0.98 * heights[1]
    pen = reader.pen(start, first) if of_first else reader.pen(end - 1, last)
    baseline = turned(*pen, direction)[1]
    pair = ys[:2] if of_first else ys[2:]
    return Word(text, min(xs), min(pair), max(xs), max(pair), baseline, max(heights), start, end)


def _level_word(
    reader: _TextReader, start: int, end: int, text: str, first: Box, last: Box
) -> Word:
    """``_word`` of a page that is as its text runs, as nearly all are: without turning points."""
    a0, b0, a1, b1 = first
    c0, d0, c1, d1 = last
    height, other = abs(b1 - b0), abs(d1 - d0)
    if height >= 0.98 * other:
        low, high, pen = b0, b1, reader.pen(start, first)[1]
    else:
        low, high, pen = d0, d1, reader.pen(end - 1, last)[1]
    return Word(
        text,
        min(a0, a1, c0, c1),
        -high if high > low else -low,
        max(a0, a1, c0, c1),
        -low if high > low else -high,
        -pen,
        height if height > other else other,
        start,
        end,
    )


def _pieces(reader: _TextReader, word: Word, direction: Direction) -> list[Word]:
    """A word that is cut where there is a wide space between two of its characters."""
    places = [reader.box(position) for position in range(word.start, word.end)]
    boxes = [(turned(p[0], p[1], direction), turned(p[2], p[3], direction)) for p in places]
    pieces, begin = [], 0
    for n in range(1, len(places) + 1):
        if n < len(places):
            gap = min(boxes[n][0][0], boxes[n][1][0]) - max(boxes[n - 1][0][0], boxes[n - 1][1][0])
            if gap < _INNER_GAP * word.size:
                continue
        start, end = word.start + begin, word.start + n
        text = word.text[begin:n]
        pieces.append(_word(reader, start, end, text, places[begin], places[n - 1], direction))
        begin = n
    return [piece for piece in pieces if piece.x1 > piece.x0 and piece.size > 0]


def without_leader(text: str) -> str:
    """A label without the dots that lead to its figure."""
    return _LEADER.sub("", text).rstrip()
