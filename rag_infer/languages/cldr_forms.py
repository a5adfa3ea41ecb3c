"""How dates, times, amounts, durations and measures are written in a language, after CLDR.

``cldr_forms.json`` is written by ``scripts/cldr_forms.py``. Its patterns become regular expressions
at the first text in a language. A number may be none where CLDR has such a form (Arabic
duals), or written in Han numerals.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

FormKind = Literal["money", "percent", "duration", "measure", "date", "clock"]

_DIGITS = r"\d(?:[\d.,'’٫٬\u2009\u00a0\u202f]*\d)?"
_SPACED_DIGITS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?"
_HAN_NUMBER = "[〇零一二三四五六七八九十百千万亿億兆两]+"
_DIRECTION = "[\u200e\u200f]*"
_FIELD = re.compile(r"'([^']*)'|y+|M+|L+|d+|E+|c+|G+|H+|h+|m+|s+|a+|[^'yMLdEcGHhmsa]+")
_MARKS = re.compile("[\u200e\u200f]")  # of direction
# "يومًا" and "يوماً" are one word: vowel signs may be left out, and stand on either letter.
_VOWEL_SIGNS = "[\u064b-\u0652]"
_ARABIC_LETTER = re.compile("[\u0620-\u064a]")
_SPACES = re.compile(r"\s+")
_MIN_NAME_CHARS = 2  # of a part of a currency's name that stands for all of it
_UNSPACED = frozenset("zh ja th".split())
_HAN = frozenset("zh ja".split())


@functools.cache
def _languages() -> Mapping[str, Any]:
    stored = json.loads(Path(__file__).with_name("cldr_forms.json").read_text("utf-8"))
    languages: Mapping[str, Any] = stored["languages"]
    return languages


def known_languages() -> frozenset[str]:
    """The codes of the languages with forms."""
    return frozenset(_languages())


def month_names(language: str) -> tuple[frozenset[str], ...]:
    """For each month its names in lower case, January first; empty for an unknown language."""
    return tuple(map(frozenset, _languages().get(language, {}).get("months", ())))


def has_decimal_comma(language: str) -> bool:
    """Whether a comma parts a number from its fraction."""
    return bool(_languages().get(language, {}).get("decimal") == ",")


@functools.lru_cache(maxsize=64)
def form_pattern(kind: FormKind, language: str) -> re.Pattern[str] | None:
    """The regular expression of values of a kind; None for an unknown language."""
    forms = _languages().get(language)
    if forms is None:
        return None
    number = _DIGITS
    if language in _HAN:
        number = f"(?:{_DIGITS}|{_HAN_NUMBER})"
    elif forms["group"].isspace():
        number = f"(?:{_SPACED_DIGITS}|{_DIGITS})"
    match kind:
        case "date":
            bodies = _dates(forms)
        case "clock":
            bodies = _clocks(forms)
        case "money":
            bodies = _money(forms, number)
        case "percent":
            bodies = [*_units(forms["percent"], number, language), rf"{number}\s?[%٪]"]
        case "duration":
            bodies = _units(forms["durations"], number, language)
        case "measure":
            bodies = _units(forms["measures"], number, language)
    before, after = ("", "") if language in _UNSPACED else (r"(?<!\w)", r"(?!\w)")
    body = "|".join(sorted(set(bodies), key=len, reverse=True))
    return re.compile(f"{before}(?:{body}){after}", re.IGNORECASE)


def _one_of(names: Iterable[str]) -> str:
    """Any of some names, the longest first; a point may follow one that is cut short."""
    ordered = sorted({_spaced(name.strip(".")) for name in names}, key=len, reverse=True)
    return f"(?:{'|'.join(ordered)})\\.?"


def _spaced(text: str) -> str:
    """A literal in which any white space stands for a space, and marks of direction for nothing."""
    pieces = _SPACES.split(re.sub(_VOWEL_SIGNS, "", _MARKS.sub("", text)))
    escaped = r"[\s\u200e\u200f]*".join(map(re.escape, pieces))
    escaped = _ARABIC_LETTER.sub(rf"\g<0>{_VOWEL_SIGNS}?", escaped)
    return _DIRECTION + escaped if _MARKS.search(text) else escaped


def _dates(forms: Mapping[str, Any]) -> list[str]:
    months = _one_of(name for names in forms["months"] for name in names)
    fields = {
        "y": r"\d{4}",
        "M": r"\d{1,2}",
        "MMM": months,
        "d": r"\d{1,2}(?:er|º|\.ª)?",
        "E": _one_of(name for names in forms["weekdays"] for name in names),
        "G": _one_of(forms["eras"]),
    }
    return [_pattern(form, fields) for form in forms["dates"]]


def _clocks(forms: Mapping[str, Any]) -> list[str]:
    period = _one_of(forms["day_periods"]) if forms["day_periods"] else ""
    fields = {"h": r"\d{1,2}", "m": r"\d\d", "s": r"\d\d", "a": period}
    patterns = [_pattern(form, fields) for form in forms["times"]]
    return [p for p in patterns if p != fields["h"]]  # "HH" alone is any number


def _pattern(form: str, fields: Mapping[str, str]) -> str:
    """The regular expression of a date or time pattern of CLDR."""
    parts = []
    for match in _FIELD.finditer(form):
        symbol = match[0]
        name = {"L": "M", "c": "E", "H": "h"}.get(symbol[0], symbol[0])
        if match[1] is not None or name not in "yMdEGhmsa":
            parts.append(_spaced(match[1] or symbol))
        elif name == "M" and len(symbol) > 2:
            parts.append(fields["MMM"])
        else:
            parts.append(fields[name])
    return "".join(parts)


def _units(patterns: Iterable[str], number: str, language: str) -> list[str]:
    space = r"\s?" if language in _UNSPACED else r"[\s-]?"
    results = []
    for pattern in patterns:
        before, number_place, after = pattern.partition("{0}")
        if not number_place:
            results.append(_spaced(pattern))
        elif after.strip():
            results.append(number + space + _spaced(after.strip()))
        elif before.strip():
            results.append(_spaced(before.strip()) + rf"\s?{number}")
    return results


def _money(forms: Mapping[str, Any], number: str) -> list[str]:
    signs = [n for n in forms["currencies"] if not any(c.isalpha() for c in n) or n.isupper()]
    words = {w for n in forms["currencies"] for w in n.split() if len(w) >= _MIN_NAME_CHARS}
    names = "|".join(sorted(map(_spaced, {*words, *forms["currencies"]}), key=len, reverse=True))
    sign = "|".join(sorted(map(_spaced, signs), key=len, reverse=True))
    space = r"[\s\u200e\u200f]*"
    return [
        rf"(?:{sign}){space}{number}",
        rf"{number}{space}(?:{names})(?:\s(?:{names}))*",
    ]
