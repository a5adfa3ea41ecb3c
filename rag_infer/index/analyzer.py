"""Text to index terms, by language.

Words are lower-cased runs of letters and digits, English stop words dropped, the rest stemmed with
Snowball in the language of the text (English Porter 2) and freed of accents. Two additions for
what people look up: a run that holds a digit and is joined by ``-``, ``.``, ``/`` or ``_``
(``AX-4410-B``, ``1.2.3``) is also a term of its own, so that an exact part number beats its parts;
scripts written without spaces, and Hangul, give pairs of characters, in which a character takes
the marks and vowels that belong to it along (for Thai the clusters of Theeramunkong et al. 2000).

A word is stemmed by its script first: in a Russian text an English word is an English word.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

from rag_infer.index.normalization import fold, normalize
from rag_infer.languages import UNDETERMINED
from rag_infer.languages.scripts import SCRIPT_RANGES, script_of

ENGLISH = "en"
STOP_WORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    me more most my myself no nor not now of off on once only or other our ours ourselves out over
    own same she should so some such than that the their theirs them themselves then there these
    they this those through to too under until up very was we were what when where which while who
    whom why will with would you your yours yourself yourselves""".split()
)

_PAIRED = ("Kana", "Han", "Hangul", "Thai", "Lao", "Myanmar", "Khmer", "Tibetan")
_UNSPACED = "".join(SCRIPT_RANGES[script] for script in _PAIRED)
# Marks within words, which the re module does not count among the characters of words.
_MARKS = "\u0300-\u036f\u200c\u200d" + "".join(
    SCRIPT_RANGES[script]
    for script in (
        "Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam "
        "Sinhala"
    ).split()
)
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[{_MARKS}])"
_WORD = re.compile(rf"[{_UNSPACED}]+|{_LETTER}+(?:[-./_]{_LETTER}+)*")
_JOINT = re.compile(r"[-./_]")
_DIGIT = re.compile(r"\d")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# A character with what belongs to it: vowels written before it, marks and vowels after it.
_CLUSTER = re.compile(
    "[เ-ไເ-ໄ]?[^ะ-ฺๅ็-๎ະ-ຼ່-໎\u102b-\u103e\u17b4-\u17d3\u0f71-\u0fbc]"
    "[ะ-ฺๅ็-๎ະ-ຼ່-໎\u102b-\u103e\u17b4-\u17d3\u0f71-\u0fbc]*|."
)
_SNOWBALL_BY_LANGUAGE = {
    "Latin": {
        "ca": "catalan",
        "cs": "czech",
        "da": "danish",
        "de": "german",
        "en": "english",
        "es": "spanish",
        "et": "estonian",
        "eu": "basque",
        "fi": "finnish",
        "fr": "french",
        "ga": "irish",
        "hu": "hungarian",
        "id": "indonesian",
        "it": "italian",
        "lt": "lithuanian",
        "nl": "dutch",
        "no": "norwegian",
        "pl": "polish",
        "pt": "portuguese",
        "ro": "romanian",
        "sv": "swedish",
        "tr": "turkish",
        UNDETERMINED: "english",
    },
    "Cyrillic": {"ru": "russian", "sr": "serbian"},
    "Arabic": {"ar": "arabic", "fa": "persian"},
    "Devanagari": {"hi": "hindi", "ne": "nepali"},
}
_SNOWBALL_BY_SCRIPT = {"Greek": "greek", "Armenian": "armenian", "Tamil": "tamil"}
_LATIN_LANGUAGES = frozenset("af az sq sk sl hr vi lv is mt cy ms tl sw".split()) | frozenset(
    _SNOWBALL_BY_LANGUAGE["Latin"]
)
_TURKIC = frozenset(("tr", "az"))
_TURKIC_CAPITALS = str.maketrans({"I": "ı", "İ": "i"})

Stems = Callable[[Sequence[str]], list[str]]


def terms(text: str, language: str = ENGLISH) -> list[str]:
    """The index terms of a text, in order, repeats kept.

    Args:
        text: Any text.
        language: Its code; ``und`` is analyzed as English.
    """
    if language in _TURKIC:
        text = text.translate(_TURKIC_CAPITALS)
    index_terms: list[str] = []
    for run in _WORD.findall(text.lower()):
        index_terms.extend(_of_run(run, language))
    return index_terms


@functools.lru_cache(maxsize=200_000)
def _of_run(run: str, language: str) -> tuple[str, ...]:
    """The terms of one run of the word pattern, lower-cased already."""
    if _IS_UNSPACED.match(run):
        clusters = _CLUSTER.findall(run)
        return tuple("".join(clusters[i : i + 2]) for i in range(max(1, len(clusters) - 1)))
    pieces = _JOINT.split(run)
    words = [normalize(word) for word in pieces if word not in STOP_WORDS]
    index_terms = [fold(stem, language) for stem in _stems(words, language)]
    if len(pieces) > 1 and _DIGIT.search(run):
        index_terms.append(fold(normalize(run), language))
    return tuple(index_terms)


def _stems(words: Sequence[str], language: str) -> list[str]:
    stems: list[str] = []
    for word in words:
        algorithm = _algorithm(word[:1], language)
        stems.append((_stemmer(algorithm)([word])[0] if algorithm else "") or word)
    return stems


@functools.lru_cache(maxsize=20_000)
def _algorithm(char: str, language: str) -> str | None:
    """The Snowball algorithm for words that begin with ``char`` in a text of ``language``."""
    script = script_of(char) if char else None
    if script is None:
        script = "Latin"  # figures with letters behind them: 4th
    if script == "Latin" and language not in _LATIN_LANGUAGES:
        return "english"
    by_language = _SNOWBALL_BY_LANGUAGE.get(script, {}).get(language)
    return by_language or _SNOWBALL_BY_SCRIPT.get(script)


@functools.cache
def _stemmer(algorithm: str) -> Stems:
    import Stemmer

    stem: Stems = Stemmer.Stemmer(algorithm, 0).stemWords
    return stem
