"""The embedder protocol: what every embedder provides, and the types of what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatRows = npt.NDArray[np.float32]
TokenSpans = npt.NDArray[np.int32]

DEFAULT = "minilm"
MULTILINGUAL = "multilingual"  # of the extra `multilingual`


@runtime_checkable
class Embedder(Protocol):
    """Texts to float32 unit rows, batch first.

    Attributes:
        name: Shown to users.
        fingerprint: Names weights and arithmetic: vectors of two embedders may be compared only if
            their fingerprints are equal.
        dimension: Length of a vector.
        max_tokens: The most tokens of a text, ``special_tokens`` included.
        special_tokens: Tokens that are added to each text.
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
