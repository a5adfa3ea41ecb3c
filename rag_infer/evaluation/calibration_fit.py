"""Confidence and threshold fitted to one's own questions, used only where they hold out.

The probability of a quoted answer is corrected by Platt's sigmoid (Platt, 1999: with his smoothed
targets), the threshold is the one of most utility. Both are fitted on four fifths of the questions
and judged on the fifth that is left out, in turn; the correction is used if it lowers the loss
there, the threshold if it raises the utility there, each beyond chance.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag_infer.evaluation.grading import GradedAnswer
from rag_infer.evaluation.utility import (
    PLAINLY_WRONG,
    RIGHT,
    UNSURE_WRONG,
    PairedDifference,
    paired_difference,
    utility,
)
from rag_infer.index.tuning import Calibration, log_odds
from rag_infer.types import CONFIDENT_PROBABILITY

MIN_ANSWERS = 30
"""Answers, and of each outcome a sixth of them, below which nothing is fitted."""
_FOLDS = 5
_STEPS = 50
_MIN_SLOPE, _MAX_SLOPE = 0.1, 10.0
_MAX_OFFSET = 10.0
OPEN = Calibration(threshold=0.0)
"""Gives every answer that is found, however improbable, so that all can be judged."""


@dataclass(frozen=True, slots=True)
class CalibrationFit:
    """What was fitted, and how it does on questions it was not fitted to.

    Attributes:
        calibration: What is to be used; None where nothing holds out.
        answers: How many answers it was fitted to.
        loss: Held-out log loss of the probabilities as they are less that of the corrected ones.
        gain: Held-out utility of the fitted threshold less that of the package's.
    """

    calibration: Calibration | None
    answers: int
    loss: PairedDifference | None = None
    gain: PairedDifference | None = None


def fit_calibration(
    usual: Sequence[GradedAnswer], opened: Sequence[GradedAnswer], seed: int = 0
) -> CalibrationFit:
    """Fits the correction and the threshold.

    Args:
        usual: Answers as they are given.
        opened: Answers to the same questions, in the same order, given with ``OPEN``.
        seed: Of the folds.
    """
    pairs = [
        (before, after)
        for before, after in zip(usual, opened, strict=True)
        if after.answered and after.probability is not None
    ]
    outcomes = [after.outcome == "right" for _, after in pairs]
    rarest = min(sum(outcomes), len(outcomes) - sum(outcomes))
    if len(pairs) < MIN_ANSWERS or rarest < len(pairs) / 6:
        return CalibrationFit(None, len(pairs))
    order = list(range(len(pairs)))
    random.Random(seed).shuffle(order)  # noqa: S311 - folds, no secret
    losses: list[tuple[float, float]] = []
    utilities: list[tuple[float, float]] = []
    for fold in range(_FOLDS):
        held_out = set(order[fold::_FOLDS])
        training = [pair for n, pair in enumerate(pairs) if n not in held_out]
        fitted = _fitted([after for _, after in training])
        for before, after in (pairs[n] for n in sorted(held_out)):
            assert after.probability is not None
            is_right = after.outcome == "right"
            losses.append(
                (_loss(after.probability, is_right),
                 _loss(fitted.probability(after.probability), is_right))
            )  # fmt: skip
            utilities.append((utility(before), _utility(after, fitted)))
    loss = paired_difference([b for _, b in losses], [a for a, _ in losses])
    gain = paired_difference([a for a, _ in utilities], [b for _, b in utilities])
    overall_fit = _fitted([after for _, after in pairs])
    corrected = overall_fit if loss.is_gain else Calibration()
    calibration = replace(corrected, threshold=overall_fit.threshold if gain.is_gain else None)
    is_used = loss.is_gain or gain.is_gain
    return CalibrationFit(calibration if is_used else None, len(pairs), loss, gain)


def _fitted(answers: Sequence[GradedAnswer]) -> Calibration:
    slope, offset = platt(
        [answer.probability or 0.0 for answer in answers],
        [answer.outcome == "right" for answer in answers],
    )
    calibration = Calibration(slope, offset)
    return replace(calibration, threshold=_threshold(answers, calibration))


def _threshold(answers: Sequence[GradedAnswer], calibration: Calibration) -> float:
    """The fitted probability from which on answers are worth most, in the middle of its gap."""
    ranked = sorted(answers, key=lambda answer: -(answer.probability or 0.0))
    best, total, least = 0.0, 0.0, 1.0
    for number, answer in enumerate(ranked):
        total += _utility(answer, replace(calibration, threshold=0.0))
        own = answer.probability or 0.0
        following = ranked[number + 1].probability or 0.0 if number + 1 < len(ranked) else 0.0
        if total > best and following < own:
            best, least = total, (own + following) / 2
    return least


def _utility(answer: GradedAnswer, calibration: Calibration) -> float:
    probability = answer.probability or 0.0
    if calibration.threshold is not None and probability < calibration.threshold:
        return 0.0
    if answer.outcome == "right":
        return RIGHT
    is_plain = calibration.probability(probability) >= CONFIDENT_PROBABILITY
    return PLAINLY_WRONG if is_plain else UNSURE_WRONG


def _loss(probability: float, is_right: bool) -> float:
    bounded = min(max(probability, 1e-3), 1 - 1e-3)
    return float(-np.log(bounded if is_right else 1 - bounded))


def platt(probabilities: Sequence[float], rights: Sequence[bool]) -> tuple[float, float]:
    """Slope and offset of the log odds, by Newton's method on the smoothed log loss.

    Args:
        probabilities: As they are.
        rights: Whether each was right.
    """
    logits = np.array([log_odds(p) for p in probabilities])
    right = np.array(rights, dtype=bool)
    positive, negative = int(right.sum()), int((~right).sum())
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        predicted = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        # A little pull to "as it is": without it, a perfect separation has no end.
        gradient = design.T @ (predicted - target) + (weights - [1.0, 0.0])
        hessian = (design * (predicted * (1 - predicted))[:, None]).T @ design + np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    slope = float(np.clip(weights[0], _MIN_SLOPE, _MAX_SLOPE))
    return slope, float(np.clip(weights[1], -_MAX_OFFSET, _MAX_OFFSET))
