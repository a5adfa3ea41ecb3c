"""Chunks are scored in rounds, so that several machines score as one index of all would.

A machine that scores a part of the segments nominates its best chunks by vector and by words, with
the statistics of all parts. Of all nominations the best are taken, and each of those is scored by
both. What is taken does not depend on how the segments are spread (``index.scored_rows``), and what
the scores of a chunk are computed from neither, so that the results are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag_infer.index import bm25, lexical_search, vector_search
from rag_infer.index.scored_rows import ScoredRows
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.term_statistics import Statistics, View
from rag_infer.retrieve.search_scope import SearchScope

_PARALLEL_SEARCH_CHUNKS = 50_000  # chunks from which on words and vectors are worth a thread each

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChunkQuery:
    """What chunks are scored by.

    Attributes:
        vector: (dimension,) of the question.
        words: Index terms of the question with their weights.
        depth: How many chunks each side contributes.
    """

    vector: npt.NDArray[np.float32]
    words: bm25.Query
    depth: int


@dataclass(frozen=True, slots=True)
class Nominations:
    """The best chunks of some segments: by vector, exact or proposed, and by words."""

    near: vector_search.NearRows
    lexical: ScoredRows


@dataclass(frozen=True, slots=True)
class RawScores:
    """(n,) cosines and BM25 of some chunks; NaN both where nothing scored the chunk."""

    dense: npt.NDArray[np.float32]
    lexical: npt.NDArray[np.float32]


class ScoringRounds(Protocol):
    """What scores the chunks of a scope for one query."""

    def nominations(self) -> Sequence[Nominations]:
        """The best chunks of each part."""
        ...

    def raw_scores(self, segments: Numbers, rows: Numbers) -> RawScores:
        """Both scores of some of the nominated chunks."""
        ...


Scoring = Callable[[Snapshot, SearchScope, ChunkQuery], ScoringRounds]


class SegmentScoring:
    """Scores the chunks of some segments of a snapshot, on this machine.

    Args:
        snapshot: The open index.
        numbers: The numbers of the segments, rising.
        view: Which of their chunks count.
        query: What they are scored by.
        statistics: The statistics of the words over all parts of the index; None: these segments
            are all.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        numbers: Sequence[int],
        view: View,
        query: ChunkQuery,
        statistics: Statistics | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._numbers = np.array(numbers, dtype=np.int64)
        self._segments = [snapshot.segments[number] for number in numbers]
        self._query = query
        self._view = view
        self._statistics = statistics
        self._scorer: bm25.Scorer | None = None

    def nominate(self) -> Nominations:
        """The best chunks of these segments."""
        if sum(segment.chunks for segment in self._segments) < _PARALLEL_SEARCH_CHUNKS:
            return Nominations(self._near(), self._best_by_words())
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as executor:
            lexical = executor.submit(self._best_by_words)
            return Nominations(self._near(), lexical.result())

    def nominations(self) -> Sequence[Nominations]:
        """The best chunks where these segments are all."""
        return [self.nominate()]

    def raw_scores(self, segments: Numbers, rows: Numbers) -> RawScores:
        """Both scores of some chunks of these segments.

        Args:
            segments: (n,) the numbers of their segments.
            rows: (n,) their rows there.
        """
        vector = self._query.vector
        dense = vector_search.cosines(self._snapshot.segments, segments, rows, vector)
        parts = np.searchsorted(self._numbers, segments)
        return RawScores(dense, lexical_search.scores_of(self._words(), parts, rows))

    def _words(self) -> bm25.Scorer:
        if self._scorer is None:
            self._scorer = bm25.Scorer(self._view, self._query.words, self._statistics)
        return self._scorer

    def _near(self) -> vector_search.NearRows:
        query = self._query
        return vector_search.near(
            self._segments, self._view.visible, query.vector, query.depth, self._numbers.tolist()
        )

    def _best_by_words(self) -> ScoredRows:
        hits = lexical_search.best(self._words(), self._query.depth)
        return ScoredRows(self._numbers[hits.segments], hits.rows, hits.scores)


def local_scoring(snapshot: Snapshot, scope: SearchScope, query: ChunkQuery) -> ScoringRounds:
    """Scores all chunks of a scope on this machine."""
    return SegmentScoring(snapshot, range(len(snapshot.segments)), scope.view, query)
