"""A cross-encoder for natural language inference as a verifier.

Imported only when a verifier is named, as sentence-transformers is heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag_infer.errors import ModelError


class Nli:
    """Loaded by folder or hub id; its weights are safetensors and none of its code runs.

    Raises ModelError when it cannot be loaded, or names no class ``entailment``.
    """

    def __init__(self, spec: str) -> None:
        from sentence_transformers import CrossEncoder

        local = Path(spec).is_dir()
        try:
            self._model = CrossEncoder(
                spec, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except Exception as error:  # the loader raises whatever its layers raise
            if local:
                raise ModelError(f"cannot be loaded as a verifier: {error}", where=spec) from error
            raise ModelError(
                f"verifier '{spec}' is neither a folder nor to be had from the model hub",
                hint="on a connected machine run: hf download "
                f"{spec} --local-dir MODEL; copy the folder here and give it to --verifier",
            ) from error
        self.name = Path(spec).name if local else spec
        labels = {int(i): str(n).lower() for i, n in self._model.config.id2label.items()}
        entails = [i for i, name in labels.items() if name.startswith("entail")]
        against = [i for i, name in labels.items() if name.startswith("contra")]
        if len(labels) < 2 or len(entails) != 1:
            raise ModelError(
                f"is no verifier: its classes are {', '.join(labels.values())}",
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
