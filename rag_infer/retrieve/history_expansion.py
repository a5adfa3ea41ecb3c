"""A follow-up question, made fit for search by words of the turns before it.

A question depends on what came before when it is short, points back ("it", "those", "the other") or
goes on ("and", "what about"). As far as it leans, it is searched with more than its own words:

- rare words of the turns before, the nearer the likelier, with a lower weight;
- words of the passages that those turns find together (``topic``);
- a vector into which two others are mixed: the question read after the first turn, which most often
  names the subject, and after the turn before. Its share in the ranking grows: a short question
  says little in words, and words carried over are guesses.

A question that does not lean takes nothing. ``benchmarks/conversation.py`` has the figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from rag_infer.index.analyzer import terms
from rag_infer.retrieve.query_languages import Analyze, Weights

TURN_DECAY = 0.6  # a turn's weight, for each turn that lies between
MAX_IDF = 7.0  # -ln of the share of passages, beyond which a word is no rarer
FEEDBACK_WEIGHT = 0.7  # of the weight of a word of the topic, when the question leans wholly

_MAX_EXPANSION_TERMS = _MAX_HISTORY_WORDS = 6  # words
_EXPANSION_WEIGHT = 0.6  # of a word's weight, when the question leans wholly
_FIRST_TURN_WEIGHT, _LAST_TURN_WEIGHT = 0.4, 0.2  # of the vector, likewise
_DENSE_GAIN = 0.5  # more of the dense score, likewise
_STANDALONE_TERMS = 6  # words with meaning, from which on a question may stand alone
_REFERENCE = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|ones?|"
    r"same|such|both|former|latter|others?|another|else|more|also|too|so|instead|first|second|last|"
    r"then|mentioned|(?:the|as|see) above)\b",
    re.IGNORECASE,
)
_CONTINUATION = re.compile(
    r"\s*(?:and|but|or|so|what about|how about|also|then|ok|okay|thanks|thank|yes|no|really|"
    r"why(?=\W*(?:\w+\W*)?$)|tell me more|any|could you)\b",  # "Why?", not "Why is it so?"
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+(?:[-./'’_]\w+)*")


def context_dependence(question: str) -> float:
    """How far a question depends on what came before it, 0 to 1."""
    short = max(0, _STANDALONE_TERMS - len(set(terms(question)))) / _STANDALONE_TERMS
    points_back = _REFERENCE.search(question) is not None
    continues = _CONTINUATION.match(question) is not None
    return min(1.0, 0.7 * short + 0.5 * points_back + 0.3 * continues)


def refers_back(question: str) -> bool:
    """Whether a word of the question points to what came before it, or continues it."""
    return bool(_REFERENCE.search(question) or _CONTINUATION.match(question))


def expansion_terms(
    question: str,
    earlier: Sequence[str],
    share: Callable[[str], float],
    analyze: Analyze = terms,
) -> Weights:
    """Words to carry over from ``earlier``, the user's turns before the question, oldest first.

    As index terms, each with its weight, 0 to 1 beside 1 for the question's own. ``share`` tells
    the share of the passages that hold a word, 0 to 1; ``analyze`` makes index terms of a text.
    """
    degree = context_dependence(question)
    if not earlier or not degree:
        return {}
    question_terms = set(analyze(question))
    candidates: dict[
        str, tuple[float, str]
    ] = {}  # by term: its weight by nearness, as it was written
    for distance, turn in enumerate(reversed(earlier)):
        counted = set(question_terms)
        for word in _WORD.findall(turn):
            for term in analyze(word):
                if term not in counted:
                    counted.add(term)
                    before, surface = candidates.get(term, (0.0, word))
                    candidates[term] = (before + TURN_DECAY**distance, surface)
    informativeness = {
        term: recency * min(MAX_IDF, -math.log(max(share(word), 1e-9)))
        for term, (recency, word) in candidates.items()
    }
    selected = sorted(informativeness, key=lambda term: (-informativeness[term], term))[
        :_MAX_EXPANSION_TERMS
    ]
    return {term: min(1.0, _EXPANSION_WEIGHT * degree * candidates[term][0]) for term in selected}


def with_history_terms(question: str, before: str) -> str:
    """A question as it is read after the one before: with words of that which name something."""
    question_terms = set(terms(question))
    informative = [
        word
        for word in _WORD.findall(before)
        if terms(word) and not question_terms & set(terms(word))
    ]
    return (
        f"{question} (about: {' '.join(dict.fromkeys(informative[:_MAX_HISTORY_WORDS]))})"
        if informative
        else question
    )


def query_variants(question: str, earlier: Sequence[str]) -> list[str]:
    """The texts whose vectors ``blend_query_vectors`` takes: the question alone, after the first
    of the earlier turns, and after the last.
    """
    return [question, *(f"{turn} {question}" for turn in (earlier[0], earlier[-1]))]


def blend_query_vectors(rows: npt.NDArray[np.float32], degree: float) -> npt.NDArray[np.float32]:
    """One unit vector of the three of ``query_variants`` for a question that leans so far."""
    first, before = _FIRST_TURN_WEIGHT * degree, _LAST_TURN_WEIGHT * degree
    vector = (1 - first - before) * rows[0] + first * rows[1] + before * rows[2]
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def dense_weight(weight: float, degree: float) -> float:
    """The share of the dense score for a question that leans so far; ``weight`` for others."""
    return min(1.0, weight * (1 + _DENSE_GAIN * degree))
