"""Footnotes below a text: each presupposes what its reference stands behind.

"The hull gets two coats of red lead[^1]" and, further down, "[^1]: Sold by Brandt in Kiel": the
note answers who sells the red lead, and is quoted without its mark. In PDFs a reference is a
raised figure (120 ³ euros) and the note begins with that figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MARKS_AT_END = re.compile(r"(?:\[\^?[\w-]{1,60}\])+$")
_MARKED_NOTE = re.compile(r"\[\^([^\]\n]{1,60})\]:[^\S\n]*(?=\S)")
_NUMBERED_NOTE = re.compile(r"(\d{1,2})[^\S\n]+(?=[^\W\d_])")
_REFERENCE = re.compile(r"\[\^[^\]\n]{1,60}\](?!:)")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_RAISED_FIGURE = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]")

Range = tuple[int, int]
Note = tuple[int, str]


def has_references(text: str) -> bool:
    """Whether a text may refer to notes at all."""
    return "[^" in text or _RAISED_FIGURE.search(text) is not None


def note_of_reference(text: str, start: int, end: int, units: Sequence[Range]) -> Note | None:
    """What a footnote says, if a range of a text is one that the text refers to.

    Args:
        text: The text.
        start: Where the range begins.
        end: Where it ends.
        units: The sentences of the text.

    Returns:
        Where its words begin, after its mark, and the words before its reference.
    """
    if note := _MARKED_NOTE.match(text, start, end):
        reference = f"[^{note[1]}]"
        position = next((m.start() for m in _REFERENCE.finditer(text) if m[0] == reference), -1)
    elif note := _NUMBERED_NOTE.match(text, start, end):
        raised = re.escape(note[1].translate(_RAISED))
        match = re.search(rf"(?<![⁰¹²³⁴⁵⁶⁷⁸⁹]){raised}(?![⁰¹²³⁴⁵⁶⁷⁸⁹])", text[:start])
        if match is None:
            return None  # a figure that begins a sentence or an item
        position = match.start()
    else:
        return None
    owner = next((a for a, b in units if a <= position < b), None)
    referring = _REFERENCE.sub("", text[owner:position]).strip() if owner is not None else ""
    return note.end(), referring
