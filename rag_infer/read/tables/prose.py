"""Running text on a page: pieces of lines that are part of paragraphs, and so of no table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.read.tables.figures import is_figure
from rag_infer.read.tables.text_lines import Piece, TextLine, piece_of

_MIN_WORDS = 5  # of letters, in a line of prose
_MIN_WIDTH = 13.0  # heights of a line: what is narrower may be a cell
_LEADING = 2.1  # heights: lines of a paragraph are no further apart
_SAME_EDGE = 2.5  # heights: a first line may be indented
_MIN_LINES = 2
_LONG_WORDS = 11  # one line of so many words is prose by itself
_LETTERS = re.compile(r"[^\W\d_]{2,}")
ENUMERATOR = re.compile(
    r"[•●○▪■□◆◇➢➤❖✓✔‣⁃*·–—-]|[\ue000-\uf8ff]+|"
    r"[(\[]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)\]]|\d{1,2}(?:\.\d{1,2})+\.?|"
    r"(?:Note|NOTE|Item|ITEM|Step|Chapter|Section|Article)\s+\d+[A-Z]?\.?"
)
_CAPTION = re.compile(
    r"(?:table|tabelle|tableau|tabla|tabella|tab\.|exhibit|schedule|figure|fig\.|abbildung|chart|"
    r"box)\s*(?:[A-Z]{0,2}[-.]?\d|[IVXLC]+\b)",
    re.IGNORECASE,
)


def is_caption(text: str) -> bool:
    """Whether a line begins as a numbered title of a table or a figure does."""
    return _CAPTION.match(text) is not None


def without_enumerators(line: TextLine) -> tuple[Piece, ...]:
    """The pieces of a line with a bullet or a number at its start joined to what follows it."""
    pieces = list(line.pieces)
    while len(pieces) > 1 and ENUMERATOR.fullmatch(pieces[0].text):
        follows = pieces[1]
        if is_figure(follows.text) or follows.x0 - pieces[0].x1 > 4.5 * line.size:
            break
        pieces[:2] = [piece_of([*pieces[0].words, *follows.words])]
    return tuple(pieces)


def prose_pieces(lines: Sequence[Sequence[Piece]], *, labels: bool = True) -> set[int]:
    """The ``id`` of each piece that is part of a paragraph.

    Args:
        lines: The pieces of each line, from top to bottom.
        labels: Words with a figure to the right of them are a label, however many they are.
    """
    every = [piece for pieces in lines for piece in pieces]
    wordy = [
        piece
        for pieces in lines
        for number, piece in enumerate(pieces)
        if _is_wordy(piece)
        and not (labels and any(is_figure(other.text) for other in pieces[number + 1 :]))
    ]
    prose = {id(piece) for piece in wordy if len(piece.words) >= _LONG_WORDS * 2}
    ordered = sorted(wordy, key=lambda piece: (piece.bottom, piece.x0))
    chains: dict[int, list[Piece]] = {}
    for number, piece in enumerate(ordered):
        chain = None
        for other in reversed(ordered[max(0, number - 12) : number]):
            size = piece.bottom - piece.top
            distance = piece.bottom - other.bottom
            if distance > _LEADING * size:
                break
            if distance > 0.5 * size and _stacked(other, piece, size):
                chain = chains[id(other)]
                break
        chain = [] if chain is None else chain
        chain.append(piece)
        chains[id(piece)] = chain
    for piece in wordy:
        chain = chains[id(piece)]
        words = sum(len(p.words) for p in chain) / len(chain)
        long = len(piece.words) >= _LONG_WORDS and piece.text.rstrip()[-1:] in ".,;:"
        if long or (len(chain) >= _MIN_LINES and words >= 6 and len(chain) * words >= 20):
            prose.add(id(piece))
    single_pieces = {
        id(piece)
        for pieces in lines
        for piece in pieces
        if all(other is piece or id(other) in prose for other in pieces)
    }
    return prose | (_last_lines(every, prose) & single_pieces)


def _is_wordy(piece: Piece) -> bool:
    size = piece.bottom - piece.top
    if len(piece.words) < _MIN_WORDS or piece.x1 - piece.x0 < _MIN_WIDTH * size:
        return False
    letters = sum(_LETTERS.match(word.text.lstrip("(\"'“‘[")) is not None for word in piece.words)
    return letters >= _MIN_WORDS - 1 and 2 * letters > len(piece.words)


def _stacked(above: Piece, piece: Piece, size: float) -> bool:
    left = abs(above.x0 - piece.x0)
    right = abs(above.x1 - piece.x1)
    center = abs(above.x0 + above.x1 - piece.x0 - piece.x1) / 2
    overlap = min(above.x1, piece.x1) - max(above.x0, piece.x0)
    return overlap > 0.5 * min(above.x1 - above.x0, piece.x1 - piece.x0) and (
        left < _SAME_EDGE * size or right < 0.5 * size or center < 0.5 * size
    )


def _last_lines(every: Sequence[Piece], prose: set[int]) -> set[int]:
    """Short lines that end paragraphs: just under a line of prose, at its left edge."""
    last_lines: set[int] = set()
    ordered = sorted(every, key=lambda piece: piece.bottom)
    for number, piece in enumerate(ordered):
        if id(piece) in prose or is_figure(piece.text):
            continue
        size = piece.bottom - piece.top
        for other in reversed(ordered[max(0, number - 8) : number]):
            distance = piece.bottom - other.bottom
            if distance > 1.6 * size:
                break
            if (
                distance > 0.5 * size
                and id(other) in prose
                and abs(other.x0 - piece.x0) < 0.6 * size
                and other.x1 >= piece.x1
            ):
                last_lines.add(id(piece))
                break
    return last_lines
