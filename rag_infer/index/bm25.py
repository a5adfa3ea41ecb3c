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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.postings import Mask, Postings, scoring_units

K1 = 1.2
B = 0.75
BLOCK_SHARE = 0.7
# A language of few chunks says little of how rare a term is: so many of all languages are added.
SMOOTHING_CHUNKS = 50

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Groups:
    """Which chunks are of one language. ``numbers[i]`` (chunks,) is the group of each chunk of part
    i, ``names`` the languages.
    """

    numbers: Sequence[npt.NDArray[np.uint16]]
    names: tuple[str, ...]


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
) -> list[Scores]:
    """Chunk and block BM25, weighed together, of every chunk of every part for the query's terms.

    ``query`` weighs each term, by how often it occurs for instance; with ``groups`` a weight may
    be (groups,) long, as a term is looked for in the languages in which the question has it.
    ``visible[i]`` masks the chunks of part i that this search may see; None means all. The
    statistics are those of the visible chunks of all parts together. Invisible chunks score 0.
    """
    units = [
        p.units if m is None else scoring_units(p, m) for p, m in zip(parts, visible, strict=True)
    ]
    in_all = sum(u.terms for u in units)
    chunks = _Field([u.chunk_lengths for u in units], sum(u.chunks for u in units), in_all)
    blocks = _Field([u.block_lengths for u in units], sum(u.blocks for u in units), in_all)
    if groups is not None:
        firsts = [np.cumsum(p.block_sizes) - p.block_sizes for p in parts]
        chunks.tell_apart(groups.numbers, visible)
        blocks.tell_apart(
            [numbers[first] for numbers, first in zip(groups.numbers, firsts, strict=True)],
            [
                None if m is None else np.add.reduceat(m, first).astype(bool) if len(first) else m
                for m, first in zip(visible, firsts, strict=True)
            ],
        )
    for term, weight in query.items():
        in_chunks: list[_Occurrences] = []
        in_blocks: list[_Occurrences] = []
        for number, (part, mask) in enumerate(zip(parts, visible, strict=True)):
            row = part.find(term)
            if row is None:
                continue
            posting_chunks, counts = part.of(row)
            ordinals = posting_chunks.astype(np.intp)  # what indexing would make of it each time
            if mask is not None:
                is_visible = mask[ordinals]
                ordinals, counts = ordinals[is_visible], counts[is_visible]
            if len(ordinals):
                in_chunks.append((number, ordinals, counts))
                in_blocks.append((number, *_summed(part.blocks[ordinals], counts)))
        chunks.add(in_chunks, weight)
        blocks.add(in_blocks, weight)
    scores = []
    for number, (part, mask) in enumerate(zip(parts, visible, strict=True)):
        both = np.float32(1 - BLOCK_SHARE) * chunks.scores[number]
        # Chunks of a block are neighbours: repeating is much quicker than indexing.
        both += np.repeat(np.float32(BLOCK_SHARE) * blocks.scores[number], part.block_sizes)
        scores.append(both if mask is None else both * mask)
    return scores


_Occurrences = tuple[int, npt.NDArray[np.intp], npt.NDArray[np.generic]]


def _summed(
    blocks: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint16]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.generic]]:
    """Occurrences per block; blocks rise within a term, so equal ones are neighbours."""
    starts = np.flatnonzero(blocks[1:] != blocks[:-1]) + 1
    starts = np.concatenate((np.zeros(1, dtype=np.intp), starts))
    return blocks[starts].astype(np.intp), np.add.reduceat(counts, starts, dtype=np.uint32)


class _Field:
    """BM25 over units (chunks or blocks) of all parts, term by term."""

    def __init__(self, lengths: Sequence[npt.NDArray[np.generic]], total: int, terms: int) -> None:
        self.scores = [np.zeros(len(n), dtype=np.float32) for n in lengths]
        self._total = total
        slope = np.float32(K1 * B / (max(terms, 1) / max(total, 1)))
        base = np.float32(K1 * (1 - B))
        self._norms = [base + slope * n.astype(np.float32) for n in lengths]
        self._groups: Sequence[npt.NDArray[np.uint16]] | None = None
        self._group_totals = np.zeros(0)

    def tell_apart(
        self, groups: Sequence[npt.NDArray[np.uint16]], visible: Sequence[Mask | None]
    ) -> None:
        """Counts how rare a term is among the units of one group."""
        self._groups = groups
        self._group_totals = _group_counts(
            [g if m is None else g[m] for g, m in zip(groups, visible, strict=True)]
        )

    def add(
        self, occurrences: Sequence[_Occurrences], weight: float | npt.NDArray[np.float32]
    ) -> None:
        """Adds a term of the query, with its weight there, and where it was found."""
        frequency: int | npt.NDArray[np.float64] = sum(len(o) for _, o, _ in occurrences)
        if self._groups is not None:
            in_groups = _group_counts(
                [self._groups[number][ordinals] for number, ordinals, _ in occurrences],
                len(self._group_totals),
            )
            frequency = smoothed(in_groups, self._group_totals) * self._total
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


def _group_counts(
    numbers: Sequence[npt.NDArray[np.uint16]], groups: int = 0
) -> npt.NDArray[np.float64]:
    """(groups,) how many of the numbers are of each group."""
    counts = [np.bincount(n, minlength=groups).astype(np.float64) for n in numbers]
    size = max((len(c) for c in counts), default=groups)
    total = np.zeros(size, dtype=np.float64)
    for count in counts:
        total[: len(count)] += count
    return total


def frequency(parts: Sequence[Postings], visible: Sequence[Mask | None], term: str) -> int:
    """In how many visible chunks a term occurs."""
    return sum(len(chunks) for _, chunks in _visible_chunks(parts, visible, term))


def group_totals(visible: Sequence[Mask | None], groups: Groups) -> npt.NDArray[np.float64]:
    """(groups,) how many visible chunks each group has."""
    numbers = [
        n if mask is None else n[mask] for n, mask in zip(groups.numbers, visible, strict=True)
    ]
    return _group_counts(numbers, len(groups.names))


def group_frequencies(
    parts: Sequence[Postings], visible: Sequence[Mask | None], term: str, groups: Groups
) -> npt.NDArray[np.float64]:
    """(groups,) in how many visible chunks of each group a term occurs."""
    of_chunks = [
        groups.numbers[number][chunks] for number, chunks in _visible_chunks(parts, visible, term)
    ]
    return _group_counts(of_chunks, len(groups.names))


def _visible_chunks(
    parts: Sequence[Postings], visible: Sequence[Mask | None], term: str
) -> Iterator[tuple[int, npt.NDArray[np.uint32]]]:
    for number, (part, mask) in enumerate(zip(parts, visible, strict=True)):
        row = part.find(term)
        if row is not None:
            chunks, _ = part.of(row)
            yield number, chunks if mask is None else chunks[mask[chunks]]
