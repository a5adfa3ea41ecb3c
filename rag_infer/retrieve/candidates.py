"""Chunks that words or vectors find, each with both scores and the two as one.

Knows: how the two searches are run and joined.
Does not know: where the vector and the words come from, how hits are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index import bm25, vector_search
from rag_infer.index.snapshot import Mask, Place, Snapshot
from rag_infer.retrieve import fusion

_TWO_AT_ONCE = 50_000  # chunks from which on words and vectors are worth a thread each


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
    words: Mapping[str, float],
    depth: int,
    weight: float,
) -> list[Candidate]:
    """The ``depth`` nearest to the vector (dimension,) and the ``depth`` best by the weighed words,
    best first. ``weight`` is the share of the dense score.
    """
    postings = [segment.postings for segment in snapshot.segments]
    if snapshot.chunk_count() < _TWO_AT_ONCE:
        near = vector_search.search(snapshot.segments, masks, vector, depth)
        scores = bm25.score(postings, masks, words)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as beside:
            by_words = beside.submit(bm25.score, postings, masks, words)
            near = vector_search.search(snapshot.segments, masks, vector, depth)
            scores = by_words.result()
    places = _union(near, scores, depth)
    if not places:
        return []
    # Every candidate carries both scores, whichever side found it.
    numbers, rows = np.array([(p.segment, p.row) for p in places], dtype=np.int64).T
    by_vector = vector_search.cosines(snapshot.segments, numbers, rows, vector)
    said = np.array([scores[p.segment][p.row] for p in places], dtype=np.float32)
    fused = fusion.convex(by_vector, said, weight)
    found = [
        Candidate(place, float(fused[i]), float(by_vector[i]), float(said[i]))
        for i, place in enumerate(places)
    ]
    found.sort(key=lambda c: (-c.score, -c.dense, c.place.segment, c.place.row))
    return found


def _union(near: vector_search.VectorHits, scores: list[bm25.Scores], depth: int) -> list[Place]:
    found = {(int(s), int(r)): None for s, r in zip(near.segments, near.rows, strict=True)}
    best: list[tuple[float, int, int]] = []
    enough = np.float32(0)  # what the last of the best so far has: less need not be looked at
    for number, values in enumerate(scores):
        positive = np.flatnonzero(values > enough)
        if len(positive) > depth:
            top = np.argpartition(-values[positive], depth - 1)[:depth]
            positive = positive[top]
        best.extend((float(values[row]), number, int(row)) for row in positive)
        best.sort(key=lambda item: (-item[0], item[1], item[2]))
        del best[depth:]
        if len(best) == depth:
            enough = np.float32(best[-1][0])
    for _, number, row in best:
        found[number, row] = None
    return [Place(number, row) for number, row in found]
