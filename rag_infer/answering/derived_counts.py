"""Counts that follow from a quoted list: "how many people were there?" beside a list of names.

Only where the unit is a list whose lead-in or label has the counted noun, or people are counted
and the label says that they took part; a number that the unit states itself comes first.
"""

from __future__ import annotations

import re

from rag_infer.cite.answer_units import AnswerUnit, entry_value
from rag_infer.cite.text_normalization import key, related, words

_ASKED = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
_PEOPLE = frozenset(
    map(
        key,
        "people persons members participants attendees directors colleagues guests delegates "
        "trustees employees staff".split(),
    )
)
_TAKING_PART = re.compile(
    r"^\W*(?:present|attend\w*|participants?|in (?:the room|attendance)|members?|taking part|"
    r"who was there|there|apolog\w+|absent|excused)\b",
    re.IGNORECASE,
)
_ITEM_BREAK = re.compile(r"(?<!\s)(?:\s*+[,;]\s*+(?:and\s++)?|\s++and\s++)(?![^()]*+\))")
_LIST_ITEM = re.compile(r"^[^\S\n]*(?:[-*•–]|\(?\w{1,3}[.)])\s+\S", re.MULTILINE)
_MAX_ITEM_WORDS = 8
_ABSENCE = re.compile(r"\b(?:apolog\w+|absent|excused|missing|away)\b", re.IGNORECASE)


def derived_count(question: str, text: str, unit: AnswerUnit | None) -> str | None:
    """How many a list has of what the question counts: ``6 (counted in the list)``.

    Args:
        question: "How many people were present?"
        text: The quoted unit.
        unit: What the unit is.
    """
    asked = _ASKED.search(question)
    if asked is None or unit is None:
        return None
    counted = key(asked[1])
    if unit.kind == "entry":
        value = entry_value(text)
        if value is None:
            return None
        label, items = text[: value[0]], _ITEM_BREAK.split(text[slice(*value)].strip(" .*"))
        if bool(_ABSENCE.search(label)) != bool(_ABSENCE.search(question)):
            return None
        is_people = counted in _PEOPLE and _TAKING_PART.match(label) is not None
        if not is_people and not _names(counted, label):
            return None
    elif unit.kind == "list":
        lead_in, *lines = text.split("\n")
        items = [line for line in lines if _LIST_ITEM.match(line)]
        if not _names(counted, lead_in):
            return None
    else:
        return None
    if len(items) < 2 or any(not 1 <= len(item.split()) <= _MAX_ITEM_WORDS for item in items):
        return None
    return f"{len(items)} (counted in the list)"


def _names(counted: str, label: str) -> bool:
    return any(w.key == counted or related(w.key, counted) for w in words(label))
