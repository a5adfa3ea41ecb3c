"""Networks of one hidden layer."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from rag_infer.cite.feed_forward import FeedForwardModel

MODEL = FeedForwardModel(
    np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([0.0, -1.0]), np.array([1.0, -3.0]), 0.5
)


def test_a_probability_is_that_of_the_layers() -> None:
    hidden = (max(0.0, 2.0 - 0.75), max(0.0, 2 * 0.75 - 1))
    score = 0.5 + hidden[0] - 3 * hidden[1]
    assert MODEL.probability([2.0, 0.75]) == pytest.approx(1 / (1 + math.exp(-score)))


def test_what_is_written_is_read() -> None:
    again = FeedForwardModel.from_dict(json.loads(json.dumps(MODEL.to_dict())))
    rows = [[0.1, 0.2], [3.0, -4.0]]
    assert again.probabilities(rows) == pytest.approx(MODEL.probabilities(rows))


def test_features_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError):
        MODEL.probability([1.0, 2.0, 3.0])
