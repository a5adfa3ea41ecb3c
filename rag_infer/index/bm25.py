"""BM25 over the postings of all segments.

A chunk is short, and the words of a question are often spread over its neighbours. So chunks are
gathered into blocks, runs of chunks of one page of about 512 terms, and a chunk's score is 0.3 of
its own and 0.7 of its block's: the block says which page, the chunk which part of it. Block counts
are summed from chunk counts at search time.

Counts are stored, not scores: document frequencies and mean length are taken over exactly the
chunks that a search may see, at search time. So scores do not depend on how the index is cut into
segments, and chunks that the asker may not read leave no trace in the scores of those they may.
Where chunks are in several languages, how rare a term is, is counted among those of its chunk's
language: "die" is common in German however few of the chunks are German.
BM25 in Lucene's form: Robertson & Zaragoza 2009, idf = ln(1 + (N - df + 0.5) / (df + 0.5)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from rag_infer.index.postings import Mask, Postings
from rag_infer.index.term_statistics import Groups, Occurrences, Statistics, View

K1 = 1.2
B = 0.75
BLOCK_SHARE = 0.7
# A language of few chunks says little of how rare a term is: so many of all languages are added.
SMOOTHING_CHUNKS = 50

Scores = npt.NDArray[np.float32]


Query = Mapping[str, float | npt.NDArray[np.float32]]


def grouped(queries: Sequence[Mapping[str, float]]) -> Query:
    """One query from those of each group."""
    query: dict[str, npt.NDArray[np.float32]] = {}
    for number, words in enumerate(queries):
        for term, weight in words.items():
            weights = query.setdefault(term, np.zeros(len(queries), dtype=np.float32))
            weights[number] = weight
    return query


def score(
    parts: Sequence[Postings],
    visible: Sequence[Mask | None],
    query: Query,
    groups: Groups | None = None,
    statistics: Statistics | None = None,
) -> list[Scores]:
    """Chunk and block BM25, weighed together, of every chunk of every part for the query's terms.

    Args:
        parts: The postings of the segments.
        visible: For each part a mask of the chunks that this search may see; None: all. Invisible
            chunks score 0.
        query: The weight of each term, by how often it occurs for instance; with ``groups`` a
            weight may be (groups,) long, as a term is looked for in the languages in which the
            question has it.
        groups: The languages of the chunks; None: one.
        statistics: Those of all indexes that are searched, these parts among them; None: those of
            the visible chunks of these parts.

    Returns:
        For each part (chunks,) the scores.
    """
    view = View(parts, visible, groups)
    units, length = (
        (view.units, view.length) if statistics is None else (statistics.units, statistics.length)
    )
    chunks = _Field([u.chunk_lengths for u in view.lengths], units.chunks, length, view.of_chunks)
    blocks = _Field([u.block_lengths for u in view.lengths], units.blocks, length, view.of_blocks)
    for term, weight in query.items():
        in_chunks, in_blocks = occurrences = view.occurrences(term)
        frequencies = (
            view.frequencies(occurrences) if statistics is None else statistics.terms[term]
        )
        chunks.add(in_chunks, frequencies.chunks, weight)
        blocks.add(in_blocks, frequencies.blocks, weight)
    scores = []
    for number, (part, mask) in enumerate(zip(parts, visible, strict=True)):
        both = np.float32(1 - BLOCK_SHARE) * chunks.scores[number]
        # Chunks of a block are neighbours: repeating is much quicker than indexing.
        both += np.repeat(np.float32(BLOCK_SHARE) * blocks.scores[number], part.block_sizes)
        scores.append(both if mask is None else both * mask)
    return scores


class _Field:
    """BM25 over units (chunks or blocks) of all parts, term by term."""

    def __init__(
        self,
        lengths: Sequence[npt.NDArray[np.generic]],
        totals: npt.NDArray[np.float64],
        terms: int,
        groups: Sequence[npt.NDArray[np.uint16]] | None,
    ) -> None:
        self.scores = [np.zeros(len(n), dtype=np.float32) for n in lengths]
        self._totals = totals
        self._total = int(totals.sum())
        slope = np.float32(K1 * B / (max(terms, 1) / max(self._total, 1)))
        base = np.float32(K1 * (1 - B))
        self._norms = [base + slope * n.astype(np.float32) for n in lengths]
        self._groups = groups

    def add(
        self,
        occurrences: Sequence[Occurrences],
        frequencies: npt.NDArray[np.float64],
        weight: float | npt.NDArray[np.float32],
    ) -> None:
        """Adds a term of the query: where it occurs, in how many units at all, its weight."""
        frequency: float | npt.NDArray[np.float64] = float(frequencies.sum())
        if self._groups is not None:  # how rare it is among the units of one language
            frequency = smoothed(frequencies, self._totals) * self._total
        rarity = np.log(1 + (self._total - frequency + 0.5) / (frequency + 0.5))
        idf = np.asarray(weight * rarity, dtype=np.float32)
        for number, ordinals, counts in occurrences:
            tf = counts.astype(np.float32)
            saturated = self._norms[number][ordinals]
            saturated += tf
            of_units = idf if self._groups is None else idf[self._groups[number][ordinals]]
            tf *= of_units * np.float32(K1 + 1)
            tf /= saturated
            # Units are distinct within a term, so fancy assignment adds each once.
            self.scores[number][ordinals] += tf


def smoothed(
    frequencies: npt.NDArray[np.float64], totals: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(groups,) the share of each group's units that hold a term, drawn towards that of all."""
    overall = frequencies.sum() / max(totals.sum(), 1)
    shares = (frequencies + SMOOTHING_CHUNKS * overall) / (totals + SMOOTHING_CHUNKS)
    return np.asarray(shares)
