"""Raised, lowered, struck-out and unseen characters of OpenDocument, put into its text.

Which words are so stands in styles: automatic ones beside the text, named ones in ``styles.xml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from rag_infer.read.character_marks import lowered, raised

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _STYLE, _FO, _DRAW, _TABLE, _OFFICE = (
    _NAMESPACE % name
    for name in ("text", "style", "xsl-fo-compatible", "drawing", "table", "office")
)
_HIDDEN_TAGS = (_TEXT + "hidden-text", _TEXT + "hidden-paragraph")
_PARAGRAPHS = (_TEXT + "p", _TEXT + "h")
# What hangs on a paragraph has paragraphs of its own.
_APART = frozenset((_TEXT + "note", _OFFICE + "annotation", _DRAW + "frame"))
# What may be filled, by styles of many kinds, or drawn by nobody knows which.
_FILLED = (_TABLE + "table-cell", _DRAW + "frame", _DRAW + "custom-shape", _DRAW + "page")
_GRAPHIC = _STYLE + "graphic-properties"
_POINTS = re.compile(r"(\d+(?:\.\d+)?)pt")
_MIN_WHITE = 247  # of 255, in each color
_MAX_TINY_SIZE = 1.0  # points
_MAX_BASES = 20
_MAX_DEPTH = 60

Marks = dict[str, bool]
_Key = tuple[str, str]  # of a style: its family and name


def mark_characters(content: Any, styles: Any) -> tuple[int, int]:
    """Changes the words of a tree of content.

    Args:
        content: The root of ``content.xml``.
        styles: The root of ``styles.xml``, or None.

    Returns:
        How many characters were struck out, and how many hidden.
    """
    by_style = _marks_by_style(content, styles)
    blanker = _Blanker(by_style, _has_paper(content, styles))
    if any(marks.keys() & {"struck", "hidden", "tiny", "white"} for marks in by_style.values()):
        for paragraph in content.iter(*_PARAGRAPHS):
            blanker.paragraph(paragraph)
    for element in list(content.iter(*_HIDDEN_TAGS)):
        if element.get(_TEXT + "is-hidden") == "true":
            blanker.hidden += len("".join(element.itertext()))
            _replace(element, "")
    for element in list(content.iter(_TEXT + "span")):
        marks = by_style.get(("text", element.get(_TEXT + "style-name", "")), {})
        if marks.get("raised") or marks.get("lowered"):
            text = "".join(element.itertext())
            is_raised = marks.get("raised")
            _replace(element, raised(_before(element), text) if is_raised else lowered(text))
    return blanker.struck, blanker.hidden


@dataclass(slots=True)
class _Blanker:
    """Empties words that are struck out or unseen, and counts them."""

    by_style: dict[_Key, Marks]
    has_paper: bool
    struck: int = 0
    hidden: int = 0
    _is_bare: bool = field(default=False, init=False)

    def paragraph(self, element: Any) -> None:
        self._is_bare = not self.has_paper and next(element.iterancestors(*_FILLED), None) is None
        marks = self.by_style.get(("paragraph", element.get(_TEXT + "style-name", "")), {})
        self._visit(element, marks, 0)

    def _visit(self, element: Any, marks: Marks, depth: int) -> None:
        element.text = self._shown(element.text, marks)
        for child in element:
            if isinstance(child.tag, str) and child.tag not in _APART and depth < _MAX_DEPTH:
                own = self.by_style.get(("text", child.get(_TEXT + "style-name", "")))
                is_styled = own and child.tag in (_TEXT + "span", _TEXT + "a")
                self._visit(child, {**marks, **own} if is_styled and own else marks, depth + 1)
            child.tail = self._shown(child.tail, marks)

    def _shown(self, text: str | None, marks: Marks) -> str | None:
        if not text or not marks:
            return text
        is_blended = marks.get("white") and not marks.get("filled") and self._is_bare
        if marks.get("hidden") or marks.get("tiny") or is_blended:
            self.hidden += len(text)
            return ""
        if marks.get("struck"):
            self.struck += len(text)
            return ""
        return text


def _marks_by_style(*roots: Any) -> dict[_Key, Marks]:
    """What each style makes of its words, with what it takes over from those it is based on."""
    own: dict[_Key, Marks] = {}
    bases: dict[_Key, str] = {}
    for root in roots:
        for style in root.iter(_STYLE + "style") if root is not None else ():
            family = style.get(_STYLE + "family", "text")
            key = family, style.get(_STYLE + "name", "")
            own[key] = _own_marks(style)
            bases[key] = style.get(_STYLE + "parent-style-name", "")
    result = {}
    for family, name in own:
        marks: Marks = {}
        at = name
        for _ in range(_MAX_BASES):
            marks = {**own.get((family, at), {}), **marks}
            at = bases.get((family, at), "")
            if not at:
                break
        if marks:
            result[family, name] = marks
    return result


def _own_marks(style: Any) -> Marks:
    marks: Marks = {}
    for properties in style:
        if properties.get(_FO + "background-color", "transparent") != "transparent":
            marks["filled"] = True
    properties = style.find(_STYLE + "text-properties")
    if properties is None:
        return marks
    if (display := properties.get(_TEXT + "display")) is not None:
        marks["hidden"] = display == "none"
    if (line := properties.get(_STYLE + "text-line-through-style")) is not None:
        marks["struck"] = line != "none"
    if (color := properties.get(_FO + "color")) is not None:
        marks["white"] = _is_white(color)
    if (size := _POINTS.fullmatch(properties.get(_FO + "font-size", ""))) is not None:
        marks["tiny"] = float(size[1]) <= _MAX_TINY_SIZE
    position = properties.get(_STYLE + "text-position", "0%")
    if position.startswith("super") or (position[:1].isdigit() and position[:1] != "0"):
        marks["raised"] = True
    elif position.startswith(("sub", "-")):
        marks["lowered"] = True
    return marks


def _is_white(color: str) -> bool:
    try:
        return len(color) == 7 and min(bytes.fromhex(color[1:])) >= _MIN_WHITE
    except ValueError:
        return False


def _has_paper(content: Any, styles: Any) -> bool:
    """Whether something may be behind the words of all pages: a color, or a picture."""
    for root in (content, styles):
        if root is None:
            continue
        for layout in root.iter(_STYLE + "page-layout-properties"):
            is_colored = layout.get(_FO + "background-color", "transparent") != "transparent"
            picture = layout.find(_STYLE + "background-image")
            has_picture = picture is not None and len(picture.attrib) > 0
            if is_colored or has_picture or layout.get(_DRAW + "fill", "none") != "none":
                return True
        if any(e.get(_STYLE + "run-through") == "background" for e in root.iter(_GRAPHIC)):
            return True
    return False


def _replace(element: Any, text: str) -> None:
    for child in list(element):
        element.remove(child)
    element.text = text


def _before(element: Any) -> str:
    previous = element.getprevious()
    if previous is not None:
        return (previous.tail or "".join(previous.itertext()))[-20:]
    parent = element.getparent()
    return (parent.text or "")[-20:] if parent is not None else ""
