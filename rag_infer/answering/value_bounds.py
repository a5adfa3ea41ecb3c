"""Values that bound: from the other side ("children under twelve" for "how old must they be?"), or
as the end of a range."""

from __future__ import annotations

import re

_BOUND_CHARS = 14  # before a value, in which a word of the other side stands
_LEAST = re.compile(
    r"\bhow (?:old|tall|high|big|heavy|many|much|long)\b.*\b(?:must|have to|has to|need)\b"
    r"|\bminimum\b|\bat least\b|\bfrom (?:what|which) age\b|\bab welchem alter\b",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"\b(?:under|below|younger than|less than|fewer than|smaller than|unter|moins de|menos de)\b",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"\bmaximum\b|\bat most\b|\bup to (?:what|which)\b|\bbis zu welche[mr]\b", re.IGNORECASE
)
_ABOVE = re.compile(
    r"\b(?:over|above|older than|more than|at least|minimum|über|plus de|más de)\b", re.IGNORECASE
)
_OPPOSITES = ((_LEAST, _BELOW), (_MOST, _ABOVE))

# "9 to" before "5 pm".
_RANGE_START = re.compile(
    r"(?<![\w.,:/-])(?:\d{1,2}(?:[.:]\d\d)?(?:\s*(?:to|until|till|bis|à|al?|ile|до|-|–|—))"
    r"|(?<=\bbetween )\d{1,2}(?:[.:]\d\d)? and|(?<=\bzwischen )\d{1,2}(?:[.:]\d\d)? und)\s*$",
    re.IGNORECASE,
)


def with_range_start(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The place of a time, with the bare figure before it that it is the end of a range from.

    "5 pm" of "open from 9 to 5 pm" is not when it opens.
    """
    match = _RANGE_START.search(text[: span[0]])
    return span if match is None else (match.start(), span[1])


def is_other_bound(question: str, text: str, span: tuple[int, int]) -> bool:
    """Whether a value is the most of what the question wants the least of, or the reverse.

    Args:
        question: The question.
        text: A passage.
        span: The characters of the value in it.
    """
    phrase = text[max(0, span[0] - _BOUND_CHARS) : span[1]]
    return any(wanted.search(question) and other.search(phrase) for wanted, other in _OPPOSITES)
