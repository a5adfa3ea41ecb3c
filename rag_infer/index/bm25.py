"""Postings on arrays, and BM25 over them.

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

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_infer.index import durable_io

K1 = 1.2
B = 0.75
BLOCK_TERMS = 512
BLOCK_SHARE = 0.7
# A language of few chunks says little of how rare a term is: so many of all languages are added.
SMOOTHING_CHUNKS = 50

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

_FILES = {
    "words": np.uint8,  # all terms, UTF-8, sorted by bytes, one after the other
    "word_ends": np.int64,  # (terms,) where each ends in words
    "starts": np.int64,  # (terms + 1,) where each term's postings start
    "chunks": np.uint32,  # (postings,) chunk ordinals, rising within a term
    "counts": np.uint16,  # (postings,) occurrences
    "lengths": np.uint32,  # (chunks,) terms in each chunk
    "blocks": np.uint32,  # (chunks,) ordinal of the block that each chunk is in, rising
}


@dataclass(frozen=True)
class Postings:
    """The postings of one segment; arrays may be memory-mapped. See ``_FILES`` for shapes."""

    words: npt.NDArray[np.uint8]
    word_ends: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    chunks: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint16]
    lengths: npt.NDArray[np.uint32]
    blocks: npt.NDArray[np.uint32]

    @cached_property
    def _views(self) -> tuple[memoryview, memoryview]:
        """Words and ends as plain memory, of which an item is had much sooner than of an array."""
        return self.words.data, self.word_ends.data

    def word(self, index: int) -> bytes:
        words, ends = self._views
        return bytes(words[ends[index - 1] if index else 0 : ends[index]])

    def find(self, term: str) -> int | None:
        """The row of a term, by bisection over the sorted words."""
        encoded = term.encode("utf-8")
        index = bisect_left(range(len(self.word_ends)), encoded, key=self.word)
        matches = index < len(self.word_ends) and self.word(index) == encoded
        return index if matches else None

    def of(self, row: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
        """Chunk ordinals and counts of a term's row."""
        span = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return self.chunks[span], self.counts[span]

    @cached_property
    def block_sizes(self) -> npt.NDArray[np.int64]:
        """Chunks in each block."""
        return np.bincount(self.blocks)

    @cached_property
    def units(self) -> ScoringUnits:
        """What a search that may see everything needs to know of lengths, once."""
        return _units(self, None)

    def save(self, folder: Path) -> None:
        for name in _FILES:
            durable_io.write_array(folder / f"lexical.{name}.npy", getattr(self, name))


@dataclass(frozen=True, slots=True)
class ScoringUnits:
    """Terms of each chunk and block, how many of both there are, and terms in all."""

    chunk_lengths: npt.NDArray[np.generic]
    block_lengths: npt.NDArray[np.generic]
    chunks: int
    blocks: int
    terms: int


def _units(part: Postings, mask: Mask | None) -> ScoringUnits:
    lengths = part.lengths if mask is None else part.lengths * mask
    return ScoringUnits(
        chunk_lengths=lengths,
        block_lengths=np.bincount(part.blocks, weights=lengths),
        chunks=len(lengths) if mask is None else int(mask.sum()),
        blocks=int(np.count_nonzero(np.bincount(part.blocks, weights=mask))),
        terms=int(lengths.sum()),
    )


