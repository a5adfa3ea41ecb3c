"""Raised, lowered and struck-out characters, as a text without fonts tells them apart.

"120" with a raised 3 is 120 and note 3, never 1203; 10 with a raised 6 is ten to the sixth. What is
struck out no longer holds: it is left out, and its length is named.
"""

from __future__ import annotations

import re

_EXPONENT_BASE = re.compile(r"(?:^|[^\w])(?:10|[kcdm]?m|ft|in|sec|[a-zA-Z])$|[)\]]$")
_SUPERSCRIPTS = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
)
_SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_TRANSLATABLE = re.compile(r"[0-9+\-−=()a-pr-z]+")
_LETTERS = re.compile(r"[^\W\d_]{2,}|[eoªº]")  # of ordinals and marks: 1st, 2e, TM
_MAX_EXPONENT_CHARS = 8


def is_exponent(before: str) -> bool:
    """Whether a raised figure after that text is an exponent, and not the mark of a note."""
    return _EXPONENT_BASE.search(before[-12:]) is not None


def superscript(text: str) -> str:
    """The superscript characters of a short text in figures and small letters."""
    return text.translate(_SUPERSCRIPTS)


def raised(before: str, text: str, *, is_note: bool = False) -> str:
    """Raised text as characters.

    Args:
        before: What stands right before it.
        text: What is raised.
        is_note: Whether it is known to be the mark of a note.
    """
    bare = text.strip()
    is_short = len(bare) <= _MAX_EXPONENT_CHARS and _TRANSLATABLE.fullmatch(bare)
    if not bare or not is_short or not before[-1:].strip():
        return text
    if not any(character.isdigit() for character in bare) and _LETTERS.fullmatch(bare):
        return text
    return superscript(bare) if is_exponent(before) and not is_note else f" {superscript(bare)}"


def lowered(text: str) -> str:
    """Lowered text as characters: H₂O. Words stay as they are."""
    bare = text.strip()
    is_figure = len(bare) <= _MAX_EXPONENT_CHARS and any(c.isdigit() for c in bare)
    return bare.translate(_SUBSCRIPTS) if is_figure else text


def left_out_note(struck: int, hidden: int) -> str | None:
    """Names what was left out; None for nothing.

    Args:
        struck: How many characters were struck out.
        hidden: How many are not shown.
    """
    parts = [
        f"{kind} text left out ({count} characters)"
        for kind, count in (("struck-out", struck), ("hidden", hidden))
        if count
    ]
    return "; ".join(parts) or None
