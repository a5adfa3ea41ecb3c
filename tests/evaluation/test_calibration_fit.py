"""A correction is used only where it holds on answers that it was not fitted to."""

from __future__ import annotations

import random

import pytest

from rag_infer import Answer
from rag_infer.evaluation.calibration_fit import MIN_ANSWERS, fit_calibration, platt
from rag_infer.evaluation.grading import GradedAnswer, grade
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.utility import paired_difference, utility


def graded(
    number: int, probability: float, *, is_right: bool, answered: bool = True
) -> GradedAnswer:
    text = "blue" if is_right else "red"
    answer = Answer("q", text, answered, "extractive", probability=probability)
    return grade(EvalQuestion(str(number), "q", ("blue",)), answer, ())


def answers(count: int, truth: float | None, *, seed: int = 1) -> list[GradedAnswer]:
    """Answers that are right as often as they say, or as often as ``truth``."""
    generator = random.Random(seed)
    drawn = [generator.uniform(0.05, 0.95) for _ in range(count)]
    return [
        graded(n, p, is_right=generator.random() < (p if truth is None else truth))
        for n, p in enumerate(drawn)
    ]


def test_the_fit_finds_the_sigmoid() -> None:
    generator = random.Random(3)
    probabilities = [generator.uniform(0.02, 0.98) for _ in range(4000)]
    # True odds are the square root of the stated ones, times e.
    rights = [generator.random() < 1 / (1 + (2.718 * (p / (1 - p)) ** 0.5) ** -1)
              for p in probabilities]  # fmt: skip
    slope, offset = platt(probabilities, rights)
    assert slope == pytest.approx(0.5, abs=0.06)
    assert offset == pytest.approx(1.0, abs=0.1)


def test_confidence_that_says_nothing_is_flattened() -> None:
    opened = answers(200, 0.3)
    fit = fit_calibration(opened, opened)
    assert fit.calibration is not None
    assert fit.loss is not None
    assert fit.loss.low > 0
    assert fit.calibration.probability(0.9) < 0.5


def test_confidence_that_is_true_stays_as_it_is() -> None:
    opened = answers(200, None)
    fit = fit_calibration(opened, opened)
    assert fit.answers == 200
    assert fit.loss is not None
    assert not fit.loss.is_gain


def test_a_threshold_is_moved_where_that_is_worth_something() -> None:
    opened = [graded(n, p, is_right=p > 0.2) for n, p in enumerate([0.1, 0.3] * 40)]
    usual = [graded(n, a.probability or 0.0, is_right=True, answered=False)
             for n, a in enumerate(opened)]  # fmt: skip
    fit = fit_calibration(usual, opened)
    assert fit.gain is not None
    assert fit.gain.is_gain
    assert fit.calibration is not None
    assert fit.calibration.threshold is not None
    assert 0.1 < fit.calibration.threshold <= 0.3


def test_few_answers_or_answers_of_one_kind_fit_nothing() -> None:
    assert fit_calibration(*[answers(MIN_ANSWERS - 1, 0.5)] * 2).calibration is None
    assert fit_calibration(*[answers(100, 1.0)] * 2).loss is None


def test_utility_ranks_a_plain_error_below_a_refusal() -> None:
    right = graded(1, 0.9, is_right=True)
    declined = graded(1, 0.9, is_right=True, answered=False)
    unsure = graded(1, 0.3, is_right=False)
    plain = graded(1, 0.9, is_right=False)
    values = [utility(a) for a in (right, declined, unsure, plain)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4


def test_a_paired_difference_knows_chance() -> None:
    gain = paired_difference([0.0] * 50, [1.0, 0.0] * 25)
    assert gain.mean == 0.5
    assert gain.is_gain
    assert not paired_difference([0.0, 1.0] * 10, [1.0, 0.0] * 10).is_gain
    assert not paired_difference([], []).is_gain
