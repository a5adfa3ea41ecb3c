"""The postings of several segments as those of one, in memory that does not grow with them.

Terms are sorted in every segment, so those of a range of the joined terms lie together in each.
Range by range the postings are gathered, renumbered and written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag_infer.index.array_file import Array, ArrayFileWriter
from rag_infer.index.mapped_file import release
from rag_infer.index.postings import ARRAY_TYPES, PREFIX, Mask, Postings, block_postings

_POSTINGS_PER_RANGE = 4_000_000
_STREAMED = ("chunks", "counts", "block_numbers", "block_counts")

Terms = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _Source:
    """A segment's postings, where its chunks go, and which joined term each of its terms is.

    ``numbers`` (chunks,) of those that are kept; ``terms`` (terms,) rising.
    """

    postings: Postings
    keep: Mask
    numbers: npt.NDArray[np.uint32]
    terms: Terms

    def of_terms(self, first: int, last: int) -> tuple[Terms, Terms, npt.NDArray[np.uint16]]:
        """Joined term, chunk and count of the kept postings of the joined terms first..last-1."""
        low, high = (int(row) for row in np.searchsorted(self.terms, [first, last]))
        starts = np.asarray(self.postings.starts[low : high + 1])
        span = slice(int(starts[0]), int(starts[-1]))
        chunks = np.asarray(self.postings.chunks[span])
        is_kept = self.keep[chunks]
        terms = np.repeat(self.terms[low:high], np.diff(starts))[is_kept]
        counts = self.postings.counts[span]
        of_terms = terms, self.numbers[chunks[is_kept]], counts[is_kept]
        release(chunks)
        release(counts)
        return of_terms

    def sizes(self, terms: int) -> npt.NDArray[np.int64]:
        """(terms,) how many kept postings each joined term has here."""
        starts, sizes = self.postings.starts, np.zeros(terms, dtype=np.int64)
        if self.keep.all():
            sizes[self.terms] = np.diff(starts)
            return sizes
        for low, high in _ranges(np.diff(starts)):
            chunks = self.postings.chunks[int(starts[low]) : int(starts[high])]
            is_kept = self.keep[chunks]
            release(chunks)
            sums = np.concatenate(([0], np.cumsum(is_kept, dtype=np.int64)))
            ends = np.asarray(starts[low : high + 1]) - starts[low]
            sizes[self.terms[low:high]] = np.diff(sums[ends])
        return sizes


def write_merged(parts: Sequence[tuple[Postings, Mask]], arrays: ArrayFileWriter) -> None:
    """Writes one set of postings from the kept chunks of several, renumbered in their order.

    The arrays are those of postings that were built from these chunks at once.

    Args:
        parts: Postings, and for each a mask of the chunks that are kept.
        arrays: The file of the joined segment.
    """
    words, terms = _joined_words([postings for postings, _ in parts])
    lengths = [postings.lengths[keep] for postings, keep in parts]
    blocks = _joined_blocks(parts)
    sources = _sources(parts, terms)
    sizes = np.zeros(len(words), dtype=np.int64)
    for source in sources:
        sizes += source.sizes(len(words))
    is_used = sizes > 0
    words = [word for word, used in zip(words, is_used.tolist(), strict=True) if used]
    small: dict[str, Array] = {
        "words": np.frombuffer(b"".join(words), dtype=np.uint8),
        "word_ends": np.cumsum([len(word) for word in words], dtype=np.int64),
        "starts": _ends(sizes[is_used]),
        "lengths": np.concatenate([*lengths, np.zeros(0, dtype=np.uint32)]).astype(np.uint32),
        "blocks": blocks,
    }
    for name, array in small.items():
        arrays.add(PREFIX + name, array)
    sizes_in_blocks = np.zeros(len(sizes), dtype=np.int64)
    with ExitStack() as stack:
        spools = [
            stack.enter_context(arrays.spooled(PREFIX + name, ARRAY_TYPES[name]))
            for name in _STREAMED
        ]
        for first, last in _ranges(sizes):
            chunks, counts, in_terms = _gathered(sources, first, last)
            by_block = block_postings(in_terms, blocks[chunks], counts, last - first)
            sizes_in_blocks[first:last] = np.diff(by_block.block_starts)
            columns: tuple[Array, ...] = (
                chunks,
                counts,
                by_block.block_numbers,
                by_block.block_counts,
            )
            for spool, column in zip(spools, columns, strict=True):
                spool.write(column)
    arrays.add(f"{PREFIX}block_starts", _ends(sizes_in_blocks[is_used]))


def _joined_words(parts: Sequence[Postings]) -> tuple[list[bytes], list[Terms]]:
    """All words sorted by bytes, and for each part which of them each of its terms is."""
    numbers: dict[bytes, int] = {}
    of_parts = [
        np.fromiter(
            (numbers.setdefault(part.word(i), len(numbers)) for i in range(len(part.word_ends))),
            np.uint32,
            len(part.word_ends),
        )
        for part in parts
    ]
    words = sorted(numbers)
    rank = np.empty(len(words), dtype=np.uint32)
    rank[[numbers[word] for word in words]] = np.arange(len(words), dtype=np.uint32)
    return words, [rank[terms] for terms in of_parts]


def _joined_blocks(parts: Sequence[tuple[Postings, Mask]]) -> npt.NDArray[np.uint32]:
    """(chunks,) the block of each kept chunk, blocks without one left out."""
    numbers, base = [np.zeros(0, dtype=np.uint32)], 0
    for postings, keep in parts:
        blocks = np.asarray(postings.blocks[keep])
        if not len(blocks):
            continue
        ranks = np.cumsum(np.diff(blocks, prepend=blocks[0]) != 0)
        numbers.append((ranks + base).astype(np.uint32))
        base += int(ranks[-1]) + 1
    return np.concatenate(numbers)


def _sources(parts: Sequence[tuple[Postings, Mask]], terms: Sequence[Terms]) -> list[_Source]:
    sources, base = [], 0
    for (postings, keep), of_part in zip(parts, terms, strict=True):
        numbers = (np.cumsum(keep, dtype=np.int64) - 1 + base).astype(np.uint32)
        sources.append(_Source(postings, keep, numbers, of_part))
        base += int(np.count_nonzero(keep))
    return sources


def _gathered(
    sources: Sequence[_Source], first: int, last: int
) -> tuple[Terms, npt.NDArray[np.uint16], Terms]:
    """Chunks and counts of some joined terms, by term and chunk, and the term of each, from 0."""
    columns = [source.of_terms(first, last) for source in sources]
    terms, chunks, counts = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.argsort(terms, kind="stable")  # within a term they come in the order of the chunks
    return chunks[order], counts[order], terms[order] - np.uint32(first)


def _ranges(sizes: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs of terms that together have about as many postings as are held at once."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + _POSTINGS_PER_RANGE, side="right"))
        last = max(last, first + 1)
        yield first, last
        first = last


def _ends(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])
