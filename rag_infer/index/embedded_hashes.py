"""Rows of a segment by the hash of what was embedded, so that equal text is embedded once.

Hashes are stored in the order of rows, and their first halves sorted, with the row of each: a look
for a few hashes reads a few pages of them, however large the segment is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from rag_infer.index.array_file import Array

HASHES = "hashes"
_FIRSTS, _ROWS = "hashes.firsts", "hashes.rows"

Hashes = npt.NDArray[np.uint64]


def hash_arrays(hashes: Hashes) -> dict[str, Array]:
    """What a segment stores of its hashes (rows, 2), by name."""
    firsts = np.asarray(hashes)[:, 0]
    order = np.argsort(firsts, kind="stable")
    return {HASHES: hashes, _FIRSTS: firsts[order], _ROWS: order.astype(np.uint32)}


class EmbeddedHashes:
    """The sorted hashes among the arrays of a segment."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._hashes, self._firsts, self._rows = (arrays[n] for n in (HASHES, _FIRSTS, _ROWS))

    @staticmethod
    def are_in(arrays: Mapping[str, Array]) -> bool:
        """Whether a segment has them stored sorted."""
        return _ROWS in arrays

    def find(self, hashes: Hashes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Rows of some hashes (n, 2), and which are there; where not, the row is any."""
        if not len(self._firsts):
            return np.zeros(len(hashes), dtype=np.intp), np.zeros(len(hashes), dtype=bool)
        positions = np.searchsorted(self._firsts, hashes[:, 0])
        rows = self._rows[np.minimum(positions, len(self._firsts) - 1)].astype(np.intp)
        return rows, np.asarray((self._hashes[rows] == hashes).all(axis=1))
