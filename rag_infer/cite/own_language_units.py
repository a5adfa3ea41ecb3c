"""Units in the language of a question before equals in another, and what others add to them.

Documents of several languages often tell the same thing. Their likeness to a question differs by
chance: by a word that two languages share ("dura" is Spanish and Italian), or by how near the
embedder has put the two.
"""

from __future__ import annotations

from rag_infer.cite.language_judges import Ranked
from rag_infer.cite.question_language import text_language
from rag_infer.cite.sentence_features import Sentence

_MIN_RELATIVE_PROBABILITY = 0.6  # of the best unit's, for one in the own language to be its equal


def own_language_first(ranked: Ranked) -> Ranked:
    """Ranked units, one in the question's own language first where it is as good as the best.

    Args:
        ranked: Units with their probabilities, best first.
    """
    best, probability = ranked[0]
    if not best.is_translation:
        return ranked
    for pair in ranked[1:]:
        unit, own = pair
        if own < _MIN_RELATIVE_PROBABILITY * probability:
            break
        if not (unit.is_translation or has_missing_value(best, unit)):
            return (pair, *(other for other in ranked if other is not pair))
    return ranked


def repeats_in_another_language(unit: Sentence, best: Sentence, language: str) -> bool:
    """Whether a unit is in another language than the best one and says nothing that it lacks.

    Args:
        unit: Another likely unit.
        best: The best one.
        language: That of the question.
    """
    if unit.hit == best.hit:
        return False
    own, other = (text_language(s.hit.chunk.text, language) for s in (best, unit))
    return own != other and not has_missing_value(unit, best)


def has_missing_value(unit: Sentence, other: Sentence) -> bool:
    """Whether a unit has a value of the form that is asked for, and the other has none."""
    return unit.feature("value") == 1.0 and other.feature("lacks_value") == 1.0
