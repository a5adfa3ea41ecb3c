"""What a point of a summary is made of where the kind of a document says what matters in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_infer.summary.text_units import PageSpan, TextUnit
from rag_infer.types import Page

MAX_POINT_CHARS = 420
# Bullets and numbers before the first word of an item or a clause.
_MARKS = re.compile(
    r"(?:[-*+•◦▪‣·–]\s+(?:\[[ xX]\]\s+)?|\|\s*|#{1,6}\s+|\(?\d{1,2}(?:\.\d{1,2})*[.)]\s+|"
    r"\d{1,2}(?:\.\d{1,2})+\s+|\([a-z]\)\s+)+"
)


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """A quote, or a line composed of several.

    Attributes:
        text: The point as it is shown.
        spans: The words that it quotes, in the order in which it has them.
        section: The headings that the first of them stands under.
        shorter: What stands for it where it is too long for a limit of words.
    """

    text: str
    spans: tuple[PageSpan, ...]
    section: tuple[str, ...] = ()
    shorter: KeyPoint | None = None


@dataclass(frozen=True, slots=True)
class KeyPoints:
    """The points of a document of a kind.

    Attributes:
        points: What matters most comes first.
        further: Points to choose among where the first leave room.
        count: How many points there are where no limit was asked for.
        noun: What one of ``points`` is and what several are, for a note on how many are left out;
            empty where sentences of the document stand for what is missing.
    """

    points: tuple[KeyPoint, ...]
    further: tuple[KeyPoint, ...] = ()
    count: int = 5
    noun: tuple[str, str] | None = None


def quote(page: Page, start: int, end: int, section: tuple[str, ...] = ()) -> KeyPoint:
    """A point that quotes a span of a page, without white space around it."""
    piece = page.text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    return KeyPoint(" ".join(page.text[start:end].split()), ((page.number, start, end),), section)


def quote_unit(pages: Sequence[Page], unit: TextUnit) -> KeyPoint:
    """A point that quotes a unit, without the bullet or number before it."""
    page = next(p for p in pages if p.number == unit.page)
    end = unit.end
    if page.text.startswith("|", unit.start):
        end -= len(unit.text) - len(unit.text.rstrip("| "))
    return quote(page, unit.start + mark_length(page.text, unit.start, unit.end), end,
                 unit.section)  # fmt: skip


def mark_length(text: str, start: int, end: int) -> int:
    """Characters of the bullets and numbers before the first word of an item."""
    match = _MARKS.match(text, start, end)
    return match.end() - start if match and match.end() < end else 0


def composed(points: Iterable[KeyPoint], separator: str = "; ") -> KeyPoint | None:
    """One point of several quotes, each of them cited; None of nothing."""
    parts = list(points)
    if not parts:
        return None
    text = separator.join(part.text.rstrip(" ;,") for part in parts)
    spans = tuple(span for part in parts for span in part.spans)
    return KeyPoint(text, spans, parts[0].section)
