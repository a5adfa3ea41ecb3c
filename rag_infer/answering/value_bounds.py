"""Values that bound: from the other side ("children under twelve" for "how old must they be?"), or
as the end of a range."""

from __future__ import annotations

import re

from rag_infer.cite.typed_values import COUNT_WORD

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

# "9 to" before "5 pm", "six to" before "eight weeks".
_FIGURE = rf"(?:\d{{1,3}}(?:[.:,]\d{{1,3}})*|{COUNT_WORD})"
_RANGE_START = re.compile(
    rf"(?<![\w.,:/-])(?:{_FIGURE}(?:\s*(?:to|until|till|bis|à|al?|ile|до|-|–|—)|\s+(?:or|oder|ou))"
    rf"|(?<=\bbetween ){_FIGURE} and|(?<=\bzwischen ){_FIGURE} und)\s*$",
    re.IGNORECASE,
)
# "not finish before" before "19 December": the date alone would say the opposite.
_NOT_BEFORE = re.compile(
    r"(?<!\w)(?:(?:not|never|nicht)|\w+n['’]t)(?: [^\W\d_]+){0,2}? "
    r"(?:before|until|till|earlier than|vor)(?: the| dem)?\s+$",
    re.IGNORECASE,
)

# "must not be" before "higher than 1.20 metres".
_COMPARISON = re.compile(
    r"(?:(?:\w+er|more|less) than|über|unter|over|above|below|under|beyond|(?:\w+er|mehr) als)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"(?<!\w)(?:not|never|no|nicht|kein\w{0,2}|\w+n['’]t)(?: [^\W\d_]+){0,2}?\s+$", re.IGNORECASE
)


def with_range_start(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The place of a value, with the bare figure before it that it is the end of a range from.

    "5 pm" of "open from 9 to 5 pm" is not when it opens, nor are "eight weeks" of "six to eight
    weeks" how long it takes.
    """
    match = _RANGE_START.search(text[: span[0]])
    return span if match is None else (match.start(), span[1])


def with_negated_bound(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The place of a time, with "not before" that stands before it."""
    match = _NOT_BEFORE.search(text[: span[0]])
    return span if match is None else (match.start(), span[1])


def with_negated_comparison(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The place of a bound, with the "not" before it: alone it would say the opposite.

    "higher than 1.20 metres" of "must not be higher than 1.20 metres" is what is forbidden.
    """
    if _COMPARISON.match(text, span[0]) is None:
        return span
    match = _NEGATION.search(text[: span[0]])
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
