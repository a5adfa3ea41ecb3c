"""What an answer is worth, so that settings can be ranked, and paired bootstrap of differences.

Wrong and certain is the worst, then wrong and in doubt, then declined; right is best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.evaluation.grading import GradedAnswer

RIGHT, UNSURE_WRONG, PLAINLY_WRONG = 1.0, -0.5, -1.0
_RESAMPLES = 2000
_SEED = 24


def utility(answer: GradedAnswer) -> float:
    """1 for a right answer, 0 for a refusal, -0.5 for a wrong answer in doubt, -1 for a plain one.

    A refusal that is right counts 0 as well: it neither helps nor harms.
    """
    if answer.plainly_wrong:
        return PLAINLY_WRONG
    if not answer.answered:
        return 0.0
    return RIGHT if answer.outcome == "right" else UNSURE_WRONG


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of paired differences with its 95 % interval by bootstrap."""

    mean: float
    low: float
    high: float

    @property
    def is_gain(self) -> bool:
        """Whether it is above 0 beyond chance."""
        return self.low > 0


def paired_difference(first: Sequence[float], second: Sequence[float]) -> PairedDifference:
    """The second less the first, over pairs.

    Args:
        first: A value for each pair.
        second: As many.
    """
    differences = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    if not len(differences):
        return PairedDifference(0.0, 0.0, 0.0)
    generator = np.random.default_rng(_SEED)
    samples = generator.integers(0, len(differences), (_RESAMPLES, len(differences)))
    low, high = np.percentile(differences[samples].mean(axis=1), [2.5, 97.5])
    return PairedDifference(float(differences.mean()), float(low), float(high))
