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
_PROPOSED_PER_HIT = 3
_LEAST_PROPOSED = 400
_ROWS_PER_PROPOSED = 1000  # the more rows, the more of them look alike in their codes

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class VectorHits:
    """Places and cosines, best first: ``segments``, ``rows`` and ``scores`` all (k,)."""

    segments: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


def search(
    segments: Sequence[Segment], visible: Sequence[Mask | None], query: Rows, k: int
) -> VectorHits:
    """The k rows of highest inner product with ``query`` (dimension,).

    Exact in small segments; in large ones an approximate index proposes, and what it proposes is
    scored exactly. ``visible[i]`` masks the rows of segment i that may be found; None means all.
    """
    rows_in_all = sum(segment.chunks for segment in segments)
    wide = max(_LEAST_PROPOSED, _PROPOSED_PER_HIT * k, rows_in_all // _ROWS_PER_PROPOSED)
    exact: list[_Scored] = []
    proposed: list[_Scored] = []
    for number, (segment, mask) in enumerate(zip(segments, visible, strict=True)):
        allowed = None if mask is None else np.flatnonzero(mask)
        seen = segment.chunks if allowed is None else len(allowed)
        if not seen:
            continue
        if segment.approximate is not None and seen >= _FEW:
            rows, scores = segment.approximate.search(query, wide, mask)
            proposed.append((np.full(len(rows), number), rows, scores))
            continue
        vectors = np.asarray(segment.vectors)
        found, scores = _nearest(vectors if allowed is None else vectors[allowed], query, k)
        rows = found if allowed is None else allowed[found]
        exact.append((np.full(len(rows), number), rows, scores))
    if proposed:
        exact.append(_refined(segments, _merged(proposed, wide), query))
    places, rows, scores = _merged(exact, k)
    return VectorHits(places, rows, scores)


_Scored = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Rows]


def _merged(parts: Sequence[_Scored], k: int) -> _Scored:
    """The k best of several lists; ties keep their order."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0, dtype=np.float32)
    places, rows, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(-scores, kind="stable")[:k]
    return places[order], rows[order], scores[order]


def _refined(segments: Sequence[Segment], proposed: _Scored, query: Rows) -> _Scored:
    """The same places with exact scores."""
    places, rows, _ = proposed
    return places, rows, cosines(segments, places, rows, query)


def cosines(
    segments: Sequence[Segment],
    places: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    query: Rows,
) -> Rows:
    """(n,) exact inner products of ``query`` with row ``rows[i]`` of segment ``places[i]``."""
    scores = np.zeros(len(rows), dtype=np.float32)
    for number in np.unique(places):
        chosen = places == number
        scores[chosen] = segments[number].rows(rows[chosen]) @ query
    return scores


def _nearest(vectors: Rows, query: Rows, k: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Rows and inner products of the k nearest. A matrix product for a few thousand vectors, which
    is done before FAISS is loaded; FAISS beyond.
    """
    k = min(k, len(vectors))
    if len(vectors) <= _FEW:
        products = vectors @ query
        order = np.argsort(-products, kind="stable")[:k]
        return order, products[order]
    import faiss

    best, found = faiss.knn(query[None, :], vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return found[0], best[0]
