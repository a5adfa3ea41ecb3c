"""Texts to unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatRows = npt.NDArray[np.float32]
TokenSpans = npt.NDArray[np.int32]

DEFAULT = "minilm"


@runtime_checkable
class Embedder(Protocol):
    """What every embedder offers. Text in, float32 unit rows out, batch first.

    ``fingerprint`` names weights and arithmetic: two embedders with equal fingerprints give
    vectors that may be compared. ``max_tokens`` counts the ``special_tokens`` that are added.
    """

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    special_tokens: int

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        """Character spans of each text's tokens, (n, 2) ``[start, end)``, without specials."""
        ...

    def embed(self, texts: Sequence[str]) -> FloatRows:
        """Passages as (n, dimension) unit rows."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        """Questions as (n, dimension) unit rows; some models read them with a prefix."""
        ...


def load_embedder(name: str = DEFAULT) -> Embedder:
    """The embedder called ``name``: ``minilm`` (bundled), a folder, or a hub id.

    BERT encoders run on the light runtime; every other model through sentence-transformers.
    Raises ModelError when the model is not there, is not whole, or the hub cannot be reached.
    """
    from rag_infer.embed import openvino_bert

    if name == DEFAULT:
        return openvino_bert.bundled()
    folder = Path(name).expanduser()
    if folder.is_dir() and openvino_bert.runs(folder):
        return openvino_bert.from_folder(folder)
    from rag_infer.embed.sentence_transformer import load

    return load(name)
