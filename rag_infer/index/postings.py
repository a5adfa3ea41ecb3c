"""The postings of an index segment on arrays: which chunks hold a term, and how often.

Counts are stored, not scores, so that scores (``bm25``) do not depend on how the index is cut into
segments. Chunks are gathered into blocks, runs of chunks of one page of about 512 terms.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK_TERMS = 512
PREFIX = "lexical."

Mask = npt.NDArray[np.bool_]

_ARRAYS = {
    "words": np.uint8,  # all terms, UTF-8, sorted by bytes, one after the other
    "word_ends": np.int64,  # (terms,) where each ends in words
    "starts": np.int64,  # (terms + 1,) where each term's postings start
    "chunks": np.uint32,  # (postings,) chunk ordinals, rising within a term
    "counts": np.uint16,  # (postings,) occurrences
    "lengths": np.uint32,  # (chunks,) terms in each chunk
    "blocks": np.uint32,  # (chunks,) ordinal of the block that each chunk is in, rising
}
# The same by block. Segments of format 1 have none.
_BLOCK_ARRAYS = {
    "block_starts": np.int64,  # (terms + 1,) where each term's blocks start
    "block_numbers": np.uint32,  # (occurrences in blocks,) block ordinals, rising within a term
    "block_counts": np.uint16,  # (occurrences in blocks,) occurrences, 65,535 at most
}
ARRAY_TYPES = _ARRAYS | _BLOCK_ARRAYS


@dataclass(frozen=True)
class BlockPostings:
    """In which blocks each term occurs. See ``_BLOCK_ARRAYS`` for shapes."""

    block_starts: npt.NDArray[np.int64]
    block_numbers: npt.NDArray[np.uint32]
    block_counts: npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Postings:
    """The postings of one segment; arrays may be memory-mapped. See ``_ARRAYS`` for shapes."""

    words: npt.NDArray[np.uint8]
    word_ends: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    chunks: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint16]
    lengths: npt.NDArray[np.uint32]
    blocks: npt.NDArray[np.uint32]
    by_block: BlockPostings | None = None

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

    def blocks_of(self, row: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
        """Block ordinals and counts of a term's row; a count is 65,535 at most."""
        if self.by_block is None:
            chunks, counts = self.of(row)
            return _by_block(self.blocks[chunks], counts)
        starts = self.by_block.block_starts
        span = slice(int(starts[row]), int(starts[row + 1]))
        return self.by_block.block_numbers[span], self.by_block.block_counts[span]

    @cached_property
    def block_starts(self) -> npt.NDArray[np.uint32]:
        """(blocks,) the first chunk of each block."""
        return np.flatnonzero(np.diff(self.blocks, prepend=-1)).astype(np.uint32)

    @cached_property
    def block_sizes(self) -> npt.NDArray[np.int64]:
        """(blocks,) how many chunks each has."""
        ends = np.append(self.block_starts[1:], len(self.blocks)).astype(np.int64)
        return ends[: len(self.block_starts)] - self.block_starts

    @cached_property
    def shortest_chunks(self) -> npt.NDArray[np.uint32]:
        """(blocks,) the terms of the shortest chunk of each."""
        if not len(self.block_starts):
            return self.lengths
        return np.minimum.reduceat(self.lengths, self.block_starts.astype(np.intp))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays by the names that a segment stores them under."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        if self.by_block is not None:
            arrays |= {name: getattr(self.by_block, name) for name in _BLOCK_ARRAYS}
        return {f"{PREFIX}{name}": array for name, array in arrays.items()}


def load_postings(arrays: Mapping[str, npt.NDArray[Any]]) -> Postings:
    """The postings among the arrays of a segment.

    Raises:
        KeyError: An array is missing.
        ValueError: An array is of another kind.
    """
    has_blocks = any(f"{PREFIX}{name}" in arrays for name in _BLOCK_ARRAYS)
    by_block = BlockPostings(**_of_kinds(arrays, _BLOCK_ARRAYS)) if has_blocks else None
    return Postings(**_of_kinds(arrays, _ARRAYS), by_block=by_block)


def _of_kinds(
    arrays: Mapping[str, npt.NDArray[Any]], kinds: Mapping[str, type]
) -> dict[str, npt.NDArray[Any]]:
    parts = {name: arrays[f"{PREFIX}{name}"] for name in kinds}
    for name, kind in kinds.items():
        if parts[name].dtype != kind or parts[name].ndim != 1:
            raise ValueError(f"the array {PREFIX}{name} is of another kind")
    return parts


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
    of_chunks = chunks[order].astype(np.uint32)
    of_counts = counts[order].astype(np.uint16)
    blocks_of = blocks.astype(np.uint32)
    return Postings(
        words=np.frombuffer(blob, dtype=np.uint8),
        word_ends=np.cumsum([len(words[i]) for i in alive], dtype=np.int64),
        starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)]),
        chunks=of_chunks,
        counts=of_counts,
        lengths=lengths.astype(np.uint32),
        blocks=blocks_of,
        by_block=block_postings(ranked[order], blocks_of[of_chunks], of_counts, len(alive)),
    )


def block_postings(
    terms: npt.NDArray[np.uint32],
    blocks: npt.NDArray[np.uint32],
    counts: npt.NDArray[np.uint16],
    rows: int,
) -> BlockPostings:
    """Of postings that are sorted by term and block, those of one term and block as one."""
    is_first = np.ones(len(terms), dtype=bool)
    is_first[1:] = (terms[1:] != terms[:-1]) | (blocks[1:] != blocks[:-1])
    starts = np.flatnonzero(is_first)
    sizes = np.bincount(terms[starts], minlength=rows)
    return BlockPostings(
        np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)]),
        blocks[starts],
        _sums(counts, starts),
    )


def _by_block(
    blocks: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint16]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
    """The postings of one term by block; blocks rise within a term, so equal ones are neighbors."""
    is_first = np.ones(len(blocks), dtype=bool)
    is_first[1:] = blocks[1:] != blocks[:-1]
    starts = np.flatnonzero(is_first)
    return blocks[starts], _sums(counts, starts)


def _sums(counts: npt.NDArray[np.uint16], starts: npt.NDArray[np.intp]) -> npt.NDArray[np.uint16]:
    if not len(starts):
        return counts
    return np.minimum(np.add.reduceat(counts, starts, dtype=np.uint32), 65535).astype(np.uint16)
