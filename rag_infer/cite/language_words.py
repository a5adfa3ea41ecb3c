"""The words of a text in its own language, so that two texts of it can be compared.

As ``text_normalization.words``, which knows English: stems of the language, numbers as it writes
them, and pairs of characters where words are not told apart by spaces, so that a word's rarity says
something.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path

from rag_infer import languages
from rag_infer.cite.text_normalization import Word, canonical_number, words
from rag_infer.languages import ENGLISH, UNDETERMINED
from rag_infer.languages.cldr_forms import has_decimal_comma
from rag_infer.languages.clusters import CLUSTER, WORD_MARKS, WRITTEN_IN_PAIRS
from rag_infer.languages.spelling import fold, normalize, search_form
from rag_infer.languages.stemming import stem

_TOKEN = re.compile(
    # 1,000 and 3.5, but not the 3 of 3rd; a script without spaces goes on behind a number: 2003年.
    rf"(?P<number>\d++(?:[.,٫٬]\d++)*+(?![^\W\d_{WRITTEN_IN_PAIRS}]))"
    rf"|(?P<pairs>[{WRITTEN_IN_PAIRS}]+)"
    rf"|(?:[^\W_{WRITTEN_IN_PAIRS}]|[{WORD_MARKS}])+"
)
_TURKIC = frozenset(("tr", "az"))
_TURKIC_CAPITALS = str.maketrans({"I": "ı", "İ": "i"})
_APOSTROPHES = tuple("'’")
_SWAPPED_MARKS = str.maketrans(".,", ",.")
_ARABIC_MARKS = str.maketrans("٫٬", ".,")


def language_words(text: str, language: str) -> list[Word]:
    """The words of a text in order; stop words are the frequent ones and single letters.

    Args:
        text: Any text.
        language: Its code; texts in English or in no determined language are read as English.
    """
    if language in (ENGLISH, UNDETERMINED):
        return words(text)
    return list(_words(text, language))


def _words(text: str, language: str) -> Iterator[Word]:
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match["number"]:
            yield Word(_number(match[0], language), start, end, number=True)
        elif match["pairs"]:
            yield from _pairs(match[0], start)
        else:
            surface, capital = match[0], match[0][0].isupper()
            is_noun = capital and start > 0 and language == "de"
            is_stop = end - start == 1 or (not is_noun and surface.lower() in _frequent_words())
            if language in _TURKIC and text[start - 1 : start] in _APOSTROPHES and start > 1:
                is_stop = is_stop or text[start - 2].isalnum()  # an ending of a name or a number
            yield Word(_key(surface, language), start, end, stop=is_stop, capital=capital)


@functools.cache
def _frequent_words() -> frozenset[str]:
    path = Path(languages.__file__).with_name("frequent_words.json")
    return frozenset(json.loads(path.read_text("utf-8"))["words"].split())


def _pairs(run: str, start: int) -> Iterator[Word]:
    """Each character with the next one."""
    clusters = [(start + m.start(), start + m.end(), m[0]) for m in CLUSTER.finditer(run)]
    for n in range(max(1, len(clusters) - 1)):
        pair = clusters[n : n + 2]
        yield Word("".join(c[2] for c in pair), pair[0][0], pair[-1][1])


@functools.lru_cache(maxsize=100_000)
def _key(word: str, language: str) -> str:
    if language in _TURKIC:
        word = word.translate(_TURKIC_CAPITALS)
    lowered = normalize(search_form(word).lower())
    return fold(stem(lowered, language), language) or lowered


def _number(digits: str, language: str) -> str:
    plain = normalize(digits).translate(_ARABIC_MARKS)
    return canonical_number(
        plain.translate(_SWAPPED_MARKS) if has_decimal_comma(language) else plain
    )
