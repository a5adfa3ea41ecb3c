"""Chunks that words or vectors find, each with both scores and the two as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.index.scored_rows import Numbers, ScoredRows, best
from rag_infer.index.snapshot import Place
from rag_infer.index.vector_search import proposals
from rag_infer.retrieve import fusion
from rag_infer.retrieve.scoring import ScoringRounds


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


def candidates(rounds: ScoringRounds, depth: int, weight: float) -> list[Candidate]:
    """The chunks nearest to a vector and those with the best lexical scores, each with both scores.

    Args:
        rounds: What scores the chunks that may be found.
        depth: How many chunks each side contributes.
        weight: Share of the dense score in the fused one.

    Returns:
        The union of both, best first.
    """
    nominations = rounds.nominations()
    exact = best([n.near.exact for n in nominations], depth)
    proposed = best([n.near.proposed for n in nominations], proposals(depth))
    by_words = best([n.lexical for n in nominations], depth)
    segments, rows = _union([exact, proposed, by_words])
    if not len(rows):
        return []
    # Every candidate carries both scores, whichever side found it.
    raw = rounds.raw_scores(segments, rows)
    has_scores = ~np.isnan(raw.dense)
    of_vector = np.arange(len(rows)) < len(exact) + len(proposed)
    of_words = np.isin(_keys(segments, rows), _keys(by_words.segments, by_words.rows))
    nearest = np.flatnonzero(of_vector & has_scores)
    nearest = nearest[np.lexsort((rows[nearest], segments[nearest], -raw.dense[nearest]))[:depth]]
    is_candidate = of_words & has_scores
    is_candidate[nearest] = True
    segments, rows = segments[is_candidate], rows[is_candidate]
    dense, lexical = raw.dense[is_candidate], raw.lexical[is_candidate]
    fused = fusion.convex(dense, lexical, weight)
    order = np.lexsort((rows, segments, -dense, -fused))
    return [
        Candidate(
            Place(int(segments[i]), int(rows[i])),
            float(fused[i]),
            float(dense[i]),
            float(lexical[i]),
        )
        for i in order
    ]


def _union(lists: Sequence[ScoredRows]) -> tuple[Numbers, Numbers]:
    """Segments and rows of all lists, each place once, in the order in which it comes first."""
    segments = np.concatenate([part.segments for part in lists])
    rows = np.concatenate([part.rows for part in lists])
    _, first = np.unique(_keys(segments, rows), return_index=True)
    first.sort()
    return segments[first], rows[first]


def _keys(segments: Numbers, rows: Numbers) -> Numbers:
    """One number for each place; a segment has fewer than 2**32 rows."""
    return segments << 32 | rows
