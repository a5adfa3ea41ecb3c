"""What is filled in on a form of a web page, as text beside its labels: values, choices, ticks."""

from __future__ import annotations

from typing import Any

_TEXT_INPUTS = frozenset(
    ("", "text", "email", "tel", "url", "number", "date", "time", "month", "week", "datetime-local")
)
_TICKS = frozenset(("checkbox", "radio"))
_TICK_VALUES = ("[x]", "[ ]")
_MAX_VALUE_CHARS = 10_000


def show_form_values(root: Any) -> None:
    """Puts text in the place of each field that holds a value; passwords and hidden ones stay so.

    Choices count where the page itself made one: the first of a list is no answer.
    """
    for element in list(root.iter("input", "select", "textarea")):
        value = _value(element)
        if value:
            _replace(element, value[:_MAX_VALUE_CHARS])


def _value(element: Any) -> str:
    if element.get("hidden") is not None:
        return ""
    if element.tag == "textarea":
        return " ".join("".join(element.itertext()).split())
    if element.tag == "select":
        chosen = [option for option in element.iter("option") if option.get("selected") is not None]
        return ", ".join(" ".join("".join(option.itertext()).split()) for option in chosen)
    kind = (element.get("type") or "").strip().lower()
    if kind in _TICKS:
        return _TICK_VALUES[element.get("checked") is None]
    return " ".join((element.get("value") or "").split()) if kind in _TEXT_INPUTS else ""


def _replace(element: Any, value: str) -> None:
    """The value as text; a colon parts it from a label right before, a line ends behind it.

    What stands behind a tick is its label, so that its line goes on.
    """
    parent, previous = element.getparent(), element.getprevious()
    if parent is None:
        return
    if not value.startswith("["):
        holder, name = (parent, "text") if previous is None else (previous, "tail")
        label = (getattr(holder, name) or "").rstrip()
        if not label and previous is not None and previous.tag == "label":
            holder, name = previous, "text"
            label = (previous.text or "").rstrip()
        if label[-1:].isalnum():
            setattr(holder, name, f"{label}: ")
    shown = element.makeelement("span", {})
    shown.text = value
    following = element.getnext()
    has_label = (element.tail or "").strip() or (following is not None and following.tag == "label")
    if value in _TICK_VALUES and has_label:
        shown.tail, element.tail = f" {(element.tail or '').lstrip()}", None
        parent.replace(element, shown)
        return
    line_end = element.makeelement("br", {})
    line_end.tail, element.tail = element.tail, None
    parent.replace(element, shown)
    shown.addnext(line_end)
