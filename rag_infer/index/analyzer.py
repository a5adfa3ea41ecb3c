"""Text to index terms.

Words are lower-cased runs of letters and digits, English stop words dropped, the rest stemmed
with Snowball (Porter 2). Two additions for what people look up: a run that holds a digit and is
joined by ``-``, ``.``, ``/`` or ``_`` (``AX-4410-B``, ``1.2.3``) is also a term of its own, so that
an exact part number beats its parts; scripts written without spaces give character pairs.
"""

from __future__ import annotations

import functools
import re

STOP_WORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    me more most my myself no nor not now of off on once only or other our ours ourselves out over
    own same she should so some such than that the their theirs them themselves then there these
    they this those through to too under until up very was we were what when where which while who
    whom why will with would you your yours yourself yourselves""".split()
)

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:[-./_][^\W_{_UNSPACED}]+)*", re.UNICODE)
_JOINT = re.compile(r"[-./_]")
_DIGIT = re.compile(r"\d")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


@functools.lru_cache(maxsize=1)
def _stem_words() -> object:
    import Stemmer

    return Stemmer.Stemmer("english", 0).stemWords


@functools.lru_cache(maxsize=200_000)
def _of_run(run: str) -> tuple[str, ...]:
    """The terms of one run of the word pattern, lower-cased already."""
    if _IS_UNSPACED.match(run):
        return tuple(run[i : i + 2] for i in range(max(1, len(run) - 1)))
    pieces = _JOINT.split(run)
    words = [w for w in pieces if w not in STOP_WORDS]
    stems: list[str] = _stem_words()(words)  # type: ignore[operator]
    if len(pieces) > 1 and _DIGIT.search(run):
        stems.append(run)
    return tuple(stems)


def terms(text: str) -> list[str]:
    """The index terms of a text, in order, repeats kept."""
    index_terms: list[str] = []
    for run in _WORD.findall(text.lower()):
        index_terms.extend(_of_run(run))
    return index_terms
