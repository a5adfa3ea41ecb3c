"""How often terms occur in the chunks that a search may see: what BM25 scores depend on.

Statistics are taken at search time, over exactly the chunks that the asker may read, and those of
several indexes add up. So scores can be those of one index of all, wherever the chunks lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.postings import Mask, Postings, scoring_units

Occurrences = tuple[int, npt.NDArray[np.intp], npt.NDArray[np.generic]]


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
    view = View(parts, visible, groups)
    return Statistics(
        view.units, view.length, {t: view.frequencies(view.occurrences(t)) for t in terms}
    )


class View:
    """The chunks of all parts that a search may see, and the blocks that they are in."""

    def __init__(
        self, parts: Sequence[Postings], visible: Sequence[Mask | None], groups: Groups | None
    ) -> None:
        self._parts = parts
        self._visible = visible
        self.lengths = [
            p.units if m is None else scoring_units(p, m)
            for p, m in zip(parts, visible, strict=True)
        ]
        self.length = sum(u.terms for u in self.lengths)
        self.of_chunks: Sequence[npt.NDArray[np.uint16]] | None = None
        self.of_blocks: Sequence[npt.NDArray[np.uint16]] | None = None
        self._groups = 1 if groups is None else len(groups.names)
        if groups is None:
            self.units = Frequencies(
                np.array([sum(u.chunks for u in self.lengths)], dtype=np.float64),
                np.array([sum(u.blocks for u in self.lengths)], dtype=np.float64),
            )
            return
        firsts = [np.cumsum(p.block_sizes) - p.block_sizes for p in parts]
        self.of_chunks = groups.numbers
        self.of_blocks = [n[first] for n, first in zip(groups.numbers, firsts, strict=True)]
        of_visible_blocks = [
            n if m is None or not len(first) else n[np.add.reduceat(m, first).astype(bool)]
            for n, m, first in zip(self.of_blocks, visible, firsts, strict=True)
        ]
        self.units = Frequencies(
            group_totals(visible, groups), _group_counts(of_visible_blocks, self._groups)
        )

    def occurrences(self, term: str) -> tuple[list[Occurrences], list[Occurrences]]:
        """Where a term occurs: in which visible chunks, and in which blocks."""
        in_chunks: list[Occurrences] = []
        in_blocks: list[Occurrences] = []
        for number, (part, mask) in enumerate(zip(self._parts, self._visible, strict=True)):
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
        return in_chunks, in_blocks

    def frequencies(
        self, occurrences: tuple[Sequence[Occurrences], Sequence[Occurrences]]
    ) -> Frequencies:
        """How many chunks and blocks these are."""
        in_chunks, in_blocks = occurrences
        return Frequencies(
            self._counted(in_chunks, self.of_chunks), self._counted(in_blocks, self.of_blocks)
        )

    def _counted(
        self,
        occurrences: Sequence[Occurrences],
        groups: Sequence[npt.NDArray[np.uint16]] | None,
    ) -> npt.NDArray[np.float64]:
        if groups is None:
            return np.array([sum(len(o) for _, o, _ in occurrences)], dtype=np.float64)
        return _group_counts([groups[number][o] for number, o, _ in occurrences], self._groups)


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


def _summed(
    blocks: npt.NDArray[np.uint32], counts: npt.NDArray[np.uint16]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.generic]]:
    """Occurrences per block; blocks rise within a term, so equal ones are neighbours."""
    starts = np.flatnonzero(blocks[1:] != blocks[:-1]) + 1
    starts = np.concatenate((np.zeros(1, dtype=np.intp), starts))
    return blocks[starts].astype(np.intp), np.add.reduceat(counts, starts, dtype=np.uint32)
