"""The numbers and bullets that Word prints in front of paragraphs; the file holds only their rules.

Knows: numbering definitions, counters.
Does not know: what is numbered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
          (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class NumberingLevel:
    """What stands in front of a paragraph (``2.1``, ``b)``, ``-``), and how deep it is."""

    mark: str
    depth: int


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    pattern: str
    start: int


class NumberingState:
    """Counts through a document from its beginning; ``next`` is asked for every paragraph."""

    def __init__(self, document: Any) -> None:
        self._lists: dict[str, str] = {}
        self._levels: dict[tuple[str, int], _Level] = {}
        self._counts: dict[str, list[int]] = {}
        try:
            root = document.part.numbering_part.element
        except (NotImplementedError, AttributeError):
            return  # there is no such part, or it is of a type that python-docx takes for no XML
        for definition in root.iter(_W + "abstractNum"):
            name = definition.get(_W + "abstractNumId")
            for level in definition.iter(_W + "lvl"):
                self._levels[name, _int(level.get(_W + "ilvl"))] = _Level(
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText") or "",
                    _int(_value(level, "start"), 1),
                )
        for number in root.iter(_W + "num"):
            self._lists[number.get(_W + "numId")] = _value(number, "abstractNumId") or ""

    def next(self, paragraph: Any) -> NumberingLevel | None:
        """The number of the next paragraph, or None when it has none."""
        found = _own(paragraph)
        if found is None or found[0] not in self._lists:
            return None
        name, depth = self._lists[found[0]], min(found[1], _DEEPEST)
        level = self._levels.get((name, depth))
        if level is None or level.form == "none":
            return None
        counts = self._counts.setdefault(name, [])
        del counts[depth + 1 :]
        while len(counts) < depth:
            counts.append(self._start(name, len(counts)))
        if len(counts) == depth:
            counts.append(level.start)
        else:
            counts[depth] += 1
        if level.form == "bullet":
            return NumberingLevel("-", depth)
        mark = _PLACE.sub(lambda m: self._shown(name, counts, int(m[1]) - 1), level.pattern)
        return NumberingLevel(mark.strip() or "-", depth)

    def _start(self, name: str, depth: int) -> int:
        level = self._levels.get((name, depth))
        return level.start if level is not None else 1

    def _shown(self, name: str, counts: list[int], depth: int) -> str:
        count = counts[depth] if depth < len(counts) else 1
        level = self._levels.get((name, depth))
        form = level.form if level is not None else "decimal"
        if form in ("lowerLetter", "upperLetter"):
            letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 % 50 + 1)
            return letter if form == "lowerLetter" else letter.upper()
        if form in ("lowerRoman", "upperRoman"):
            return _roman(count) if form == "lowerRoman" else _roman(count).upper()
        return str(count)


def _own(paragraph: Any) -> tuple[str, int] | None:
    """The list and the depth that a paragraph, or its style, names."""
    properties = paragraph._p.pPr
    depth: int | None = None
    style = paragraph.style
    for _ in range(10):
        numbering = properties.find(_W + "numPr") if properties is not None else None
        if numbering is not None:
            named, level = _value(numbering, "numId"), _value(numbering, "ilvl")
            if depth is None and level is not None:
                depth = _int(level)
            if named is not None:
                return (named, depth or 0) if named != "0" else None
        if style is None:
            return None
        properties = style.element.find(_W + "pPr")
        style = style.base_style
    return None


def _value(parent: Any, name: str) -> str | None:
    child = parent.find(_W + name)
    return None if child is None else child.get(_W + "val")


def _int(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 6 else otherwise


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    found = ""
    for value, letters in _ROMAN:
        found += letters * (number // value)
        number %= value
    return found
