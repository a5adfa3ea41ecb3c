"""The script that a text is written in, from its letters alone.

The ranges are those of ``Scripts.txt`` of Unicode 16 for scripts in everyday use, with the marks
that stand within words. They are data of the standard; ``tests/languages`` compares them with
``unicodedata``.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable

SCRIPT_RANGES: dict[str, str] = {
    "Latin": "A-Za-zªºÀ-ÖØ-öø-ʸḀ-ỿＡ-Ｚａ-ｚﬀ-ﬆ",
    "Greek": "Ͱ-ͳͶͷͺ-ͽͿΆΈ-ϡϰ-Ͽἀ-῾",
    "Cyrillic": "\u0400-\u0484\u0487-\u052f\u1c80-\u1c88",
    "Armenian": "Ա-Ֆա-ֈ",
    "Hebrew": "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u05d0-\u05ea\u05ef-\u05f2"
    "\ufb1d-\ufb4f",
    "Arabic": "\u0610-\u061a\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06df-\u06e8\u06ea-\u06ef"
    "\u06fa-\u06ff"
    "\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Devanagari": "\u0900-\u0950\u0953-\u0963\u0971-\u097f",
    "Bengali": "\u0980-\u09e3\u09f0\u09f1\u09fc\u09fe",
    "Gurmukhi": "\u0a01-\u0a5e\u0a70-\u0a75",
    "Gujarati": "\u0a81-\u0ae3\u0af9-\u0aff",
    "Oriya": "\u0b01-\u0b63\u0b71",
    "Tamil": "\u0b82-\u0bd7",
    "Telugu": "\u0c00-\u0c63",
    "Kannada": "\u0c80-\u0ce3\u0cf1-\u0cf3",
    "Malayalam": "\u0d00-\u0d63\u0d7a-\u0d7f",
    "Sinhala": "\u0d81-\u0ddf\u0df2\u0df3",
    "Thai": "\u0e01-\u0e3a\u0e40-\u0e4e",
    "Lao": "\u0e81-\u0ece\u0edc-\u0edf",
    "Tibetan": "\u0f40-\u0fbc",
    "Myanmar": "\u1000-\u103f\u1050-\u108f\u109a-\u109d",
    "Georgian": "Ⴀ-ჺჼ-ჿᲐ-Ჿⴀ-ⴭ",
    "Ethiopic": "ሀ-ፚᎀ-ᎏⶀ-ⷞ",
    "Khmer": "\u1780-\u17d3\u17d7\u17dc\u17dd",
    "Hangul": "ᄀ-ᇿㄱ-ㆎꥠ-ꥼ가-힣ힰ-ퟻﾠ-ￜ",
    "Kana": "ぁ-ゖゝ-ゟァ-ヺー-ヿㇰ-ㇿｦ-ﾟ",
    "Han": "々〇㐀-䶿一-鿿豈-龎\U00020000-\U000323af",
}
# Scripts that are used for one language nearly always.
ONE_LANGUAGE_SCRIPTS = {
    "Greek": "el",
    "Armenian": "hy",
    "Hebrew": "he",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Oriya": "or",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Thai": "th",
    "Lao": "lo",
    "Myanmar": "my",
    "Georgian": "ka",
    "Khmer": "km",
    "Hangul": "ko",
    "Kana": "ja",
    "Han": "zh",
}
_SCRIPTS_OF_LANGUAGES: dict[str, tuple[str, ...]] = {
    language: (script,) for script, language in ONE_LANGUAGE_SCRIPTS.items()
}
_SCRIPTS_OF_LANGUAGES |= {"ja": ("Kana", "Han"), "ko": ("Hangul", "Han")}
_SHARED_SCRIPTS = {
    "Cyrillic": "ru uk be bg sr mk kk ky mn tg tt ba cv ce os",
    "Arabic": "ar fa ur ps sd ug ckb azb pnb",
    "Devanagari": "hi mr ne sa",
    "Bengali": "bn as",
    "Ethiopic": "am ti",
    "Tibetan": "bo dz",
}
_SCRIPTS_OF_LANGUAGES |= {
    language: (script,)
    for script, languages in _SHARED_SCRIPTS.items()
    for language in languages.split()
}

_LETTERS = re.compile("|".join(f"(?P<{name}>[{r}])" for name, r in SCRIPT_RANGES.items()))
_SAMPLE_CHARS = 4000


@functools.lru_cache(maxsize=20_000)
def script_of(char: str) -> str | None:
    """The script of one character; None for what is in no script's words."""
    match = _LETTERS.match(char)
    return match.lastgroup if match else None


def script_counts(text: str) -> dict[str, int]:
    """How many letters of each script a text has, of those it has; long texts are sampled."""
    counts: dict[str, int] = {}
    for char, count in Counter(_sample(text)).items():
        if (script := script_of(char)) is not None:
            counts[script] = counts.get(script, 0) + count
    return counts


def scripts_of(languages: Iterable[str]) -> frozenset[str]:
    """The scripts in which some languages are written, by their codes."""
    return frozenset(
        script for code in languages for script in _SCRIPTS_OF_LANGUAGES.get(code, ("Latin",))
    )


def main_script(text: str) -> str | None:
    """The script of most letters; None where there are none. Kana beside Han is Kana."""
    counts = script_counts(text)
    if not counts:
        return None
    if counts.get("Kana") and counts.get("Han"):  # Japanese is written in both
        counts["Kana"] += counts.pop("Han")
    return max(counts, key=lambda name: counts[name])


def _sample(text: str) -> str:
    """All of a short text; of a long one its beginning, middle and end."""
    if len(text) <= _SAMPLE_CHARS:
        return text
    third, middle = _SAMPLE_CHARS // 3, len(text) // 2
    return f"{text[:third]} {text[middle : middle + third]} {text[-third:]}"
