"""Text of Word files that is struck out or hidden by a style, tiny, white on nothing, or a hint.

Each such run gets the mark itself, so that the rest of the reader knows one sign of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ANCHOR = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}anchor"
_MARKS = ("strike", "dstrike", "vanish")
# What may be behind white text: cells and text boxes have fills that their styles name.
_FILLED_TAGS = (_W + "tc", _W + "txbxContent")
_MAX_BASES = 20
_MIN_WHITE = 247  # of 255, in each color
_MAX_TINY_SIZE = 2  # half points
_BACKDROP = re.compile(rb'behindDoc="(?:1|true)"')


def mark_unseen(document: Any, roots: Sequence[Any]) -> None:
    """Puts the marks of its style, and ``vanish`` for white text, on each run of some parts.

    What a content control says before somebody fills it in ("Click here to enter text.") is
    emptied: it is no part of the document.

    Args:
        document: A document of python-docx.
        roots: Its body, and the parts beside it; changed in place.
    """
    by_style = _marks_by_style(document.styles.element)
    has_paper = _has_paper(document)
    for root in roots:
        for hint in root.iter(_W + "showingPlcHdr"):
            control = next(hint.iterancestors(_W + "sdt"), None)
            if control is not None and hint.get(_W + "val") not in ("0", "false", "off"):
                for text in control.iterfind(f"{_W}sdtContent//{_W}t"):
                    text.text = ""
    for run in [run for root in roots for run in root.iter(_W + "r")]:
        properties = run.find(_W + "rPr")
        names = set(by_style.get(_style_of(run, "rPr", "rStyle"), ()))
        paragraph = next(run.iterancestors(_W + "p"), None)
        if paragraph is not None:
            names |= by_style.get(_style_of(paragraph, "pPr", "pStyle"), frozenset())
        own = _own_marks(properties)
        is_bare = not (has_paper or "shaded" in names or _is_filled(run, own, paragraph))
        is_white = own.get("white", "white" in names) and is_bare
        if is_white or own.get("tiny", "tiny" in names):
            names.add("vanish")
        names &= set(_MARKS)
        if not names:
            continue
        if properties is None:
            properties = run.makeelement(_W + "rPr", {})
            run.insert(0, properties)
        for name in names:
            if properties.find(_W + name) is None:  # what the run says itself counts
                properties.append(properties.makeelement(_W + name, {}))


def _has_paper(document: Any) -> bool:
    """Whether something may be behind the words of all pages: a color, or a picture."""
    root = document.element
    if next(root.iter(_W + "background"), None) is not None:
        return True
    if any(anchor.get("behindDoc") in ("1", "true") for anchor in root.iter(_ANCHOR)):
        return True
    return any(
        _BACKDROP.search(relation.target_part.blob) is not None
        for relation in document.part.rels.values()
        if relation.reltype.endswith("/header") and not relation.is_external
    )


def _marks_by_style(styles: Any) -> dict[str, frozenset[str]]:
    own: dict[str, dict[str, bool]] = {}
    bases: dict[str, str] = {}
    for style in styles.iter(_W + "style"):
        name = style.get(_W + "styleId") or ""
        own[name] = _own_marks(style.find(_W + "rPr"))
        if style.find(f"{_W}pPr/{_W}shd") is not None:
            own[name]["shaded"] = True
        base = style.find(_W + "basedOn")
        if base is not None:
            bases[name] = base.get(_W + "val") or ""
    result = {}
    for name in own:
        marks: dict[str, bool] = {}
        at: str | None = name
        for _ in range(_MAX_BASES):
            marks = {**own.get(at or "", {}), **marks}
            at = bases.get(at or "")
            if at is None:
                break
        if names := frozenset(mark for mark, is_on in marks.items() if is_on):
            result[name] = names
    return result


def _style_of(element: Any, properties: str, name: str) -> str:
    style = element.find(f"{_W}{properties}/{_W}{name}")
    return "" if style is None else style.get(_W + "val") or ""


def _own_marks(properties: Any) -> dict[str, bool]:
    """What the properties of a run or of a style say themselves."""
    if properties is None:
        return {}
    marks = {
        mark: element.get(_W + "val") not in ("0", "false", "off")
        for mark in _MARKS
        if (element := properties.find(_W + mark)) is not None
    }
    if (color := properties.find(_W + "color")) is not None:
        marks["white"] = _is_white(color.get(_W + "val") or "")
    if any(properties.find(_W + name) is not None for name in ("shd", "highlight")):
        marks["shaded"] = True
    if (size := properties.find(_W + "sz")) is not None:
        value = size.get(_W + "val") or ""
        marks["tiny"] = value.isdigit() and int(value) <= _MAX_TINY_SIZE
    return marks


def _is_white(color: str) -> bool:
    try:
        return len(color) == 6 and min(bytes.fromhex(color)) >= _MIN_WHITE
    except ValueError:
        return False


def _is_filled(run: Any, own: dict[str, bool], paragraph: Any) -> bool:
    if own.get("shaded") or next(run.iterancestors(*_FILLED_TAGS), None) is not None:
        return True
    return paragraph is not None and paragraph.find(f"{_W}pPr/{_W}shd") is not None
