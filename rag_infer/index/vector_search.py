"""Nearest vectors over the segments of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.segment import Rows, Segment

_EXACT_SEARCH_ROWS = 8192
_EXACT_FILTERED_ROWS = 1000  # copying more takes longer than scanning all codes
_PROPOSED_PER_HIT = 4  # rows that are scored exactly, however many there are
_MIN_PROPOSED_ROWS = 400

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
    """The k rows of highest inner product with a query.

    Exact in small segments; in large ones an approximate index proposes rows, which are then scored
    exactly.

    Args:
        segments: The segments of a snapshot.
        visible: For each segment a mask of the rows that may be found; None: all.
        query: (dimension,) a unit vector.
        k: Most rows.
    """
    proposals = max(_MIN_PROPOSED_ROWS, _PROPOSED_PER_HIT * k)
    exact: list[_Scored] = []
    proposed: list[_Scored] = []
    for number, (segment, mask) in enumerate(zip(segments, visible, strict=True)):
        allowed = None if mask is None else np.flatnonzero(mask)
        visible_rows = segment.chunks if allowed is None else len(allowed)
        if not visible_rows:
            continue
        if segment.approximate is not None and visible_rows >= _EXACT_FILTERED_ROWS:
            rows, scores = segment.approximate.search(query, proposals, mask)
            proposed.append((np.full(len(rows), number), rows, scores))
            continue
        vectors = np.asarray(segment.vectors)
        nearest, scores = _nearest(vectors if allowed is None else vectors[allowed], query, k)
        rows = nearest if allowed is None else allowed[nearest]
        exact.append((np.full(len(rows), number), rows, scores))
    if proposed:
        exact.append(_refined(segments, _merged(proposed, proposals), query))
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
    """Exact inner products of a query with some rows.

    Args:
        segments: The segments of a snapshot.
        places: (n,) the number of the segment of each row.
        rows: (n,) the rows in their segments.
        query: (dimension,) a unit vector.

    Returns:
        (n,) the inner products.
    """
    scores = np.zeros(len(rows), dtype=np.float32)
    for number in np.unique(places):
        in_segment = places == number
        scores[in_segment] = segments[number].rows(rows[in_segment]) @ query
    return scores


def _nearest(vectors: Rows, query: Rows, k: int) -> tuple[npt.NDArray[np.int64], Rows]:
    """Rows and inner products of the k nearest. A matrix product for a few thousand vectors, which
    is done before FAISS is loaded; FAISS beyond.
    """
    k = min(k, len(vectors))
    if len(vectors) <= _EXACT_SEARCH_ROWS:
        products = vectors @ query
        order = np.argsort(-products, kind="stable")[:k]
        return order, products[order]
    import faiss

    products, rows = faiss.knn(query[None, :], vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return rows[0], products[0]
