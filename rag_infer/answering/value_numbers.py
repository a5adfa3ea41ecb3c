"""A written value as a number, so that two of a kind can be compared."""

from __future__ import annotations

import re

from rag_infer.cite.text_normalization import NUMBER_WORDS
from rag_infer.cite.typed_values import ValueKind, values

_DAYS = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1, "night": 1, "week": 7,
         "month": 30.4, "quarter": 91.3, "year": 365}  # fmt: skip


def value_number(kind: ValueKind, text: str) -> float | None:
    """The first value of a kind as a number; durations in days."""
    for start, end in values(kind, text):
        value = text[start:end].lower()
        if match := re.search(r"\d[\d,']*(?:\.\d+)?", value):
            number = float(re.sub("[,']", "", match[0]))
        else:
            word = re.match(r"[a-z]+", value)
            if word is None or (word[0] not in NUMBER_WORDS and word[0] not in ("a", "an")):
                continue
            number = float(NUMBER_WORDS.get(word[0], "1"))
        if kind == "duration":
            unit = next((u for u in _DAYS if u in value), None)
            return None if unit is None else number * _DAYS[unit]
        return number
    return None
