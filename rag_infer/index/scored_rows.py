"""Rows of segments with a score each, best first, and the best of several such lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """``segments``, ``rows`` and ``scores``, all (k,). Of equal scores the first segment and the
    first row come first, so that the best of any parts of an index are the best of the whole.
    """

    segments: Numbers
    rows: Numbers
    scores: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)


def no_rows() -> ScoredRows:
    """An empty list."""
    none = np.zeros(0, dtype=np.int64)
    return ScoredRows(none, none, np.zeros(0, dtype=np.float32))


def of_segment(
    number: int, rows: npt.NDArray[np.integer], scores: npt.NDArray[np.float32]
) -> ScoredRows:
    """Rows of one segment, in any order."""
    return ScoredRows(np.full(len(rows), number, dtype=np.int64), rows.astype(np.int64), scores)


def best(lists: Sequence[ScoredRows], k: int) -> ScoredRows:
    """The k best of several lists."""
    if not lists:
        return no_rows()
    segments = np.concatenate([part.segments for part in lists])
    rows = np.concatenate([part.rows for part in lists])
    scores = np.concatenate([part.scores for part in lists])
    order = np.lexsort((rows, segments, -scores))[:k]
    return ScoredRows(segments[order], rows[order], scores[order])
