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

from rag_infer.languages import ENGLISH
from rag_infer.languages.clusters import CLUSTER, WORD_MARKS, WRITTEN_IN_PAIRS
from rag_infer.languages.spelling import fold, normalize, search_form
from rag_infer.languages.stemming import stem

STOP_WORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    me more most my myself no nor not now of off on once only or other our ours ourselves out over
    own same she should so some such than that the their theirs them themselves then there these
    they this those through to too under until up very was we were what when where which while who
    whom why will with would you your yours yourself yourselves""".split()
)

_UNSPACED = WRITTEN_IN_PAIRS
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[{WORD_MARKS}])"
_WORD = re.compile(rf"[{_UNSPACED}]+|{_LETTER}+(?:[-./_]{_LETTER}+)*")
_JOINT = re.compile(r"[-./_]")
_DIGIT = re.compile(r"\d")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_TURKIC = frozenset(("tr", "az"))
_TURKIC_CAPITALS = str.maketrans({"I": "ı", "İ": "i"})


def terms(text: str, language: str = ENGLISH) -> list[str]:
    """The index terms of a text, in order, repeats kept.

    Args:
        text: Any text.
        language: Its code; ``und`` is analyzed as English.
    """
    if language in _TURKIC:
        text = text.translate(_TURKIC_CAPITALS)
    index_terms: list[str] = []
    for run in _WORD.findall(search_form(text).lower()):
        index_terms.extend(_of_run(run, language))
    return index_terms


@functools.lru_cache(maxsize=200_000)
def _of_run(run: str, language: str) -> tuple[str, ...]:
    """The terms of one run of the word pattern, lower-cased already."""
    if _IS_UNSPACED.match(run):
        clusters = CLUSTER.findall(run)
        return tuple("".join(clusters[i : i + 2]) for i in range(max(1, len(clusters) - 1)))
    pieces = _JOINT.split(run)
    words = [normalize(word) for word in pieces if word not in STOP_WORDS]
    if language == ENGLISH:  # of its words accents are no part: Émile is found as Emile
        words = [fold(word, language) for word in words]
    index_terms = [fold(stem(word, language), language) for word in words]
    if len(pieces) > 1 and _DIGIT.search(run):
        index_terms.append(fold(normalize(run), language))
    return tuple(index_terms)
