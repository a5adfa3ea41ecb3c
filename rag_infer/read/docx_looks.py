"""Text of Word files that is struck out or hidden by a style, or white on nothing.

Each such run gets the mark itself, so that the rest of the reader knows one sign of it.
"""

from __future__ import annotations

from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MARKS = ("strike", "dstrike", "vanish")
# What may be behind white text: cells and text boxes have fills that their styles name.
_FILLED_TAGS = (_W + "tc", _W + "txbxContent")
_MAX_BASES = 20


def mark_unseen(body: Any, styles: Any) -> None:
    """Puts the marks of its style, and ``vanish`` for white text, on each run of a body.

    Args:
        body: The body, changed in place.
        styles: The root of the styles' part.
    """
    by_style = _marks_by_style(styles)
    has_paper = next(body.getparent().iter(_W + "background"), None) is not None
    for run in list(body.iter(_W + "r")):
        properties = run.find(_W + "rPr")
        names = set(by_style.get(_style_of(run, "rPr", "rStyle"), ()))
        paragraph = next(run.iterancestors(_W + "p"), None)
        if paragraph is not None:
            names |= by_style.get(_style_of(paragraph, "pPr", "pStyle"), frozenset())
        if not has_paper and _is_white(run, properties, paragraph):
            names.add("vanish")
        if not names:
            continue
        if properties is None:
            properties = run.makeelement(_W + "rPr", {})
            run.insert(0, properties)
        for name in names:
            if properties.find(_W + name) is None:  # what the run says itself counts
                properties.append(properties.makeelement(_W + name, {}))


def _marks_by_style(styles: Any) -> dict[str, frozenset[str]]:
    own: dict[str, dict[str, bool]] = {}
    bases: dict[str, str] = {}
    for style in styles.iter(_W + "style"):
        name = style.get(_W + "styleId") or ""
        own[name] = {
            mark: element.get(_W + "val") not in ("0", "false", "off")
            for mark in _MARKS
            if (element := style.find(f"{_W}rPr/{_W}{mark}")) is not None
        }
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


def _is_white(run: Any, properties: Any, paragraph: Any) -> bool:
    color = properties.find(_W + "color") if properties is not None else None
    if color is None or (color.get(_W + "val") or "").upper() != "FFFFFF":
        return False
    shades = [properties.find(_W + "shd"), properties.find(_W + "highlight")]
    if paragraph is not None:
        shades.append(paragraph.find(f"{_W}pPr/{_W}shd"))
    is_shaded = any(shade is not None for shade in shades)
    return not is_shaded and next(run.iterancestors(*_FILLED_TAGS), None) is None
