"""The figures of an evaluation, each with a confidence interval by bootstrap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.evaluation.grading import GradedAnswer

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_SEED = 20
_CALIBRATION_BINS = 5


@dataclass(frozen=True, slots=True)
class Metric:
    """A mean over questions with the interval in which it lies with 95 % confidence.

    Attributes:
        name: As ``--min`` names it.
        value: The mean.
        low: Lower end of the interval (percentile bootstrap, Efron 1979).
        high: Upper end.
        count: How many questions it is over.
    """

    name: str
    value: float
    low: float
    high: float
    count: int


_Score = Callable[[GradedAnswer], float | bool | None]
METRICS: dict[str, tuple[str, _Score]] = {
    "retrieval": ("right passage retrieved", lambda g: g.passage_retrieved),
    "answer": ("answered right", lambda g: _of_answerable(g, g.outcome == "right")),
    "exact": ("short answer exact", lambda g: _of_answerable(g, g.exact)),
    "f1": ("token F1", lambda g: _of_answerable(g, g.f1)),
    "citation": ("citation right", lambda g: g.citation_right),
    "declined": ("declined though answerable", lambda g: _of_answerable(g, not g.answered)),
    "unanswerable": (
        "unanswerable declined",
        lambda g: None if g.question.answerable else not g.answered,
    ),
    "plainly_wrong": ("wrong and not in doubt", lambda g: g.plainly_wrong),
}
"""Name -> what it counts, and the score of one answer (None: it says nothing of this answer)."""
LOWER_IS_BETTER = frozenset({"declined", "plainly_wrong"})


def _of_answerable(graded: GradedAnswer, score: float | bool | None) -> float | bool | None:
    return score if graded.question.answerable else None


def metric(name: str, graded: Iterable[GradedAnswer]) -> Metric | None:
    """One figure; None where no question tells anything of it."""
    score = METRICS[name][1]
    scores = np.array([s for s in map(score, graded) if s is not None], dtype=np.float64)
    if not len(scores):
        return None
    low, high = _interval(scores)
    return Metric(name, float(scores.mean()), low, high, len(scores))


def metrics(graded: Sequence[GradedAnswer]) -> list[Metric]:
    """All figures that the questions tell of."""
    return [m for m in (metric(name, graded) for name in METRICS) if m is not None]


def _interval(scores: np.ndarray) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    samples = generator.integers(0, len(scores), (_RESAMPLES, len(scores)))
    means = scores[samples].mean(axis=1)
    tail = (1 - _CONFIDENCE) / 2 * 100
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def calibration_error(graded: Iterable[GradedAnswer]) -> float | None:
    """Expected calibration error of the confidences of answers (Guo et al., 2017), in five bins.

    None where no answer has a confidence.
    """
    pairs = [
        (g.probability, g.outcome == "right")
        for g in graded
        if g.answered and g.probability is not None
    ]
    if not pairs:
        return None
    probabilities, rights = (
        np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True)
    )
    bins = np.minimum((probabilities * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    error = 0.0
    for number in range(_CALIBRATION_BINS):
        members = bins == number
        if members.any():
            gap = abs(probabilities[members].mean() - rights[members].mean())
            error += float(gap * members.mean())
    return error


def by_kind(graded: Iterable[GradedAnswer]) -> dict[str, list[GradedAnswer]]:
    """Answers by the kind of their question, the most frequent kind first."""
    groups: dict[str, list[GradedAnswer]] = defaultdict(list)
    for answer in graded:
        groups[answer.question.kind].append(answer)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))
