"""Raised, lowered, struck-out and quotation characters of HTML, put into its text."""

from __future__ import annotations

from typing import Any

from rag_infer.read.character_marks import lowered, raised

_STRUCK_TAGS = ("del", "s", "strike")
_NOTE_ROLES = frozenset(("noteref", "doc-noteref", "footnote-ref", "fn"))


def mark_characters(root: Any) -> int:
    """Writes ``sup``, ``sub`` and the marks of ``q``; takes what is struck out off the tree.

    Returns:
        How many characters were struck out.
    """
    struck = 0
    for element in list(root.iter(*_STRUCK_TAGS)):
        struck += len(" ".join("".join(element.itertext()).split()))
        _replace(element, "")
    for element in list(root.iter("sup", "sub")):
        text = "".join(element.itertext())
        if element.tag == "sub":
            _replace(element, lowered(text))
        else:
            is_note = next(element.iter("a"), None) is not None or _is_note_reference(
                element.getparent()
            )
            _replace(element, raised(_before(element), text, is_note=is_note))
    for element in list(root.iter("a")):
        if _is_note_reference(element):
            text = "".join(element.itertext())
            _replace(element, raised(_before(element), text, is_note=True))
    for element in root.iter("q"):
        _quote(element)
    return struck


def _quote(element: Any) -> None:
    """Puts quotation marks, which browsers draw, around a quotation; single ones within another."""
    opening, closing = "‘’" if next(element.iterancestors("q"), None) is not None else "“”"
    element.text = opening + (element.text or "")
    if len(element):
        element[-1].tail = (element[-1].tail or "") + closing
    else:
        element.text += closing


def _is_note_reference(element: Any) -> bool:
    """Whether an element is a link to a note that an e-book marks as such."""
    if element is None:
        return False
    kinds = f"{element.get('epub:type') or ''} {element.get('role') or ''}"
    return element.tag == "a" and not _NOTE_ROLES.isdisjoint(kinds.split())


def _before(element: Any) -> str:
    """The characters right before an element, those of a short element before it as well."""
    previous = element.getprevious()
    if previous is not None:
        return (previous.tail or "".join(previous.itertext()))[-20:]
    parent = element.getparent()
    if parent is None:
        return ""
    return str(parent.text)[-20:] if parent.text else _before(parent)


def _replace(element: Any, text: str) -> None:
    """Puts text in the place of an element."""
    parent, previous = element.getparent(), element.getprevious()
    if parent is None:
        return
    text += element.tail or ""
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(element)
