"""Printed lines of a page and the wide gaps in them, as every step of the layout uses them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """A wide space before the character at ``position``, from ``x0`` to ``x1``."""

    position: int
    x0: float
    x1: float


@dataclass(slots=True)
class Line:
    """A printed line: ``scan.text[start:end]``, without white space around it.

    ``hyphen`` is the place of PDFium's sign for a hyphen at its end, or -1. ``turned`` text does
    not run the page's way. ``min_height`` is the height of the smaller of its first
    and last characters.
    ``raised`` stretches are
    marks of notes and exponents. ``figures`` says that numbers make up much of the line.
    """

    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    min_height: float
    hyphen: int = -1
    bold: bool = False
    turned: bool = False
    figures: bool = False
    gaps: tuple[Gap, ...] = ()
    raised: tuple[tuple[int, int], ...] = ()
    lacks_ink: bool = False
