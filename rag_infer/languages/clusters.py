"""Units of scripts whose words are not told apart by spaces, and marks within words of others."""

from __future__ import annotations

import re

from rag_infer.languages.scripts import SCRIPT_RANGES

# Character classes of regular expressions, without the brackets.
WRITTEN_IN_PAIRS = "".join(
    SCRIPT_RANGES[script]
    for script in ("Kana", "Han", "Hangul", "Thai", "Lao", "Myanmar", "Khmer", "Tibetan")
)
# Marks within words, which the re module does not count among the characters of words.
WORD_MARKS = "\u0300-\u036f\u200c\u200d" + "".join(
    SCRIPT_RANGES[script]
    for script in (
        "Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam "
        "Sinhala"
    ).split()
)
_BEFORE = "เ-ไເ-ໄ"
_AFTER = "ะ-ฺๅ็-๎ະ-ຼ່-໎\u102b-\u103e\u17b4-\u17d3\u0f71-\u0fbc"
# A character with what belongs to it: vowels written before it, marks and vowels after it.
CLUSTER = re.compile(f"[{_BEFORE}]?[^{_AFTER}][{_AFTER}]*|.")
