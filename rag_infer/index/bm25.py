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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.postings import Mask, Postings
from rag_infer.index.term_statistics import Groups, Statistics, View

K1 = 1.2
B = 0.75
BLOCK_SHARE = 0.7
# A language of few chunks says little of how rare a term is: so many of all languages are added.
SMOOTHING_CHUNKS = 50
_BLOCKS_AT_ONCE = 2048

Scores = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.uint32]

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
    scorer = Scorer(View(parts, visible, groups), query, statistics)
    return [scorer.score(number) for number in range(len(parts))]


@dataclass(frozen=True, slots=True)
class TermOccurrences:
    """Where a term of a query occurs in a part, of whose postings it has a ``row``: (postings,)
    ``chunks``, hidden ones among them, and ``counts``. ``bound`` is the most that it can add to a
    score.
    """

    row: int
    chunks: Numbers
    counts: npt.NDArray[np.uint16]
    bound: float
    idf: tuple[Scores, Scores]  # among chunks and among blocks; () or (groups,) each


class Scorer:
    """BM25 of one query.

    Args:
        view: The chunks that count.
        query: See ``score``.
        statistics: See ``score``.
    """

    def __init__(self, view: View, query: Query, statistics: Statistics | None = None) -> None:
        statistics = statistics or view.statistics(query)
        self.view = view
        units = statistics.units
        self._slopes = (
            _slope(statistics.length, units.chunks),
            _slope(statistics.length, units.blocks),
        )
        self._occurrences: dict[int, list[TermOccurrences]] = {}
        self._terms: list[tuple[str, float, tuple[Scores, Scores]]] = []
        for term, weight in query.items():
            occurrences = statistics.terms[term]
            idf = (
                self._idf(occurrences.chunks, units.chunks, weight),
                self._idf(occurrences.blocks, units.blocks, weight),
            )
            most = [max(float(of_units.max()), 0.0) * (K1 + 1) for of_units in idf]
            bound = (1 - BLOCK_SHARE) * most[0] + BLOCK_SHARE * most[1]
            self._terms.append((term, bound, idf))

    def _idf(
        self,
        frequencies: npt.NDArray[np.float64],
        totals: npt.NDArray[np.float64],
        weight: float | npt.NDArray[np.float32],
    ) -> Scores:
        total = float(totals.sum())
        frequency: float | npt.NDArray[np.float64] = float(frequencies.sum())
        if self.view.groups is not None:  # how rare it is among the units of one language
            frequency = smoothed(frequencies, totals) * total
        rarity = np.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        return np.asarray(weight * rarity, dtype=np.float32)

    def occurrences(self, number: int) -> list[TermOccurrences]:
        """Those of each term that a part has, in the order of the query."""
        if number not in self._occurrences:
            part = self.view.parts[number]
            rows = [(part.find(term), bound, idf) for term, bound, idf in self._terms]
            self._occurrences[number] = [
                TermOccurrences(row, *part.of(row), bound, idf)
                for row, bound, idf in rows
                if row is not None
            ]
        return self._occurrences[number]

    def block_bounds(
        self, number: int, terms: Sequence[TermOccurrences], blocks: Numbers | None = None
    ) -> Scores:
        """(blocks,) the most that some terms can add to the score of a chunk of each block.

        A chunk has a term at most as often as its block, and is at least as long as the shortest.

        Args:
            number: Of the part.
            terms: Some of its ``occurrences``.
            blocks: The numbers of the blocks, rising; None: all.
        """
        part = self.view.parts[number]
        shortest, lengths = part.shortest_chunks, self.view.block_lengths(number)
        is_visible = self.view.has_visible(number)
        if blocks is not None:
            shortest, lengths, is_visible = shortest[blocks], lengths[blocks], is_visible[blocks]
        if not terms or not len(lengths):
            return np.zeros(len(lengths), dtype=np.float32)
        occurrences = [part.blocks_of(term.row) for term in terms]
        if blocks is None:
            at = np.concatenate([numbers for numbers, _ in occurrences]).astype(np.intp)
            counts = [of_term for _, of_term in occurrences]
        else:
            located = [_located(numbers, of_term, blocks) for numbers, of_term in occurrences]
            at = np.concatenate([positions for positions, _ in located])
            counts = [of_term for _, of_term in located]
        tf = np.concatenate(counts).astype(np.float32)
        sizes = [len(of_term) for of_term in counts]
        rarity = np.array([[of.max() for of in term.idf] for term in terms], dtype=np.float32)
        rarity = np.maximum(rarity, 0) * np.float32(K1 + 1)
        share = np.repeat(np.float32(1 - BLOCK_SHARE) * rarity[:, 0], sizes)
        share /= _norms(shortest, self._slopes[0])[at] + tf
        of_blocks = np.repeat(np.float32(BLOCK_SHARE) * rarity[:, 1], sizes)
        of_blocks /= _norms(lengths, self._slopes[1])[at] + tf
        share += of_blocks
        share *= tf
        bounds = np.bincount(at, weights=share, minlength=len(lengths)).astype(np.float32)
        return bounds * is_visible

    def score(self, number: int) -> Scores:
        """(chunks,) the scores of all chunks of a part."""
        blocks = np.arange(len(self.view.parts[number].block_starts), dtype=np.uint32)
        runs = [blocks[at : at + _BLOCKS_AT_ONCE] for at in range(0, len(blocks), _BLOCKS_AT_ONCE)]
        scores = [self.score_blocks(number, run)[1] for run in runs]
        return np.concatenate([np.zeros(0, dtype=np.float32), *scores])

    def score_blocks(self, number: int, blocks: Numbers) -> tuple[Numbers, Scores]:
        """The chunks of some blocks of a part, and their scores.

        Each is scored by the same sums in the same order, whichever blocks are asked for.

        Args:
            number: Of the part.
            blocks: The numbers of the blocks, rising.
        """
        part, mask = self.view.parts[number], self.view.visible[number]
        starts, sizes = part.block_starts[blocks], part.block_sizes[blocks]
        chunks = _ranges(starts, sizes)
        terms = self.occurrences(number)
        if not terms or not len(chunks):
            return chunks, np.zeros(len(chunks), dtype=np.float32)
        lengths = part.lengths[chunks]
        is_visible = None if mask is None else mask[chunks]
        tf = np.zeros((len(terms), len(chunks)), dtype=np.float32)
        at = np.cumsum(sizes) - sizes
        for row, term in zip(tf, terms, strict=True):
            if len(term.chunks) < 2 * len(blocks):
                units, counts = _located(term.chunks, term.counts, chunks)
            else:
                units, counts = _in_runs(term.chunks, term.counts, starts, sizes, at)
            row[units] = counts
        if is_visible is not None:
            tf *= is_visible
            lengths = lengths * is_visible
        groups = None if self.view.groups is None else self.view.groups.numbers[number]
        tf_of_blocks = np.add.reduceat(tf, at, axis=1)
        of_chunks = _saturated(tf, _norms(lengths, self._slopes[0]))
        of_chunks *= _of_units([term.idf[0] for term in terms], groups, chunks)
        block_lengths = np.add.reduceat(lengths, at)
        of_blocks = _saturated(tf_of_blocks, _norms(block_lengths, self._slopes[1]))
        of_blocks *= _of_units([term.idf[1] for term in terms], groups, starts)
        both = np.float32(1 - BLOCK_SHARE) * _summed(of_chunks)
        # Chunks of a block are neighbours: repeating is much quicker than indexing.
        both += np.repeat(np.float32(BLOCK_SHARE) * _summed(of_blocks), sizes)
        return chunks, both if is_visible is None else both * is_visible


