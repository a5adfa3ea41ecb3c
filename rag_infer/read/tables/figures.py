"""What counts as a figure, and which words belong to one: signs, parentheses, thousands."""

from __future__ import annotations

import re
from functools import lru_cache

_CURRENCY = r"(?:[$€£¥₹]|US\$|C\$|A\$|HK\$|R\$|EUR|USD|GBP|CHF|CAD|JPY)"
_NUMBER = r"\d[\d.,'’:/  ]*"
FIGURE = re.compile(
    rf"[(\[<>≤≥~±+−–—-]*\s*{_CURRENCY}?\s*[(\[+−–-]?\s*(?:{_NUMBER}|\.\d+)"
    rf"\s*(?:%|‰|bps?|x|pts?|{_CURRENCY}|[kKmM]|bn)?\s*[)\]]*%?[)\]]*[*†‡§¹²³⁴⁵⁶⁷⁸⁹]*"
    r"(?:\(?[a-z\d]\))?"
)
EMPTY = re.compile(
    r"(?:[-–—−‐.…*:x]|\.{2,3}|--|n/?a|N/?A|n\.a\.|N\.A\.|nm|NM|N/?M|NA|nil|Nil)%?\)?"
)
_PREFIX = re.compile(rf"(?:{_CURRENCY}|\(|\[|{_CURRENCY}\s*\(|[-−–+<>≤≥±])")
_CURRENCY_SIGN = re.compile(_CURRENCY)
_SUFFIX = re.compile(r"(?:%|\)|\]|\)%|%\)|‰|[*†‡§]+|\)\s*[*†‡§]+)")
# Perhaps with the unit of the figures below it: "2024 (kg)".
YEAR = re.compile(
    r"(?:FY\s?)?(?:19|20)\d\d(?:[-–/]\d{2,4})?[*†‡§¹²³]?(?:\s*\([^()\d]{1,20}\))?|FY\s?'?\d\d"
)
_GROUP_START = re.compile(r"[-−–(]?\d{1,3}(?: \d{3})*$")
_GROUP = re.compile(r"\d{3}(?:[.,]\d+)?[)%]*$")
_HAS_DIGIT = re.compile(r"\d")

# The same few texts are asked about again and again: words, and the pieces made of them.
_remembered = lru_cache(maxsize=1 << 14)


@_remembered
def is_figure(text: str) -> bool:
    """A number with its signs, or a sign for none."""
    return FIGURE.fullmatch(text) is not None or EMPTY.fullmatch(text) is not None


@_remembered
def is_empty(text: str) -> bool:
    """A sign that stands for no figure."""
    return EMPTY.fullmatch(text) is not None


@_remembered
def is_number(text: str) -> bool:
    """A figure that has digits."""
    return _HAS_DIGIT.search(text) is not None and FIGURE.fullmatch(text) is not None


@_remembered
def is_year(text: str) -> bool:
    return YEAR.fullmatch(text) is not None


@_remembered
def is_prefix(text: str) -> bool:
    """A sign that stands before its figure."""
    return _PREFIX.fullmatch(text) is not None


@_remembered
def is_suffix(text: str) -> bool:
    """A sign that stands behind its figure."""
    return _SUFFIX.fullmatch(text) is not None


@_remembered
def is_currency(text: str) -> bool:
    return _CURRENCY_SIGN.fullmatch(text) is not None


def goes_on(left: str, right: str) -> bool:
    """Whether ``right`` is the next group of three digits of ``left`` ("1 234")."""
    return _GROUP_START.match(left) is not None and _GROUP.match(right) is not None
