"""Small fitted networks of one hidden layer: a probability of features that act together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class FeedForwardModel:
    """The sigmoid of ``output_bias + output_weights . relu(hidden_bias + hidden_weights x)``.

    ``hidden_weights`` are (hidden units, features), ``hidden_bias`` and ``output_weights`` (hidden
    units,).
    """

    hidden_weights: npt.NDArray[np.float64]
    hidden_bias: npt.NDArray[np.float64]
    output_weights: npt.NDArray[np.float64]
    output_bias: float

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> FeedForwardModel:
        """The model that ``to_dict`` wrote."""
        return cls(
            np.array(stored["hidden_weights"]),
            np.array(stored["hidden_bias"]),
            np.array(stored["output_weights"]),
            float(stored["output_bias"]),
        )

    def to_dict(self, digits: int = 4) -> dict[str, Any]:
        """The weights, rounded, as JSON types."""
        return {
            "hidden_weights": self.hidden_weights.round(digits).tolist(),
            "hidden_bias": self.hidden_bias.round(digits).tolist(),
            "output_weights": self.output_weights.round(digits).tolist(),
            "output_bias": round(self.output_bias, digits),
        }

    def probability(self, features: Sequence[float]) -> float:
        """The probability of the positive class.

        Raises:
            ValueError: There are more or fewer features than weights.
        """
        return float(self.probabilities([features])[0])

    def probabilities(self, rows: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
        """The same for many rows of features, (rows,)."""
        hidden = np.maximum(np.asarray(rows) @ self.hidden_weights.T + self.hidden_bias, 0.0)
        score = hidden @ self.output_weights + self.output_bias
        return np.asarray(1 / (1 + np.exp(-np.clip(score, -50, 50))))
