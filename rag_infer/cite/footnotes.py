"""Footnotes below a text: each presupposes what its reference stands behind.

"The hull gets two coats of red lead[^1]" and, further down, "[^1]: Sold by Brandt in Kiel": the
note answers who sells the red lead, and is quoted without its mark. In PDFs a reference is a
raised figure (120 ³ euros) and the note begins with that figure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_infer.cite.answer_units import AnswerUnit

MARKS_AT_END = re.compile(r"(?:\[\^?[\w-]{1,60}\])+$")
_MARKED_NOTE = re.compile(r"\[\^([^\]\n]{1,60})\]:[^\S\n]*(?=\S)")
_NUMBERED_NOTE = re.compile(r"(\d{1,2})[^\S\n]+(?=[^\W\d_])")
_REFERENCE = re.compile(r"\[\^[^\]\n]{1,60}\](?!:)")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_RAISED_FIGURE = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]")


def with_references(text: str, units: Sequence[AnswerUnit]) -> list[AnswerUnit]:
    """The units; each that is a footnote without its mark, presupposing its reference's words."""
    if "[^" not in text and not _RAISED_FIGURE.search(text):
        return list(units)
    return [_with_reference(text, unit, units) for unit in units]


def _with_reference(text: str, unit: AnswerUnit, units: Sequence[AnswerUnit]) -> AnswerUnit:
    if note := _MARKED_NOTE.match(text, unit.start, unit.end):
        reference = f"[^{note[1]}]"
        position = next((m.start() for m in _REFERENCE.finditer(text) if m[0] == reference), -1)
    elif note := _NUMBERED_NOTE.match(text, unit.start, unit.end):
        raised = re.escape(note[1].translate(_RAISED))
        match = re.search(rf"(?<![⁰¹²³⁴⁵⁶⁷⁸⁹]){raised}(?![⁰¹²³⁴⁵⁶⁷⁸⁹])", text[: unit.start])
        if match is None:
            return unit  # a figure that begins a sentence or an item
        position = match.start()
    else:
        return unit
    owner = next((u for u in units if u.start <= position < u.end), None)
    words = _REFERENCE.sub("", text[owner.start : position]) if owner is not None else ""
    return replace(unit, start=note.end(), presupposed=unit.presupposed or words.strip())
