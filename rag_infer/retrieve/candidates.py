"""Chunks that words or vectors find, each with both scores and the two as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index import bm25, lexical_search, vector_search
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.index.term_statistics import View
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
    view: View,
    vector: npt.NDArray[np.float32],
    words: bm25.Query,
    depth: int,
    weight: float,
) -> list[Candidate]:
    """The chunks nearest to a vector and those with the best lexical scores, each with both scores.

    Args:
        snapshot: The open index.
        view: Which of its chunks may be found.
        vector: (dimension,) of the question.
        words: Index terms of the question with their weights.
        depth: How many chunks each side contributes.
        weight: Share of the dense score in the fused one.

    Returns:
        The union of both, best first.
    """
    if snapshot.chunk_count() < _PARALLEL_SEARCH_CHUNKS:
        by_vector = vector_search.search(snapshot.segments, view.visible, vector, depth)
        scorer, by_words = _by_words(view, words, depth)
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as executor:
            lexical_future = executor.submit(_by_words, view, words, depth)
            by_vector = vector_search.search(snapshot.segments, view.visible, vector, depth)
            scorer, by_words = lexical_future.result()
    places = np.unique(
        np.concatenate(
            (
                np.stack((by_vector.segments, by_vector.rows), axis=1),
                np.stack((by_words.segments, by_words.rows), axis=1),
            )
        ),
        axis=0,
    )
    if not len(places):
        return []
    # Every candidate carries both scores, whichever side found it.
    numbers, rows = places.T
    dense = vector_search.cosines(snapshot.segments, numbers, rows, vector)
    lexical = lexical_search.scores_of(scorer, numbers, rows)
    fused = fusion.convex(dense, lexical, weight)
    order = np.lexsort((rows, numbers, -dense, -fused))
    return [
        Candidate(Place(number, row), score, cosine, words_score)
        for number, row, score, cosine, words_score in zip(
            numbers[order].tolist(),
            rows[order].tolist(),
            fused[order].tolist(),
            dense[order].tolist(),
            lexical[order].tolist(),
            strict=True,
        )
    ]


def _by_words(
    view: View, words: bm25.Query, depth: int
) -> tuple[bm25.Scorer, lexical_search.LexicalHits]:
    scorer = bm25.Scorer(view, words)
    return scorer, lexical_search.best(scorer, depth)