def _saturated(tf: Scores, norms: Scores) -> Scores:
    """(terms, units) what occurrences count for before rarity; ``tf`` likewise."""
    tf /= tf + norms
    return tf


def _summed(of_terms: Scores) -> Scores:
    """(units,) the sum of (terms, units), term by term.

    NumPy's own sum adds in another order where there is one unit alone, which changes last bits.
    """
    total: Scores = of_terms[0].copy()
    for of_term in of_terms[1:]:
        total += of_term
    return total


def _of_units(
    idf: Sequence[Scores], groups: npt.NDArray[np.uint16] | None, chunks: Numbers
) -> Scores:
    """(terms, 1 or units) the rarity of terms in the language of units with these first chunks."""
    rarity = np.float32(K1 + 1) * np.stack(idf)
    return rarity[:, None] if groups is None else rarity[:, groups[chunks]]


def _norms(lengths: npt.NDArray[np.generic], slope: np.float32) -> Scores:
    """What saturates how often a term occurs in units of these lengths."""
    return np.asarray(np.float32(K1 * (1 - B)) + slope * lengths.astype(np.float32))


def _slope(terms: int, totals: npt.NDArray[np.float64]) -> np.float32:
    return np.float32(K1 * B / (max(terms, 1) / max(int(totals.sum()), 1)))


def _ranges(starts: Numbers | npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> Numbers:
    """The numbers of each range one after the other."""
    before = np.cumsum(sizes) - sizes
    offsets = np.repeat(starts.astype(np.int64) - before, sizes)
    chunks: Numbers = (np.arange(len(offsets)) + offsets).astype(np.uint32)
    return chunks


def _located(
    numbers: Numbers, counts: npt.NDArray[np.uint16], units: Numbers
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint16]]:
    """Where among some units a term occurs, and how often.

    The shorter of the two lists is looked up in the longer.

    Args:
        numbers: (occurrences,) the units in which it occurs, rising.
        counts: (occurrences,) how often.
        units: The units that are asked for, rising.
    """
    if len(numbers) < len(units):
        at = np.searchsorted(units, numbers)
        at[at == len(units)] = 0
        matches = units[at] == numbers
        return at[matches], counts[matches]
    at = np.searchsorted(numbers, units)
    at[at == len(numbers)] = 0
    matches = numbers[at] == units
    return np.flatnonzero(matches), counts[at[matches]]


def _in_runs(
    numbers: Numbers,
    counts: npt.NDArray[np.uint16],
    starts: Numbers,
    sizes: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint16]]:
    """Where among the units of some runs a term occurs, and how often.

    Only the ends of the runs are looked up.

    Args:
        numbers: (occurrences,) the units in which it occurs, rising.
        counts: (occurrences,) how often.
        starts: (runs,) the first unit of each run, rising.
        sizes: (runs,) how many units each has.
        at: (runs,) where the first unit of each run is among those of all.
    """
    first = np.searchsorted(numbers, starts)
    occurrences = np.searchsorted(numbers, (starts + sizes).astype(numbers.dtype)) - first
    positions = _ranges(first.astype(np.int64), occurrences)
    units = numbers[positions].astype(np.intp) + np.repeat(at - starts, occurrences)
    return units, counts[positions]


def smoothed(
    frequencies: npt.NDArray[np.float64], totals: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(groups,) the share of each group's units that hold a term, drawn towards that of all."""
    overall = frequencies.sum() / max(totals.sum(), 1)
    shares = (frequencies + SMOOTHING_CHUNKS * overall) / (totals + SMOOTHING_CHUNKS)
    return np.asarray(shares)
