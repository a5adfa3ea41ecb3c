"""Two lists of scores become one.

Knows: the convex combination of min-max normalised scores (Bruch, Gai & Ingber, 2023).
Does not know: where the scores come from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


def convex(dense: Scores, lexical: Scores, weight: float = 0.5) -> Scores:
    """``weight`` of the dense and the rest of the lexical score, each scaled to [0, 1].

    Both are (candidates,) and complete: every candidate carries both scores.
    """
    return np.asarray(weight * _unit(dense) + (1 - weight) * _unit(lexical), dtype=np.float32)


def _unit(scores: Scores) -> Scores:
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    if high - low < 1e-9:  # all alike: all the best there is, or all nothing
        return np.full_like(scores, 1.0 if high > 0 else 0.0)
    return np.asarray((scores - low) / (high - low), dtype=np.float32)
