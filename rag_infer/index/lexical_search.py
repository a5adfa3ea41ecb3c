"""The chunks with the best BM25 scores, without scoring the rest.

A term that half of the chunks have can add little to a score. So blocks are looked at only where
the terms that they have could together reach what the best chunks have already (MaxScore: Turtle &
Flood 1995, here over runs of chunks as in Ding & Suel 2011): the long lists of common terms are not
walked, only looked up for the chunks that the rarer ones propose. The result is exact, to the last
bit of every score.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag_infer.index import scored_rows
from rag_infer.index.bm25 import Numbers, Scorer, Scores, TermOccurrences
from rag_infer.index.scored_rows import ScoredRows, no_rows, of_segment

# Common terms that together can add no more than this share of the least score are only looked up.
_COMMON_SHARE = 0.5
_SLACK = 1 - 1e-5  # sums of bounds are rounded otherwise than scores


def best(scorer: Scorer, k: int) -> ScoredRows:
    """The k chunks of the highest scores above 0; of equal ones the first in the index.

    Args:
        scorer: The query and the chunks that count.
        k: Most chunks.
    """
    parts = scorer.view.parts
    hits = no_rows()
    # The largest first: it likely has the most of the best, after which the others have less to do.
    for number in sorted(range(len(parts)), key=lambda n: -len(parts[n].lengths)):
        terms = scorer.occurrences(number)
        if not terms:
            continue
        least = float(hits.scores[-1]) if len(hits) == k else 0.0
        blocks = _promising_blocks(scorer, number, terms, k, least)
        rows, scores = scorer.score_blocks(number, blocks)
        is_hit = (scores > 0) & (scores >= least)
        hits = scored_rows.best([hits, of_segment(number, rows[is_hit], scores[is_hit])], k)
    return hits


def scores_of(
    scorer: Scorer, segments: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> Scores:
    """(n,) the scores of some chunks.

    Args:
        scorer: The query and the chunks that count.
        segments: (n,) the number of the segment of each.
        rows: (n,) the chunks in their segments.
    """
    scores = np.zeros(len(rows), dtype=np.float32)
    for number in np.unique(segments):
        in_segment = segments == number
        part = scorer.view.parts[number]
        blocks = np.unique(part.blocks[rows[in_segment]])
        chunks, of_chunks = scorer.score_blocks(number, blocks)
        scores[in_segment] = of_chunks[np.searchsorted(chunks, rows[in_segment])]
    return scores


def _promising_blocks(
    scorer: Scorer, number: int, terms: Sequence[TermOccurrences], k: int, least: float
) -> Numbers:
    """The blocks of a part that may have a chunk whose score is at least ``least``."""
    if least <= 0:
        bounds = scorer.block_bounds(number, terms)
        if len(bounds) > k:
            highest = np.sort(np.argpartition(-bounds, k)[:k]).astype(np.uint32)
            _, scores = scorer.score_blocks(number, highest)
            least = float(np.partition(scores, -k)[-k])
        return np.flatnonzero((bounds > 0) & (bounds >= least * _SLACK)).astype(np.uint32)
    least *= _SLACK
    ranked = sorted(terms, key=lambda term: term.bound)
    totals = np.cumsum([term.bound for term in ranked])
    common = int(np.searchsorted(totals, _COMMON_SHARE * least))
    others = totals[common - 1] if common else 0.0
    bounds = scorer.block_bounds(number, ranked[common:])
    blocks = np.flatnonzero(bounds + others >= least).astype(np.uint32)
    bounds = bounds[blocks] + scorer.block_bounds(number, ranked[:common], blocks)
    return blocks[bounds >= least]
