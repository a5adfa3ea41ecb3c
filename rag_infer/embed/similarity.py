"""Cosines of any embedder on one scale.

Models that pick, refuse and verify answers were fitted on cosines of MiniLM, for which texts that
have nothing to do with each other are near 0. Some embedders keep all cosines above 0.7, by which
everything would be on the subject. An embedder may say where its cosines begin in an attribute
``cosine_floor``.
"""

from __future__ import annotations

from typing import overload

import numpy as np
import numpy.typing as npt

from rag_infer.embed.base import Embedder

Cosines = npt.NDArray[np.float32]


def cosine_floor(embedder: Embedder) -> float:
    """About the cosine of unrelated texts, 0 where an embedder says nothing."""
    return float(getattr(embedder, "cosine_floor", 0.0))


@overload
def scaled(cosines: float, floor: float) -> float: ...
@overload
def scaled(cosines: Cosines, floor: float) -> Cosines: ...
def scaled(cosines: float | Cosines, floor: float) -> float | Cosines:
    """Cosines from ``floor`` to 1 as -something to 1, with 0 at the floor."""
    return cosines if floor == 0.0 else (cosines - floor) / (1.0 - floor)
