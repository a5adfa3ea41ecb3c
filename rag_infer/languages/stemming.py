"""Stems of words by Snowball, in the language of the text as far as its script allows."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

from rag_infer.languages.detection import UNDETERMINED
from rag_infer.languages.scripts import script_of

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
# Of the languages in one script the one of most texts, for a word in a text of another script.
_SNOWBALL_OF_FOREIGN_WORDS = {"Cyrillic": "russian", "Arabic": "arabic", "Devanagari": "hindi"}

# "And" before the article, which Snowball takes off only where the article comes first.
_ARABIC_CONJUNCTION = re.compile(r"[وف](?=(?:ال|لل|بال|كال)\w{3})")
_ARABIC_PLURAL, _MIN_ARABIC_STEM = "ات", 3  # of feminine nouns, of which Snowball leaves a letter

Stems = Callable[[Sequence[str]], list[str]]


def stem(word: str, language: str) -> str:
    """The stem of a lower-case word in a text of a language; the word where there is no stemmer.

    A word in another script than the language's is stemmed in a language of its own script.
    """
    algorithm = _algorithm(word[:1], language)
    if algorithm is None:
        return word
    if algorithm == "arabic":
        word = word[bool(_ARABIC_CONJUNCTION.match(word)) :]
    root = _stemmer(algorithm)([word])[0]
    if algorithm == "arabic" and word.endswith(_ARABIC_PLURAL) and len(root) > _MIN_ARABIC_STEM:
        root = root.removesuffix("ا")
    return root or word


@functools.lru_cache(maxsize=20_000)
def _algorithm(char: str, language: str) -> str | None:
    """The Snowball algorithm for words that begin with ``char`` in a text of ``language``."""
    script = script_of(char) if char else None
    if script is None:
        script = "Latin"  # figures with letters behind them: 4th
    if script == "Latin" and language not in _LATIN_LANGUAGES:
        return "english"
    if language in _LATIN_LANGUAGES and script in _SNOWBALL_OF_FOREIGN_WORDS:
        return _SNOWBALL_OF_FOREIGN_WORDS[script]
    by_language = _SNOWBALL_BY_LANGUAGE.get(script, {}).get(language)
    return by_language or _SNOWBALL_BY_SCRIPT.get(script)


@functools.cache
def _stemmer(algorithm: str) -> Stems:
    import Stemmer

    stems: Stems = Stemmer.Stemmer(algorithm, 0).stemWords
    return stems
