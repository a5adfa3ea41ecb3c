"""The figures of an evaluation, each with a confidence interval by bootstrap."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from rag_infer.evaluation.grading import GradedAnswer

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_NORMAL_QUANTILE = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
_SEED = 20
_CALIBRATION_BINS = 5
_MAX_SAMPLED_VALUES = 2_000_000  # of resamples in memory at a time

Values = npt.NDArray[np.float64]
Unit = Literal["share", "seconds", "cost"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over questions with the interval in which it lies with 95 % confidence.

    Attributes:
        name: As ``--min`` names it.
        value: The figure.
        low: Lower end of the interval (percentile bootstrap, Efron 1979; of shares on which all
            answers agree, Wilson 1927).
        high: Upper end.
        count: How many questions it is over.
    """

    name: str
    value: float
    low: float
    high: float
    count: int

    @property
    def unit(self) -> Unit:
        """``share`` (0 to 1), ``seconds``, or ``cost`` in the currency of the model's price."""
        return METRICS[self.name].unit

    def text(self, value: float | None = None) -> str:
        """A value of this figure as people read it: ``83%``, ``0.12``, ``0.30 s``."""
        value = self.value if value is None else value
        if self.unit == "seconds":
            return f"{value:.2f} s"
        if self.unit == "cost":
            return f"{value:.2g}"
        return f"{value:.0%}"


def _mean(scores: Values) -> Values:
    """(..., answers, 1) to (...)."""
    return np.asarray(scores.mean(axis=-2)[..., 0])


def _median(scores: Values) -> Values:
    return np.asarray(np.median(scores, axis=-2)[..., 0])


def _absolute_sum(scores: Values) -> Values:
    """Of the gaps that ``_calibration_gaps`` gives: the expected calibration error."""
    return np.asarray(np.abs(scores.mean(axis=-2)).sum(axis=-1))


_Score = Callable[[GradedAnswer], float | bool | Sequence[float] | None]


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """What a figure counts.

    Attributes:
        label: In words.
        score: Of one answer; None where it says nothing of this answer.
        statistic: From the scores (..., answers, width) to the figure (...).
        unit: See ``Metric.unit``.
        lower_is_better: Whether less of it is better.
    """

    label: str
    score: _Score
    statistic: Callable[[Values], Values] = _mean
    unit: Unit = "share"
    lower_is_better: bool = False


def _of_answerable(graded: GradedAnswer, score: float | bool | None) -> float | bool | None:
    return score if graded.question.answerable else None


def _calibration_gaps(graded: GradedAnswer) -> Sequence[float] | None:
    """Confidence less truth, in the place of its bin.

    The sum over bins of the absolute mean is the expected calibration error (Guo et al., 2017).
    """
    if not graded.answered or graded.probability is None:
        return None
    gaps = [0.0] * _CALIBRATION_BINS
    bin_number = min(int(graded.probability * _CALIBRATION_BINS), _CALIBRATION_BINS - 1)
    gaps[bin_number] = graded.probability - (graded.outcome == "right")
    return gaps


METRICS: dict[str, MetricDefinition] = {
    "retrieval": MetricDefinition("right passage retrieved", lambda g: g.passage_retrieved),
    "answer": MetricDefinition("answered right", lambda g: _of_answerable(g, g.outcome == "right")),
    "judged": MetricDefinition("right to the judge", lambda g: _of_answerable(g, g.judged)),
    "exact": MetricDefinition("short answer exact", lambda g: _of_answerable(g, g.exact)),
    "f1": MetricDefinition("token F1", lambda g: _of_answerable(g, g.f1)),
    "citation": MetricDefinition("citation right", lambda g: g.citation_right),
    "declined": MetricDefinition(
        "declined though answerable",
        lambda g: _of_answerable(g, not g.answered),
        lower_is_better=True,
    ),
    "unanswerable": MetricDefinition(
        "unanswerable declined", lambda g: None if g.question.answerable else not g.answered
    ),
    "plainly_wrong": MetricDefinition(
        "wrong and not in doubt", lambda g: g.plainly_wrong, lower_is_better=True
    ),
    "calibration": MetricDefinition(
        "calibration error", _calibration_gaps, _absolute_sum, lower_is_better=True
    ),
    "seconds": MetricDefinition(
        "median seconds", lambda g: g.seconds, _median, "seconds", lower_is_better=True
    ),
    "cost": MetricDefinition(
        "cost of a question", lambda g: g.cost, unit="cost", lower_is_better=True
    ),
}
"""The figures by name, in the order in which they are shown."""


def metric(name: str, graded: Iterable[GradedAnswer]) -> Metric | None:
    """One figure; None where no question tells anything of it."""
    definition = METRICS[name]
    scores = [score for score in map(definition.score, graded) if score is not None]
    if not scores:
        return None
    values = np.asarray(scores, dtype=np.float64).reshape(len(scores), -1)
    low, high = _interval(values, definition)
    return Metric(name, float(definition.statistic(values)), low, high, len(scores))


def metrics(graded: Sequence[GradedAnswer]) -> list[Metric]:
    """All figures that the questions tell of."""
    return [m for m in (metric(name, graded) for name in METRICS) if m is not None]


def _interval(scores: Values, definition: MetricDefinition) -> tuple[float, float]:
    statistic = definition.statistic
    if definition.unit == "share" and statistic is _mean and scores.min() == scores.max():
        return _unanimous_interval(float(scores[0, 0]), len(scores))
    generator = np.random.default_rng(_SEED)
    samples = generator.integers(0, len(scores), (_RESAMPLES, len(scores)))
    parts = np.array_split(samples, max(1, _RESAMPLES * scores.size // _MAX_SAMPLED_VALUES))
    values = np.concatenate([statistic(scores[part]) for part in parts])
    tail = (1 - _CONFIDENCE) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def _unanimous_interval(share: float, count: int) -> tuple[float, float]:
    """The interval of a share on which all answers agree, of which a bootstrap sees no doubt.

    Wilson's score interval (1927): one right answer of one is 21 % to 100 %.
    """
    squared = _NORMAL_QUANTILE**2 / count
    center = (share + squared / 2) / (1 + squared)
    spread = math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return max(0.0, center - spread), min(1.0, center + spread)


Grouping = Literal["kind", "document", "language"]
GROUPINGS: tuple[Grouping, ...] = ("kind", "document", "language")
_KEYS: dict[Grouping, Callable[[GradedAnswer], Sequence[str]]] = {
    "kind": lambda g: (g.question.kind,),
    "document": lambda g: g.question.documents,
    "language": lambda g: (g.language,),
}


def by_group(graded: Iterable[GradedAnswer], grouping: Grouping) -> dict[str, list[GradedAnswer]]:
    """Answers by kind, document or language of their question, the most frequent first.

    A question that several documents answer counts for each of them; one without a document for
    none.
    """
    groups: dict[str, list[GradedAnswer]] = defaultdict(list)
    for answer in graded:
        for key in _KEYS[grouping](answer):
            groups[key].append(answer)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))
