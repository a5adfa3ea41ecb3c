"""Doubts of an answer that is in another language than its question, or shares no word with it."""

from __future__ import annotations

from rag_infer.cite.answerability import AnswerabilityResult, knows_other_languages
from rag_infer.embed import Embedder

_MIN_SHARED = 0.5  # of the question's weight, in words that are written alike in both languages
_HARDLY_SHARED = 0.1  # of the weight of the question's words beside those that name the document
_PLAINLY_NEARER = 0.1  # by so much of a cosine


def is_chance_likeness(result: AnswerabilityResult, embedder: Embedder) -> bool:
    """Whether the best unit is in another language and only a word or two make it look alike.

    Args:
        result: Of the question; it has units.
        embedder: That of the index; one that knows both languages compares their meaning.
    """
    best, profile = result.ranked[0][0], result.profile
    if not best.is_translation or best.feature("covered") >= _MIN_SHARED:
        return False
    return not knows_other_languages(embedder, profile.language, profile.text_language)


def is_doubtful(result: AnswerabilityResult) -> bool:
    """Whether only vectors speak for the best unit, and not plainly.

    In another language it should be nearer to the question than units in the question's own, which
    are nearer by nature. In the same language it should have a word of what is asked: "who leads
    the workshop" is not answered by when the workshop is open.

    Args:
        result: Of the question; it has units.
    """
    best = result.ranked[0][0]
    if result.profile.is_english or best.feature("passage_cosine") == 0.0:
        return False
    if not best.is_translation:
        return best.feature("aspect_covered") <= _HARDLY_SHARED
    own = [s.feature("sentence_cosine") for s, _ in result.ranked if not s.is_translation]
    return bool(own) and best.feature("sentence_cosine") <= max(own) + _PLAINLY_NEARER
