"""A cross-encoder that has the last word on the order of candidates.

Knows: loading one through sentence-transformers, what to say when that fails.
Does not know: how candidates were found. Imported only when a reranker is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_infer.errors import ModelError


class Reranker:
    """A cross-encoder by folder or hub id. Raises ModelError when it cannot be loaded."""

    def __init__(self, spec: str) -> None:
        from sentence_transformers import CrossEncoder

        local = Path(spec).is_dir()
        try:
            self._model = CrossEncoder(
                spec, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except Exception as error:  # the loader raises whatever its layers raise
            if local:
                raise ModelError(f"cannot be loaded as a reranker: {error}", where=spec) from error
            raise ModelError(
                f"reranker '{spec}' is neither a folder nor to be had from the model hub",
                hint="on a connected machine run: hf download "
                f"{spec} --local-dir MODEL; copy the folder here and give it to --reranker",
            ) from error
        self.name = Path(spec).name if local else spec

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(texts,) how well each fits the question; higher is better, the scale is the model's."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        pairs = [(question, text) for text in texts]
        scores = np.asarray(self._model.predict(pairs, show_progress_bar=False), dtype=np.float32)
        return scores if scores.ndim == 1 else scores[:, -1]
