"""How often terms occur in the chunks that a search may see: what BM25 scores depend on.

Statistics are taken at search time, over exactly the chunks that the asker may read, and those of
several indexes add up. So scores can be those of one index of all, wherever the chunks lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rag_infer.index.postings import Mask, Postings

_MAX_TERMS = 4096  # whose statistics a view remembers


@dataclass(frozen=True, slots=True)
class Groups:
    """Which chunks are of one language. ``numbers[i]`` (chunks,) is the group of each chunk of part
    i, ``names`` the languages.
    """

    numbers: Sequence[npt.NDArray[np.uint16]]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frequencies:
    """(groups,) each: in how many chunks and in how many blocks a term occurs."""

    chunks: npt.NDArray[np.float64]
    blocks: npt.NDArray[np.float64]

    def __add__(self, other: Frequencies) -> Frequencies:
        return Frequencies(self.chunks + other.chunks, self.blocks + other.blocks)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the scores of a query's terms depend on beyond the chunk that is scored.

    Those of several indexes add up: with the sum each of them scores its chunks as one index of all
    would. Only whole numbers are counted, so the sum is exact in any order.

    Attributes:
        units: (groups,) each, how many chunks and blocks there are; one group where languages are
            not told apart.
        length: Terms of all chunks together.
        terms: The frequencies of each term.
    """

    units: Frequencies
    length: int
    terms: Mapping[str, Frequencies]

    def __add__(self, other: Statistics) -> Statistics:
        """Both together; a term that one of them does not have counts as not occurring there."""
        terms = dict(self.terms)
        for term, frequencies in other.terms.items():
            terms[term] = terms[term] + frequencies if term in terms else frequencies
        return Statistics(self.units + other.units, self.length + other.length, terms)


def statistics(
    parts: Sequence[Postings],
    visible: Sequence[Mask | None],
    terms: Iterable[str],
    groups: Groups | None = None,
) -> Statistics:
    """The statistics of some terms over the chunks that a search may see.

    Args:
        parts: The postings of the segments.
        visible: For each part a mask of its chunks that count; None: all.
        terms: The terms of a query.
        groups: The languages of the chunks; None: one. Statistics that are added have equal names.
    """
    return View(parts, visible, groups).statistics(terms)


class View:
    """The chunks of all parts that a search may see, with the statistics of terms over them.

    Statistics are counted once: common words, which take the longest, come again and again.

    Attributes:
        parts: The postings of the segments.
        visible: For each part a mask of its chunks that count; None: all.
        groups: The languages of the chunks; None: one.
    """

    def __init__(
        self,
        parts: Sequence[Postings],
        visible: Sequence[Mask | None],
        groups: Groups | None = None,
    ) -> None:
        self.parts = parts
        self.visible = visible
        self.groups = groups
        self._frequencies: dict[str, Frequencies] = {}
        self._of_blocks: dict[int, tuple[npt.NDArray[np.float32], Mask]] = {}

    @cached_property
    def units(self) -> Frequencies:
        """How many chunks and blocks there are."""
        if self.groups is not None:
            return Frequencies(group_totals(self.visible, self.groups), self._block_totals())
        chunks = sum(
            len(p.lengths) if m is None else int(np.count_nonzero(m))
            for p, m in zip(self.parts, self.visible, strict=True)
        )
        return Frequencies(np.array([chunks], dtype=np.float64), self._block_totals())

    @cached_property
    def length(self) -> int:
        """Terms of all chunks together."""
        return sum(
            int(p.lengths.sum() if m is None else p.lengths[m].sum())
            for p, m in zip(self.parts, self.visible, strict=True)
        )

    def block_lengths(self, number: int) -> npt.NDArray[np.float32]:
        """(blocks,) the terms of the visible chunks of each block of a part."""
        return self._blocks(number)[0]

    def has_visible(self, number: int) -> Mask:
        """(blocks,) whether each block of a part has a visible chunk."""
        return self._blocks(number)[1]

    def _blocks(self, number: int) -> tuple[npt.NDArray[np.float32], Mask]:
        if number not in self._of_blocks:
            part, mask = self.parts[number], self.visible[number]
            starts = part.block_starts.astype(np.intp)
            is_visible = np.ones(len(part.lengths), dtype=bool) if mask is None else mask
            if not len(starts):
                return np.zeros(0, dtype=np.float32), is_visible
            lengths = np.add.reduceat(part.lengths * is_visible, starts).astype(np.float32)
            self._of_blocks[number] = lengths, np.logical_or.reduceat(is_visible, starts)
        return self._of_blocks[number]

    def frequencies(self, term: str) -> Frequencies:
        """In how many chunks and blocks a term occurs."""
        counted = self._frequencies.get(term)
        if counted is None:
            counted = self._counted(term)
            while len(self._frequencies) >= _MAX_TERMS:
                self._frequencies.pop(next(iter(self._frequencies), ""), None)
            self._frequencies[term] = counted
        return counted

    def statistics(self, terms: Iterable[str]) -> Statistics:
        """The statistics of some terms."""
        return Statistics(self.units, self.length, {t: self.frequencies(t) for t in terms})

    def _counted(self, term: str) -> Frequencies:
        names = 1 if self.groups is None else len(self.groups.names)
        in_chunks, in_blocks = np.zeros(names), np.zeros(names)
        for number, (part, mask) in enumerate(zip(self.parts, self.visible, strict=True)):
            row = part.find(term)
            if row is None:
                continue
            chunks, _ = part.of(row)
            if mask is None:
                blocks, _ = part.blocks_of(row)
            else:
                chunks = chunks[mask[chunks]]
                blocks = distinct(part.blocks[chunks])
            if self.groups is None:
                in_chunks += len(chunks)
                in_blocks += len(blocks)
            else:
                numbers = self.groups.numbers[number]
                in_chunks += np.bincount(numbers[chunks], minlength=names)
                of_blocks = numbers[part.block_starts[blocks]]
                in_blocks += np.bincount(of_blocks, minlength=names)
        return Frequencies(in_chunks, in_blocks)

    def _block_totals(self) -> npt.NDArray[np.float64]:
        """(groups,) the blocks that have a visible chunk."""
        names = 1 if self.groups is None else len(self.groups.names)
        totals = np.zeros(names)
        for number, (part, mask) in enumerate(zip(self.parts, self.visible, strict=True)):
            every = np.arange(len(part.block_starts), dtype=np.uint32)
            blocks = every if mask is None else distinct(part.blocks[mask])
            if self.groups is None:
                totals += len(blocks)
            else:
                of_blocks = self.groups.numbers[number][part.block_starts[blocks]]
                totals += np.bincount(of_blocks, minlength=names)
        return totals


def distinct(blocks: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The different numbers among some that rise."""
    if not len(blocks):
        return blocks
    return blocks[np.concatenate(([True], blocks[1:] != blocks[:-1]))]


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