def load(folder: Path) -> Postings:
    """Memory-maps the postings in a segment's folder."""
    arrays = {
        name: np.load(folder / f"lexical.{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in _FILES
    }
    return Postings(**{name: np.asarray(array) for name, array in arrays.items()})


def files() -> list[str]:
    """The names of the files that ``save`` writes."""
    return [f"lexical.{name}.npy" for name in _FILES]


class PostingsBuilder:
    """Collects the terms of chunks in order, then makes their postings."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._terms: list[npt.NDArray[np.uint32]] = []
        self._counts: list[npt.NDArray[np.uint16]] = []
        self._distinct: list[int] = []
        self._lengths: list[int] = []
        self._blocks: list[int] = []
        self._page: object = None
        self._room = 0

    def add(self, chunk_terms: Sequence[Sequence[str]], pages: Sequence[object]) -> None:
        """Appends chunks, each as its terms; chunks of one block have equal, adjacent ``pages``."""
        rows = self._rows
        for terms, page in zip(chunk_terms, pages, strict=True):
            if page != self._page or self._room < len(terms):
                self._blocks.append(self._blocks[-1] + 1 if self._blocks else 0)
                self._page, self._room = page, BLOCK_TERMS
            else:
                self._blocks.append(self._blocks[-1])
            self._room -= len(terms)
            counted = Counter(terms)
            ids = [rows.setdefault(term, len(rows)) for term in counted]
            self._terms.append(np.array(ids, dtype=np.uint32))
            self._counts.append(
                np.fromiter((min(c, 65535) for c in counted.values()), np.uint16, len(counted))
            )
            self._distinct.append(len(counted))
            self._lengths.append(len(terms))

    def build(self) -> Postings:
        words = [term.encode("utf-8") for term in self._rows]
        chunks = np.repeat(
            np.arange(len(self._distinct), dtype=np.uint32),
            np.array(self._distinct, dtype=np.int64),
        )
        return _assemble(
            words,
            _concatenated(self._terms, np.uint32),
            chunks,
            _concatenated(self._counts, np.uint16),
            np.array(self._lengths, dtype=np.uint32),
            np.array(self._blocks, dtype=np.uint32),
        )


def merge(parts: Sequence[tuple[Postings, Mask]]) -> Postings:
    """One postings set from the kept chunks of several, renumbered in the order given."""
    rows: dict[bytes, int] = {}
    terms: list[npt.NDArray[np.uint32]] = []
    chunks: list[npt.NDArray[np.uint32]] = []
    counts: list[npt.NDArray[np.uint16]] = []
    lengths: list[npt.NDArray[np.uint32]] = []
    blocks: list[npt.NDArray[np.uint32]] = []
    base = base_block = 0
    for part, keep in parts:
        term_rows = np.array(
            [rows.setdefault(part.word(i), len(rows)) for i in range(len(part.word_ends))],
            dtype=np.uint32,
        )
        selected = keep[part.chunks]
        renumbered = (np.cumsum(keep, dtype=np.int64) - 1 + base).astype(np.uint32)
        terms.append(np.repeat(term_rows, np.diff(part.starts))[selected])
        chunks.append(renumbered[part.chunks[selected]])
        counts.append(part.counts[selected])
        lengths.append(part.lengths[keep])
        dense, numbered = np.unique(part.blocks[keep], return_inverse=True)
        blocks.append((numbered + base_block).astype(np.uint32))
        base += int(keep.sum())
        base_block += len(dense)
    return _assemble(
        list(rows),
        _concatenated(terms, np.uint32),
        _concatenated(chunks, np.uint32),
        _concatenated(counts, np.uint16),
        _concatenated(lengths, np.uint32),
        _concatenated(blocks, np.uint32),
    )


def _concatenated(
    arrays: Sequence[npt.NDArray[np.generic]], dtype: type
) -> npt.NDArray[np.generic]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=dtype)


def _assemble(
    words: list[bytes],
    terms: npt.NDArray[np.generic],
    chunks: npt.NDArray[np.generic],
    counts: npt.NDArray[np.generic],
    lengths: npt.NDArray[np.generic],
    blocks: npt.NDArray[np.generic],
) -> Postings:
    """Sorts words by bytes, postings by word and chunk; words without postings are left out."""
    used = np.zeros(len(words), dtype=bool)
    used[terms] = True
    alive = [i for i in range(len(words)) if used[i]]
    alive.sort(key=words.__getitem__)
    rank = np.zeros(len(words), dtype=np.uint32)
    rank[alive] = np.arange(len(alive), dtype=np.uint32)
    ranked = rank[terms]
    order = np.argsort(ranked, kind="stable")  # postings came in chunk order
    sizes = np.bincount(ranked, minlength=len(alive))
    blob = b"".join(words[i] for i in alive)
    return Postings(
        words=np.frombuffer(blob, dtype=np.uint8),
        word_ends=np.cumsum([len(words[i]) for i in alive], dtype=np.int64),
        starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)]),
        chunks=chunks[order].astype(np.uint32),
        counts=counts[order].astype(np.uint16),
        lengths=lengths.astype(np.uint32),
        blocks=blocks.astype(np.uint32),
    )


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
    units = [p.units if m is None else _units(p, m) for p, m in zip(parts, visible, strict=True)]
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
