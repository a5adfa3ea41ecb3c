"""Formulas of Office files (OMML) as a line of text: a/b, x², √(2), (a + b)."""

from __future__ import annotations

from typing import Any

from rag_infer.read.character_marks import lowered, raised

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FORMULA_TAG = _M + "oMath"
_MAX_DEPTH = 40
_TEXT, _FRACTION, _UPPER, _LOWER = _M + "t", _M + "f", _M + "sSup", _M + "sSub"
_BOTH, _ROOT, _DELIMITED = _M + "sSubSup", _M + "rad", _M + "d"
_PROPERTIES = "Pr"  # of the end of a name


def formula_text(element: Any, depth: int = 0) -> str:
    """A formula, or a part of one, as text.

    Args:
        element: The element of the formula.
        depth: How many parts it is in.
    """
    if depth > _MAX_DEPTH:
        return ""

    def part(name: str) -> str:
        child = element.find(_M + name)
        return "" if child is None else formula_text(child, depth + 1)

    tag = element.tag
    if tag == _TEXT:
        return str(element.text or "")
    if tag == _FRACTION:
        return f"{_grouped(part('num'))}/{_grouped(part('den'))}"
    if tag in (_UPPER, _LOWER, _BOTH):
        base, lower, upper = part("e"), part("sub"), part("sup")
        return base + (lowered(lower) if lower else "") + (_power(upper) if upper else "")
    if tag == _ROOT:
        return f"{_power(part('deg')) if part('deg') else ''}√{_grouped(part('e'))}"
    inner = [child for child in element if isinstance(child.tag, str)]
    texts = [formula_text(c, depth + 1) for c in inner if not c.tag.endswith(_PROPERTIES)]
    if tag == _DELIMITED:
        begin, end = (_delimiter(element, name, usual) for name, usual in _DELIMITERS)
        return f"{begin}{', '.join(texts)}{end}"
    return "".join(texts)


_DELIMITERS = (("begChr", "("), ("endChr", ")"))


def _delimiter(element: Any, name: str, usual: str) -> str:
    own = element.find(f"{_M}dPr/{_M}{name}")
    return usual if own is None else own.get(_M + "val") or ""


def _power(power: str) -> str:
    mark = raised("x", power)
    return mark if mark != power and not mark.startswith(" ") else f"^{_grouped(power)}"


def _grouped(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text})"
