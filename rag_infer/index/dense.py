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

_FEW = 8192

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
        found, best = _nearest(vectors, query, min(k, len(vectors)))
        rows.append(found if allowed is None else allowed[found])
        scores.append(best)
        places.append(np.full(len(found), number, dtype=np.int64))
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return Found(none, none, np.zeros(0, dtype=np.float32))
    all_scores = np.concatenate(scores)
    order = np.argsort(-all_scores, kind="stable")[:k]
    return Found(np.concatenate(places)[order], np.concatenate(rows)[order], all_scores[order])


def _nearest(vectors: Rows, query: Rows, k: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Rows and inner products of the k nearest. A matrix product for a few thousand vectors, which
    is done before FAISS is loaded; FAISS beyond.
    """
    if len(vectors) <= _FEW:
        products = vectors @ query
        order = np.argsort(-products, kind="stable")[:k]
        return order, products[order]
    import faiss

    best, found = faiss.knn(query[None, :], vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return found[0], best[0]
