"""The unit that a refusal shows as the nearest, in a language that the reader knows if possible."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.question_language import text_language
from rag_infer.cite.sentence_features import Sentence
from rag_infer.types import Hit

_SAME_COSINE = 0.05  # two units so far apart are equally near


def nearest_unit(result: AnswerabilityResult, hits: Sequence[Hit]) -> Sentence:
    """The best unit, or one as near in the question's language, or in that of the best passage.

    Args:
        result: Of the question; it has units.
        hits: The passages, best first.
    """
    best, language = result.ranked[0][0], result.profile.language
    own = _language_of(best, language)
    for code in (language, *(text_language(hit.chunk.text, language) for hit in hits[:1])):
        if own == code:
            return best
        units = [s for s, _ in result.ranked if _language_of(s, language) == code]
        unit = max(units, key=_nearness, default=None)
        if unit is not None and _nearness(unit) >= _nearness(best) - _SAME_COSINE:
            return unit
    return best


def _language_of(unit: Sentence, expected: str) -> str:
    return text_language(unit.hit.chunk.text, expected)


def _nearness(unit: Sentence) -> float:
    """The cosine to the question; without vectors the share of its words."""
    is_compared = unit.feature("passage_cosine") != 0.0
    return unit.feature("sentence_cosine" if is_compared else "covered")
