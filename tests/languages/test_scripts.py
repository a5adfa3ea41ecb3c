"""Scripts of characters and texts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.languages.scripts import (
    SCRIPT_RANGES,
    main_script,
    script_counts,
    script_of,
    scripts_of,
)

# Unicode's names begin with the script, but for these.
_NAMES = {"Kana": ("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA"), "Han": ("CJK", "IDEOGRAPHIC")}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Wie hoch ist die Kaution?", "Latin"),
        ("Как зовут сторожа?", "Cyrillic"),
        ("ما اسم الحارس؟", "Arabic"),
        ("चौकीदार का नाम", "Devanagari"),
        ("ห้องซักผ้าเปิดกี่โมง", "Thai"),
        ("管理员叫什么名字？", "Han"),
        ("管理人の名前は何ですか", "Kana"),
        ("경비원 이름", "Hangul"),
        ("Ποιο είναι το όνομα", "Greek"),
        ("12.500,00", None),
        ("", None),
    ],
)
def test_the_script_of_a_text(text: str, script: str | None) -> None:
    assert main_script(text) == script


@pytest.mark.parametrize("script", SCRIPT_RANGES)
def test_letters_of_a_script_are_named_after_it(script: str) -> None:
    """Against ``unicodedata``: at most a few marks that several scripts share differ."""
    prefixes = _NAMES.get(script, (script.upper(),))
    chars = [chr(code) for code in range(0x20, 0x20000) if script_of(chr(code)) == script]
    named = [c for c in chars if any(p in unicodedata.name(c, prefixes[0]) for p in prefixes)]
    assert len(chars) > 30
    assert len(named) >= 0.9 * len(chars)


def test_scripts_of_languages() -> None:
    assert scripts_of(("de", "ru", "ja")) == {"Latin", "Cyrillic", "Kana", "Han"}


@given(st.text())
def test_every_letter_counts_once(text: str) -> None:
    assert sum(script_counts(text).values()) <= len(text)
