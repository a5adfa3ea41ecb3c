"""The words of a text, so that two texts can be compared: stems, numbers, names.

A word has a key: equal for its inflected forms, and for the spellings of one number.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from rag_infer.languages import UNDETERMINED
from rag_infer.languages.clusters import CLUSTER, WORD_MARKS, WRITTEN_IN_PAIRS
from rag_infer.languages.spelling import fold, normalize
from rag_infer.languages.stemming import stem

# The share of passages that a word occurs in, 0 to 1, from whoever knows the collection.
Share = Callable[[str], float]

_WORD = re.compile(
    r"\d+(?:[.,]\d+)*(?![^\W\d_])"  # 1,000 and 3.5, but not the 3 of 3rd
    rf"|(?=[{WRITTEN_IN_PAIRS}])(?:{CLUSTER.pattern})"
    rf"|(?:[^\W_{WRITTEN_IN_PAIRS}]|[{WORD_MARKS}])+(?:['’][^\W_]+)*"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*$")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)$")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?$")

STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are aren't as at be because been
    before being below between both but by can can't cannot could couldn't did didn't do does
    doesn't doing don't down during each either etc few for from further had hadn't has hasn't have
    haven't having he he's her here hers herself him himself his how i i'm if in into is isn't it
    it's its itself just let's may me might more most must mustn't my myself neither no nor not now
    of off on once only or other ought our ours ourselves out over own per same shall she she's
    should shouldn't so some such than that that's the their theirs them themselves then there
    there's these they they're this those through thus to too under until up upon us very via was
    wasn't we we're were weren't what what's when where whether which while who who's whom whose why
    will with within without won't would wouldn't yet you you're your yours yourself
    yourselves""".split()
)
_UNITS = """zero _ two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty""".split()
_TENS = "thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = {word: str(n) for n, word in enumerate(_UNITS) if word != "_"} | {
    word: str(30 + 10 * n) for n, word in enumerate(_TENS)
}
_ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh
    twelfth""".split()
_MAX_CACHED_CHARS = 1000  # of a text whose words are remembered
_ORDINAL_WORDS = {word: f"{n}th" for n, word in enumerate(_ORDINALS, 1)}


@dataclass(frozen=True, slots=True)
class Word:
    """``text[start:end]``; words that mean the same have equal keys.

    ``number`` is set when the key is a number in digits. ``capital``: begins with one.
    """

    key: str
    start: int
    end: int
    stop: bool = False
    number: bool = False
    capital: bool = False


@functools.lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english", 0)


@functools.lru_cache(maxsize=100_000)
def _key(lowered: str) -> tuple[str, bool]:
    """The key of a lower-cased word, and whether it is a number."""
    if _NUMBER.match(lowered):
        return canonical_number(lowered), True
    if lowered in NUMBER_WORDS:
        return NUMBER_WORDS[lowered], True
    if ordinal := _ORDINAL.match(lowered):
        return f"{ordinal[1]}th", False
    if lowered in _ORDINAL_WORDS:
        return _ORDINAL_WORDS[lowered], False
    bare = lowered.removesuffix("'s") if lowered not in STOP_WORDS else lowered
    if bare.isascii():
        return str(_stemmer().stemWord(bare)), False
    return fold(stem(normalize(bare), UNDETERMINED), UNDETERMINED), False


def canonical_number(number: str) -> str:
    """One form for equal numbers: ``1,000`` is ``1000``, ``2.50`` is ``2.5``."""
    if _GROUPED.match(number):
        number = number.replace(",", "")
    if number.count(".") == 1 and "," not in number:
        integer, fraction = number.split(".")
        fraction = fraction.rstrip("0")
        number = f"{integer}.{fraction}" if fraction else integer
    return number.lstrip("0") or "0"


def words(text: str) -> list[Word]:
    """The words of a text in order; scripts without spaces give one word a character."""
    return list(_short_words(text) if len(text) <= _MAX_CACHED_CHARS else _read_words(text))


def _read_words(text: str) -> tuple[Word, ...]:
    results = []
    for match in _WORD.finditer(text):
        surface = match[0]
        lowered = surface.lower().replace("’", "'")
        key, number = _key(lowered)
        results.append(
            Word(
                key,
                match.start(),
                match.end(),
                lowered in STOP_WORDS,
                number,
                surface[0].isupper(),
            )
        )
    return tuple(results)


_short_words = functools.lru_cache(maxsize=4096)(_read_words)  # a unit is compared many times


def content(parsed: Iterable[Word]) -> list[Word]:
    """Those that carry meaning."""
    return [word for word in parsed if not word.stop]


def key(word: str) -> str:
    """The key of a single word, as ``words`` gives it."""
    return _key(word.lower().replace("’", "'"))[0]


def related(a: str, b: str) -> bool:
    """Whether two keys share so long a beginning that one is likely derived from the other.

    The stemmer keeps ``proclaim`` and ``proclam`` apart; people do not.
    """
    if a == b:
        return True
    shortest = min(len(a), len(b))
    if shortest < 4 or a[0] != b[0]:
        return False
    shared = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        shared += 1
    return shared >= 4 and shared * 10 >= 7 * max(len(a), len(b))


def has_key(keys: Collection[str], wanted: str) -> bool:
    """Whether a key, or one that is likely derived from it, is among others."""
    return wanted in keys or any(related(wanted, k) for k in keys)


# Keys of the names of the months, January first.
MONTH_KEYS = tuple(
    key(name)
    for name in "january february march april may june july august september october november "
    "december".split()
)
