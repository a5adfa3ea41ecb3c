"""Raised, lowered, struck-out and hidden characters of OpenDocument, put into its text.

Which words are so stands in styles: automatic ones beside the text, named ones in ``styles.xml``.
"""

from __future__ import annotations

from typing import Any

from rag_infer.read.character_marks import lowered, raised

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _STYLE = _NAMESPACE % "text", _NAMESPACE % "style"
_HIDDEN_TAGS = (_TEXT + "hidden-text", _TEXT + "hidden-paragraph")


def mark_characters(content: Any, styles: Any) -> tuple[int, int]:
    """Changes the spans of a tree of content.

    Args:
        content: The root of ``content.xml``.
        styles: The root of ``styles.xml``, or None.

    Returns:
        How many characters were struck out, and how many hidden.
    """
    kinds = {**_kinds(styles), **_kinds(content)}
    struck = hidden = 0
    for element in list(content.iter(_TEXT + "span", *_HIDDEN_TAGS)):
        kind = kinds.get(element.get(_TEXT + "style-name", ""), "")
        if element.tag in _HIDDEN_TAGS:
            kind = "hidden" if element.get(_TEXT + "is-hidden") == "true" else ""
        if not kind:
            continue
        text = "".join(element.itertext())
        if kind in ("struck", "hidden"):
            struck += len(text) if kind == "struck" else 0
            hidden += len(text) if kind == "hidden" else 0
            text = ""
        else:
            text = raised(_before(element), text) if kind == "raised" else lowered(text)
        for child in list(element):
            element.remove(child)
        element.text = text
    return struck, hidden


def _kinds(root: Any) -> dict[str, str]:
    """What each style of text makes of its words, for those that make anything."""
    kinds: dict[str, str] = {}
    for style in root.iter(_STYLE + "style") if root is not None else ():
        properties = style.find(_STYLE + "text-properties")
        if properties is None:
            continue
        name = style.get(_STYLE + "name", "")
        position = properties.get(_STYLE + "text-position", "0%")
        if properties.get(_TEXT + "display") == "none":
            kinds[name] = "hidden"
        elif properties.get(_STYLE + "text-line-through-style", "none") != "none":
            kinds[name] = "struck"
        elif position.startswith("super") or (position[:1].isdigit() and position[:1] != "0"):
            kinds[name] = "raised"
        elif position.startswith(("sub", "-")):
            kinds[name] = "lowered"
    return kinds


def _before(element: Any) -> str:
    previous = element.getprevious()
    if previous is not None:
        return (previous.tail or "".join(previous.itertext()))[-20:]
    parent = element.getparent()
    return (parent.text or "")[-20:] if parent is not None else ""
