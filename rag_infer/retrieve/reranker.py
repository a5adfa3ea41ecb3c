"""A cross-encoder that has the last word on the order of candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag_infer.embed.cross_encoder import load_cross_encoder


class Reranker:
    """A cross-encoder by folder or hub id. Raises ModelError when it cannot be loaded."""

    def __init__(self, spec: str) -> None:
        self._model, self.name = load_cross_encoder(spec, "reranker", "--reranker")

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(texts,) how well each fits the question; higher is better, the scale is the model's."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        pairs = [(question, text) for text in texts]
        scores = np.asarray(self._model.predict(pairs, show_progress_bar=False), dtype=np.float32)
        return scores if scores.ndim == 1 else scores[:, -1]
