"""A chunk's vector with a part of its neighbors', as a chunk depends on what stands beside it.

A chunk seldom names its subject; the one before it does. Adding the vectors of the two chunks on
either side, at 0.3 and 0.15, raises recall of the asked words among five chunks from 77.2 to 80.6
% (``benchmarks/chunking.py --alone``) and costs nothing when a question is asked. It is the cheap
relative of late chunking (Guenther et al. 2024, arXiv 2409.04701).
"""

from __future__ import annotations

import numpy as np

from rag_infer.embed.base import FloatRows

KERNEL = (0.3, 0.15)  # of the neighbours at distance 1 and 2
REACH = len(KERNEL)


def blend(vectors: FloatRows) -> FloatRows:
    """Unit vectors (chunks, dimension) of one document in order, each with its neighbours' part."""
    blended = vectors.astype(np.float32, copy=True)
    for distance, weight in enumerate(KERNEL, 1):
        if distance < len(vectors):
            blended[distance:] += np.float32(weight) * vectors[:-distance]
            blended[:-distance] += np.float32(weight) * vectors[distance:]
    norms = np.linalg.norm(blended, axis=1, keepdims=True)
    return np.asarray(blended / np.maximum(norms, np.float32(1e-12)), dtype=np.float32)
