"""Sorted strings as two arrays of a segment: their UTF-8 in one, where each ends in the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import numpy as np

from rag_infer.index.array_file import Array


def encoded(text: str) -> bytes:
    """The bytes that strings are compared by. Lone surrogates are in none that is stored."""
    return text.encode("utf-8", "surrogatepass")


def table_arrays(name: str, strings: Iterable[bytes]) -> dict[str, Array]:
    """The arrays of some strings, which must be sorted."""
    stored = list(strings)
    return {
        f"{name}.text": np.frombuffer(b"".join(stored), dtype=np.uint8),
        f"{name}.ends": np.cumsum([len(s) for s in stored], dtype=np.int64),
    }


class StringTable(Sequence[bytes]):
    """Strings by their rank; memory-mapped, so that one costs its own length."""

    def __init__(self, text: Array, ends: Array) -> None:
        if (str(text.dtype), str(ends.dtype), text.ndim, ends.ndim) != ("uint8", "int64", 1, 1):
            raise ValueError("a table of strings is of another kind")
        self._text, self._ends = text.data, ends.data

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, rank: int) -> bytes:  # type: ignore[override]
        if not 0 <= rank < len(self._ends):
            raise IndexError(rank)
        return bytes(self._text[self._ends[rank - 1] if rank else 0 : self._ends[rank]])

    def rank(self, text: str) -> int | None:
        """Where a string is, or None."""
        key = encoded(text)
        rank = bisect_left(self, key)
        return rank if rank < len(self) and self[rank] == key else None

    def with_prefix(self, prefix: str) -> range:
        """The ranks of the strings that begin with a prefix."""
        key = encoded(prefix)
        first = bisect_left(self, key)
        return range(first, bisect_left(self, True, first, key=lambda s: not s.startswith(key)))
