"""Chunks that words or vectors find, each with both scores and the two as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index import bm25, term_statistics, vector_search
from rag_infer.index.snapshot import Mask, Place, Snapshot
from rag_infer.retrieve import fusion

_PARALLEL_SEARCH_CHUNKS = 50_000  # chunks from which on words and vectors are worth a thread each


@dataclass(frozen=True, slots=True)
class Candidate:
    """``score`` is fused from ``dense``, a cosine, and ``lexical``, BM25. ``rerank`` is what a
    cross-encoder says of it, where one is asked.
    """

    place: Place
    score: float
    dense: float
    lexical: float
    rerank: float | None = None


def candidates(
    snapshot: Snapshot,
    masks: Sequence[Mask | None],
    vector: npt.NDArray[np.float32],
    words: bm25.Query,
    depth: int,
    weight: float,
    groups: term_statistics.Groups | None = None,
) -> list[Candidate]:
    """The chunks nearest to a vector and those with the best lexical scores, each with both scores.

    Args:
        snapshot: The open index.
        masks: Which chunks of each segment may be found; None: all.
        vector: (dimension,) of the question.
        words: Index terms of the question with their weights.
        depth: How many chunks each side contributes.
        weight: Share of the dense score in the fused one.
        groups: The languages of the chunks; None: one.

    Returns:
        The union of both, best first.
    """
    postings = [segment.postings for segment in snapshot.segments]
    if snapshot.chunk_count() < _PARALLEL_SEARCH_CHUNKS:
        by_vector = vector_search.search(snapshot.segments, masks, vector, depth)
        scores = bm25.score(postings, masks, words, groups)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as executor:
            lexical_future = executor.submit(bm25.score, postings, masks, words, groups)
            by_vector = vector_search.search(snapshot.segments, masks, vector, depth)
            scores = lexical_future.result()
    places = _union(by_vector, scores, depth)
    if not places:
        return []
    # Every candidate carries both scores, whichever side found it.
    numbers, rows = np.array([(p.segment, p.row) for p in places], dtype=np.int64).T
    dense = vector_search.cosines(snapshot.segments, numbers, rows, vector)
    lexical = np.array([scores[p.segment][p.row] for p in places], dtype=np.float32)
    fused = fusion.convex(dense, lexical, weight)
    ranked = [
        Candidate(location, float(fused[i]), float(dense[i]), float(lexical[i]))
        for i, location in enumerate(places)
    ]
    ranked.sort(key=lambda c: (-c.score, -c.dense, c.place.segment, c.place.row))
    return ranked


def _union(nearest: vector_search.VectorHits, scores: list[bm25.Scores], depth: int) -> list[Place]:
    locations = {
        (int(s), int(r)): None for s, r in zip(nearest.segments, nearest.rows, strict=True)
    }
    best: list[tuple[float, int, int]] = []
    threshold = np.float32(0)  # what the last of the best so far has: less need not be looked at
    for number, values in enumerate(scores):
        positive = np.flatnonzero(values > threshold)
        if len(positive) > depth:
            top = np.argpartition(-values[positive], depth - 1)[:depth]
            positive = positive[top]
        best.extend((float(values[row]), number, int(row)) for row in positive)
        best.sort(key=lambda item: (-item[0], item[1], item[2]))
        del best[depth:]
        if len(best) == depth:
            threshold = np.float32(best[-1][0])
    for _, number, row in best:
        locations[number, row] = None
    return [Place(number, row) for number, row in locations]
