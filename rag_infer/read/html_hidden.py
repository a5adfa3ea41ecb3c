"""Text of an HTML page that nobody sees, or sees struck out: taken out of the tree, and counted.

Such words are written for machines, or no longer hold; an answer from them would be one that the
page does not give. What scripts show on a click (tabs, answers of an FAQ) is part of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from rag_infer.read.html_styles import Declarations, styles_of

_SILENT_TAGS = frozenset("script style noscript template head svg title".split())
_REVEALED = re.compile(
    r"tab|accordion|panel|collaps|expand|toggle|answer|faq|detail|dropdown|slide|carousel|more",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|%|)\Z")
_MAX_UNSEEN_SIZE = {"px": 1.0, "pt": 1.0, "em": 0.05, "rem": 0.05, "%": 5.0, "": 1.0}
_MAX_UNSEEN_OPACITY = 0.05
_FAR_OUTSIDE = -900.0
_SAME_COLOR = 8  # of 255, in each color

Color = tuple[int, ...]
_WHITE: Color = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class _State:
    """How text at a place of the tree is shown; a ``background`` of None is not known."""

    is_gone: bool = False
    is_invisible: bool = False
    is_tiny: bool = False
    is_struck: bool = False
    color: Color | None = None
    background: Color | None = None


def remove_unseen(root: Any) -> tuple[int, int]:
    """Takes struck-out and hidden text out of a tree.

    Returns:
        How many characters were struck out, and how many hidden.
    """
    styles = styles_of(root)
    if not styles and next(root.iter("font"), None) is None:
        return 0, 0
    walker = _Walker(root, styles)
    walker.visit(root, _State(background=walker.paper))
    return walker.struck, walker.hidden


class _Walker:
    def __init__(self, root: Any, styles: dict[Any, Declarations]) -> None:
        self._styles = styles
        self._has_scripts = next(root.iter("script"), None) is not None
        # A sheet that is not at hand may color anything.
        has_sheets = any("stylesheet" in (e.get("rel") or "").lower() for e in root.iter("link"))
        self.paper = None if has_sheets else _WHITE
        self.struck = self.hidden = 0

    def visit(self, element: Any, outer: _State) -> None:
        if not isinstance(element.tag, str) or element.tag in _SILENT_TAGS:
            return
        state = self._state(element, outer)
        element.text = self._seen(element.text, state)
        for child in element:
            self.visit(child, state)
            child.tail = self._seen(child.tail, state)

    def _seen(self, text: str | None, state: _State) -> str | None:
        if text is None or not text.strip():
            return text
        is_same_color = state.color is not None and _alike(state.color, state.background)
        if state.is_gone or state.is_invisible or state.is_tiny or is_same_color:
            self.hidden += len(" ".join(text.split()))
            return " "
        if state.is_struck:
            self.struck += len(" ".join(text.split()))
            return " "
        return text

    def _state(self, element: Any, outer: _State) -> _State:
        own = self._styles.get(element)
        changes: dict[str, Any] = {}
        if element.tag == "font" and (named := _color(element.get("color") or "")):
            changes["color"] = named
        if (paper := element.get("bgcolor")) is not None:
            changes["background"] = _color(paper)
        if own:
            changes |= self._changes(element, own)
        return replace(outer, **changes) if changes else outer

    def _changes(self, element: Any, own: Declarations) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if (own.get("display") == "none" and not self._is_revealed(element)) or (
            _is_transparent(own.get("opacity", "")) or _is_outside(own)
        ):
            changes["is_gone"] = True
        if visibility := own.get("visibility"):
            changes["is_invisible"] = visibility in ("hidden", "collapse")
        if size := _LENGTH.match(own.get("font-size", "")):
            changes["is_tiny"] = float(size[1]) <= _MAX_UNSEEN_SIZE[size[2]]
        if "line-through" in f"{own.get('text-decoration')} {own.get('text-decoration-line')}":
            changes["is_struck"] = True
        if color := own.get("color"):
            changes["color"] = _color(color)
            if color == "transparent":
                changes["is_tiny"] = True
        for name in ("background", "background-color"):
            if (paper := own.get(name)) and paper not in ("none", "transparent", "inherit"):
                changes["background"] = _color(paper)
        return changes

    def _is_revealed(self, element: Any) -> bool:
        """Whether a script of the page is likely to show it, by what it is called."""
        names = f"{element.get('class', '')} {element.get('id', '')}"
        return self._has_scripts and _REVEALED.search(names) is not None


def _is_transparent(opacity: str) -> bool:
    try:
        share = float(opacity.removesuffix("%")) / (100 if opacity.endswith("%") else 1)
    except ValueError:
        return False
    return share <= _MAX_UNSEEN_OPACITY


def _is_outside(own: Declarations) -> bool:
    """Whether it is placed far outside of the page."""
    names = ["text-indent"]
    if own.get("position") in ("absolute", "fixed"):
        names += ["left", "top"]
    lengths = (_LENGTH.match(own.get(name, "")) for name in names)
    return any(
        match is not None and match[2] in ("px", "pt", "") and float(match[1]) < _FAR_OUTSIDE
        for match in lengths
    )


@cache
def _color(text: str) -> Color | None:
    from PIL import ImageColor

    # The newer way to write it has blanks: rgb(255 255 255 / 1).
    name, bracket, values = text.strip().partition("(")
    if bracket and "," not in values:
        values = ",".join(values.partition("/")[0].rstrip(") ").split()) + ")"
    try:
        return tuple(ImageColor.getrgb(f"{name}{bracket}{values}")[:3])
    except ValueError:
        return None


def _alike(color: Color, other: Color | None) -> bool:
    return other is not None and all(
        abs(a - b) <= _SAME_COLOR for a, b in zip(color, other, strict=True)
    )
