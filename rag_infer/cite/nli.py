"""A cross-encoder for natural language inference as a verifier.

Imported only when a verifier is named, as sentence-transformers is heavy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag_infer.embed.cross_encoder import load_cross_encoder
from rag_infer.errors import ModelError


class Nli:
    """Loaded by folder or hub id; its weights are safetensors and none of its code runs.

    Raises ModelError when it cannot be loaded, or names no class ``entailment``.
    """

    def __init__(self, spec: str) -> None:
        self._model, self.name = load_cross_encoder(spec, "verifier", "--verifier")
        labels = {int(i): str(n).lower() for i, n in self._model.config.id2label.items()}
        entails = [i for i, name in labels.items() if name.startswith("entail")]
        against = [i for i, name in labels.items() if name.startswith("contra")]
        if len(labels) < 2 or len(entails) != 1:
            raise ModelError(
                f"not a verifier: its classes are {', '.join(labels.values())}",
                where=spec,
                hint="use a cross-encoder trained on natural language inference",
            )
        self._entails = entails[0]
        self._against = against[0] if against else None

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
        """For each (source, claim): the probabilities of entailment and of contradiction."""
        if not pairs:
            return []
        logits = np.asarray(
            self._model.predict(list(pairs), show_progress_bar=False, activation_fn=_identity()),
            dtype=np.float64,
        )
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = exponents / exponents.sum(axis=1, keepdims=True)
        return [
            (float(row[self._entails]), 0.0 if self._against is None else float(row[self._against]))
            for row in shares
        ]


def _identity() -> object:
    from torch import nn

    return nn.Identity()
