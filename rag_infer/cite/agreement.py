"""Whether two units say the same, so that the second supports the first rather than rivals it."""

from __future__ import annotations

from rag_infer.cite.claim_features import figures
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, words

_MIN_SHARED = 0.6  # of the meaningful words of the shorter unit
_MIN_WORDS = 4  # of it


def agree(one: Sentence, other: Sentence) -> bool:
    """Whether both give the same few words for an answer, or most words of one are the other's."""
    if is_read(one) and is_read(other):
        return not differ(short_words(one), short_words(other))
    first, second = ({w.key for w in content(words(s.text))} for s in (one, other))
    shorter = min(len(first), len(second))
    return shorter >= _MIN_WORDS and len(first & second) >= _MIN_SHARED * shorter


def is_read(sentence: Sentence) -> bool:
    """Whether the reader holds its words in a unit likelier than no answer."""
    return sentence.short is not None and sentence.feature("reader") > 0


def short_words(sentence: Sentence) -> str:
    """The reader's words in a unit."""
    start, end = sentence.short or (0, 0)
    return sentence.hit.chunk.text[start:end]


def differ(one: str, other: str) -> bool:
    """Whether short answers are of different values: figures by value, names by their words."""
    first, second = figures(one), figures(other)
    if first and second:
        return not any(f.among(second) for f in first)
    if first or second:
        return False
    keys = [{w.key for w in content(words(text))} for text in (one, other)]
    return all(keys) and keys[0].isdisjoint(keys[1])
