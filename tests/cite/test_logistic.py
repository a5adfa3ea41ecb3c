"""A logistic model's probability."""

from __future__ import annotations

import pytest

from rag_infer.cite.logistic import LogisticModel, logit


def test_the_probability_is_the_sigmoid_of_the_weighted_sum() -> None:
    model = LogisticModel((2.0, -1.0), 0.5)
    assert model.probability((0.0, 0.5)) == pytest.approx(0.5)
    assert model.probability((1.0, 0.0)) == pytest.approx(0.924, abs=0.001)


def test_the_logit_is_its_inverse_and_bounded() -> None:
    model = LogisticModel((1.0,), 0.0)
    assert model.probability((logit(0.3),)) == pytest.approx(0.3)
    assert logit(0.0) == logit(0.0001)


def test_the_number_of_features_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        LogisticModel((1.0,), 0.0).probability((1.0, 2.0))
