"""Nearest vectors over the segments of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.scored_rows import ScoredRows, best, of_segment
from rag_infer.index.segment import Rows, Segment

_EXACT_SEARCH_ROWS = 8192
_EXACT_FILTERED_ROWS = 1000  # copying more takes longer than scanning all codes
_PROPOSED_PER_HIT = 4  # rows that are scored exactly, however many there are
_MIN_PROPOSED_ROWS = 600  # recall@10 of a million noisy vectors .984; .979 with 400

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NearRows:
    """Rows near a query: ``exact`` ones with their cosines, of segments that are searched whole,
    and those that approximate indexes ``proposed``, with approximations of theirs.
    """

    exact: ScoredRows
    proposed: ScoredRows


def proposals(k: int) -> int:
    """How many of the proposed rows are scored exactly for the k nearest."""
    return max(_MIN_PROPOSED_ROWS, _PROPOSED_PER_HIT * k)


def near(
    segments: Sequence[Segment],
    visible: Sequence[Mask | None],
    query: Rows,
    k: int,
    numbers: Sequence[int] | None = None,
) -> NearRows:
    """Rows among which are the k nearest to a query, of some segments of a snapshot.

    Args:
        segments: The segments.
        visible: For each segment a mask of the rows that may be found; None: all.
        query: (dimension,) a unit vector.
        k: How many rows are wanted in the end.
        numbers: The number of each segment in its snapshot; None: all are searched.
    """
    exact: list[ScoredRows] = []
    proposed: list[ScoredRows] = []
    for number, segment, mask in zip(
        range(len(segments)) if numbers is None else numbers, segments, visible, strict=True
    ):
        allowed = None if mask is None else np.flatnonzero(mask)
        visible_rows = segment.chunks if allowed is None else len(allowed)
        if not visible_rows:
            continue
        if segment.approximate is not None and visible_rows >= _EXACT_FILTERED_ROWS:
            rows, scores = segment.approximate.search(query, proposals(k), mask)
            proposed.append(of_segment(number, rows, scores))
            continue
        vectors = np.asarray(segment.vectors)
        nearest, scores = _nearest(vectors if allowed is None else vectors[allowed], query, k)
        rows = nearest if allowed is None else allowed[nearest]
        exact.append(of_segment(number, rows, scores))
    return NearRows(best(exact, k), best(proposed, proposals(k)))


def search(
    segments: Sequence[Segment], visible: Sequence[Mask | None], query: Rows, k: int
) -> ScoredRows:
    """The k rows of highest inner product with a query.

    Exact in small segments; in large ones an approximate index proposes rows, which are then scored
    exactly.

    Args:
        segments: The segments of a snapshot.
        visible: For each segment a mask of the rows that may be found; None: all.
        query: (dimension,) a unit vector.
        k: Most rows.
    """
    rows = near(segments, visible, query, k)
    proposed = rows.proposed
    scores = cosines(segments, proposed.segments, proposed.rows, query)
    return best([rows.exact, ScoredRows(proposed.segments, proposed.rows, scores)], k)


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
