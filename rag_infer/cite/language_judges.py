"""The judges of answers in other languages than English, or of questions in another language.

As those of ``answerability``, but fitted on what means the same in every language: words compared
as stems, figures and written forms, and vectors of an embedder that knows the languages, which may
be missing. The span reader knows English only and is not asked. The weights
(``language_judges.json``) are written by ``training/answerability_languages.py``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_infer.cite.feed_forward import FeedForwardModel
from rag_infer.cite.logistic import logit
from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.sentence_features import FEATURES, Sentence

_COMMON = (
    "covered", "near", "passage", "missing", "missing_near", "names_missing", "numbers_missing",
    "asked_missing", "pairs", "sentence_cosine", "passage_cosine", "length", "asks", "new_words",
    "margin", "headed", "presupposed", "is_row", "is_pair", "is_entry",
    "is_list", "is_item", "is_mail_header", "is_opening", "aspect_covered", "aspect_share",
    "name_gap", "value", "lacks_value", "aspect_cosine", "asks_yes", "named_document", "labeled",
    "label_asked", "label_other", "names_missing_near", "numbers_missing_near",
)  # fmt: skip
_KINDS = ("person", "time", "place", "number", "reason", "manner")
ROW_FEATURES = (*_COMMON, "is_translation", "is_compared", *(f"asks_{kind}" for kind in _KINDS))
ANSWER_FEATURES = (
    *(f"best_{name}" for name in ROW_FEATURES), "gap", "rivals", "keys", "score", "nearest",
    "cosine_lead", "cosine_rise",
)  # fmt: skip
_INDICES = tuple(FEATURES.index(name) for name in _COMMON)

Ranked = Sequence[tuple[Sentence, float]]


@dataclass(frozen=True, slots=True)
class LanguageJudges:
    """``first``: which units are compared? ``rank``: which one answers? ``answer``: does it?"""

    first: FeedForwardModel
    rank: FeedForwardModel
    answer: FeedForwardModel
    threshold: float

    def probability(self, profile: QuestionProfile, ranked: Ranked) -> float:
        """The probability that the first of ranked units is right."""
        return self.answer.probability(answer_row(profile, ranked))


@functools.lru_cache(maxsize=1)
def load_language_judges() -> LanguageJudges:
    """The weights that come with the package."""
    stored = json.loads(Path(__file__).with_name("language_judges.json").read_text("utf-8"))
    if (stored["features"], stored["answer_features"]) != (
        list(ROW_FEATURES),
        list(ANSWER_FEATURES),
    ):
        raise AssertionError("language_judges.json was fitted to other features; run training/")
    return LanguageJudges(
        FeedForwardModel.from_dict(stored["first"]),
        FeedForwardModel.from_dict(stored["rank"]),
        FeedForwardModel.from_dict(stored["answer"]),
        stored["threshold"],
    )


def unit_row(profile: QuestionProfile, unit: Sentence) -> tuple[float, ...]:
    """ROW_FEATURES of a unit."""
    features = unit.features
    return (
        *(features[i] for i in _INDICES),
        float(unit.is_translation),
        float(unit.feature("passage_cosine") != 0.0),
        *(float(profile.kind == kind) for kind in _KINDS),
    )


def language_ranking(
    profile: QuestionProfile, units: Sequence[Sentence], model: FeedForwardModel
) -> tuple[tuple[Sentence, float], ...]:
    """Units with the probability of holding the answer, best first."""
    if not units:
        return ()
    rows = model.probabilities([unit_row(profile, unit) for unit in units])
    scored = [(unit, float(p)) for unit, p in zip(units, rows, strict=True)]
    return tuple(sorted(scored, key=lambda pair: -pair[1]))


def answer_row(profile: QuestionProfile, ranked: Ranked) -> tuple[float, ...]:
    """ANSWER_FEATURES of units with their probabilities."""
    best, score = ranked[0]
    others = [(s, p) for s, p in ranked[1:] if not s.overlaps(best)]  # a copy is no rival
    document = best.hit.chunk.document_id
    rivals = [p for s, p in others if s.hit.chunk.document_id != document]
    return (
        *unit_row(profile, best),
        score - (others[0][1] if others else 0.0),
        max(rivals, default=0.0),
        min(len(profile.keys), 10) / 10,
        logit(score) / 4,
        max(s.feature("passage_cosine") for s, _ in ranked),
        *_cosine_distances(best, [s for s, _ in others]),
    )


def _cosine_distances(best: Sentence, others: Sequence[Sentence]) -> tuple[float, float]:
    """How far the best unit's cosine is above the highest and the mean of others.

    Cosines across two languages are lower than within one, by how much depends on the two.
    """
    cosines = [s.feature("sentence_cosine") for s in others]
    if not cosines:
        return 0.0, 0.0
    own = best.feature("sentence_cosine")
    return own - max(cosines), own - sum(cosines) / len(cosines)
