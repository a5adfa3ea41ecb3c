"""Nearest vectors over the segments of a snapshot.

Knows: inner-product search with FAISS over memory-mapped rows.
Does not know: words, documents, what a score is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.segment import Rows, Segment

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """Places and cosines, best first: ``segments``, ``rows`` and ``scores`` all (k,)."""

    segments: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


def search(
    segments: Sequence[Segment], visible: Sequence[Mask | None], query: Rows, k: int
) -> Found:
    """The k rows of highest inner product with ``query`` (dimension,), exactly.

    ``visible[i]`` masks the rows of segment i that may be found; None means all.
    """
    import faiss

    places: list[npt.NDArray[np.int64]] = []
    rows: list[npt.NDArray[np.int64]] = []
    scores: list[npt.NDArray[np.float32]] = []
    for number, (segment, mask) in enumerate(zip(segments, visible, strict=True)):
        vectors = np.asarray(segment.vectors)
        allowed: npt.NDArray[np.int64] | None = None
        if mask is not None:
            allowed = np.flatnonzero(mask)
            vectors = vectors[allowed]
        if not len(vectors):
            continue
        best, found = faiss.knn(
            query[None, :], vectors, min(k, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT
        )
        rows.append(found[0] if allowed is None else allowed[found[0]])
        scores.append(best[0])
        places.append(np.full(len(found[0]), number, dtype=np.int64))
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return Found(none, none, np.zeros(0, dtype=np.float32))
    all_scores = np.concatenate(scores)
    order = np.argsort(-all_scores, kind="stable")[:k]
    return Found(np.concatenate(places)[order], np.concatenate(rows)[order], all_scores[order])
