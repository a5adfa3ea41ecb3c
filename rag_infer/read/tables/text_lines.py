"""Words in printed lines, and the pieces of a line that stand apart.

A piece is a run of words with usual spaces between. Two figures in one line are two pieces however
narrow the space: they belong to two columns far more often than not. Signs printed apart ("$",
a closing parenthesis, "%") go to their figure, raised marks of notes to the word before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import NamedTuple

from rag_infer.read.tables.figures import (
    goes_on,
    is_currency,
    is_figure,
    is_number,
    is_prefix,
    is_suffix,
    is_year,
)
from rag_infer.read.tables.words import Word

_SAME_BASELINE = 0.32  # of the smaller height
_WIDE_SPACE = 1.75  # of the page's usual space
_MIN_WIDE_GAP = 0.42  # of the height
_SIGN_REACH = 25.0  # of the height: from a sign at a column's edge to its figure
_SUFFIX_REACH = 0.9
_RAISED = 0.13
_MARK_REACH = 0.35
_MIN_STRETCHED = 4  # words
_MAX_STRETCH = 2.5  # heights
_EVEN = 1.05  # the widest space to the narrowest

_by_baseline = attrgetter("baseline", "x0")
_by_left = attrgetter("x0")
_by_size = attrgetter("size")


class Piece(NamedTuple):
    """Words of one line that stand together; a tuple, as words are."""

    words: tuple[Word, ...]
    x0: float
    x1: float
    top: float
    bottom: float
    text: str

    @property
    def is_figure(self) -> bool:
        return is_figure(self.text)


@dataclass(frozen=True, slots=True)
class TextLine:
    """Pieces on one baseline, from left to right."""

    pieces: tuple[Piece, ...]
    baseline: float
    top: float
    bottom: float
    size: float

    @property
    def x0(self) -> float:
        return self.pieces[0].x0

    @property
    def x1(self) -> float:
        return self.pieces[-1].x1

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)


def piece_of(words: Sequence[Word]) -> Piece:
    first = words[0]
    if len(words) == 1:
        return Piece((first,), first.x0, first.x1, first.top, first.bottom, first.text)
    return Piece(
        tuple(words),
        min([word.x0 for word in words]),
        max([word.x1 for word in words]),
        min([word.top for word in words]),
        max([word.bottom for word in words]),
        _text(words),
    )


def usual_space(words: Iterable[Word]) -> float:
    """The usual space between words that follow one another, as a share of their height."""
    shares = []
    last: Word | None = None
    for word in words:
        if last is not None and abs(word.baseline - last.baseline) < 0.1 * word.size:
            share = (word.x0 - last.x1) / word.size
            if 0.05 < share < 0.9:
                shares.append(share)
        last = word
    return min(0.55, max(0.2, median(shares))) if len(shares) > 8 else 0.26


def text_lines(words: Iterable[Word], space: float, cuts: Sequence[float] = ()) -> list[TextLine]:
    """Groups words by baseline, from top to bottom.

    Args:
        words: Of one page or region.
        space: The usual space, as ``usual_space`` gives it.
        cuts: The x of upright rules, which part pieces in any case.
    """
    rows: list[list[Word]] = []
    for word in sorted(words, key=_by_baseline):
        baseline, size = word.baseline, word.size
        for row in rows[:-5:-1]:
            anchor = row[0]
            least = anchor.size if anchor.size < size else size
            if abs(baseline - anchor.baseline) <= _SAME_BASELINE * least or _is_raised(word, row):
                row.append(word)
                break
        else:
            rows.append([word])
    lines = [_line(row, space, cuts) for row in _with_marks(rows)]
    return sorted(lines, key=lambda line: line.baseline)


def _is_raised(word: Word, row: list[Word]) -> bool:
    """A smaller word that touches one of the row and stands a little above or below its line."""
    size, x0 = word.size, word.x0
    for other in row:
        larger, smaller = (size, other.size) if size > other.size else (other.size, size)
        if (
            smaller < 0.85 * larger
            and abs(word.baseline - other.baseline) < 0.5 * larger
            and -0.1 * other.size < x0 - other.x1 < _MARK_REACH * other.size
        ):
            return True
    return False


def _with_marks(rows: list[list[Word]]) -> list[list[Word]]:
    """Puts rows that are nothing but raised marks to the row below that they touch."""
    result: list[list[Word]] = []
    waiting: list[list[Word]] = []
    for row in rows:
        if all(len(word.text) <= 3 for word in row) and len(row) <= 4:
            waiting.append(row)
            continue
        for marks in waiting:
            if all(_touches(mark, row) for mark in marks):
                row.extend(marks)
            else:
                result.append(marks)
        waiting = []
        result.append(row)
    return result + waiting


def _touches(mark: Word, row: list[Word]) -> bool:
    return any(
        mark.size < 0.85 * word.size
        and _RAISED * word.size < word.baseline - mark.baseline < 0.7 * word.size
        and -0.1 * word.size < mark.x0 - word.x1 < _MARK_REACH * word.size
        for word in row
    )


def _line(row: list[Word], space: float, cuts: Sequence[float]) -> TextLine:
    words = sorted(row, key=_by_left)
    # The tallest word speaks for the line: marks and indices are smaller.
    anchor = max(words, key=_by_size)
    pieces = _pieces(words, space, cuts)
    if len(pieces) >= _MIN_STRETCHED and not cuts and _is_stretched(pieces, anchor.size):
        pieces = [piece_of(words)]
    return TextLine(
        tuple(pieces),
        anchor.baseline,
        min([piece.top for piece in pieces]),
        max([piece.bottom for piece in pieces]),
        anchor.size,
    )


def _is_stretched(pieces: list[Piece], size: float) -> bool:
    """A line of prose that is spaced out to fill its measure: all spaces are as wide."""
    gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(pieces)]
    words = sum(len(piece.words) for piece in pieces)
    return (
        max(gaps) < min(_MAX_STRETCH * size, _EVEN * min(gaps))
        and words < 1.4 * len(pieces)
        and 2 * sum(piece.text[:1].islower() for piece in pieces) >= len(pieces)
        and not any(piece.is_figure for piece in pieces)
    )


def _pieces(words: list[Word], space: float, cuts: Sequence[float]) -> list[Piece]:
    groups: list[list[Word]] = [[words[0]]]
    for word in words[1:]:
        group = groups[-1]
        last = group[-1]
        gap = word.x0 - last.x1
        size = word.size if word.size > last.size else last.size
        cut = cuts and any(last.x1 - 0.2 * size <= x <= word.x0 + 0.2 * size for x in cuts)
        if cut or not _belongs(group, word, gap / size, space):
            groups.append([word])
        else:
            group.append(word)
    return [piece_of(group) for group in groups]


def _belongs(group: list[Word], word: Word, gap: float, space: float) -> bool:
    """Whether a word goes on with the piece before it; ``gap`` is a share of the height."""
    last = group[-1].text
    if is_prefix(last) and (len(group) == 1 or is_prefix(group[-2].text)):
        figure_follows = is_figure(word.text) or is_prefix(word.text)
        bare = last in "-−–+<>≤≥±"
        if figure_follows and gap < (1.0 if bare else _SIGN_REACH):
            # A dash by itself is a cell that says "none", not the sign of the next one.
            return not bare or gap < _WIDE_SPACE * space
    if gap < _SUFFIX_REACH and is_suffix(word.text) and is_figure(_text(group)):
        return True
    if is_currency(word.text) and is_figure(_text(group)):
        return False  # the sign of the next figure
    if gap >= max(_WIDE_SPACE * space, _MIN_WIDE_GAP):
        return False
    if not is_number(word.text) or not is_number(text := _text(group)):
        return True
    if not (goes_on(text, word.text) and gap < 1.4 * space):
        return is_year(text) and gap < 0.15
    return True


def _text(words: Sequence[Word]) -> str:
    return words[0].text if len(words) == 1 else " ".join([word.text for word in words])
