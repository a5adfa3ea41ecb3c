"""One sequence in a compiled OpenVINO model: what it has read, and what of that counts.

Knows: the inputs of ``openvino_convert``'s graph, hiding rows, cutting back, reading state out.
Does not know: tokens' meaning, text, prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_infer.embed.openvino_runtime import openvino

Rows = NDArray[np.float32]


class OpenVinoState:
    """``length`` tokens count. Rows of the cache that were read in vain stay, hidden."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._seen = np.zeros((1, 512), dtype=np.int64)
        self._rows = 0
        self.length = 0
        request.reset_state()

    def read(self, ids: Sequence[int], wanted: int = 1) -> Rows:
        """Reads tokens and gives the logits after the last ``wanted`` of them, [wanted, V].

        The array is the runtime's own; the next call overwrites it.
        """
        count, start = len(ids), self._rows
        self._rows += count
        if self._rows > self._seen.shape[1]:
            grown = np.zeros((1, 2 * self._rows), dtype=np.int64)
            grown[:, : self._seen.shape[1]] = self._seen
            self._seen = grown
        self._seen[:, start : self._rows] = 1
        self._request.infer(
            {
                "input_ids": np.array([ids], dtype=np.int64),
                "attention_mask": self._seen[:, : self._rows],
                "position_ids": np.arange(self.length, self.length + count)[None],
                "rows": np.arange(count - wanted, count),
                "beam_idx": np.zeros(1, dtype=np.int32),
            }
        )
        self.length += count
        logits: Rows = self._request.get_tensor("logits").data[0]
        return logits

    def forget(self, count: int) -> None:
        """The last tokens were read in vain: they are hidden, which copies nothing."""
        if count:
            self._seen[:, self._rows - count : self._rows] = 0
            self.length -= count

    def cut(self, length: int) -> None:
        """Cuts back to the first tokens, before which nothing was hidden."""
        if length == 0:
            self._request.reset_state()
        else:
            self.put([rows[:, :, :length] for rows in self._arrays()])
        self._seen[:] = 0
        self._seen[:, :length] = 1
        self._rows = self.length = length

    def part(self, start: int, stop: int) -> list[NDArray[Any]]:
        """Keys and values of some rows, layer by layer, [heads, rows, width] each."""
        return [rows[0, :, start:stop].copy() for rows in self._arrays()]

    def nbytes(self) -> int:
        return sum(rows.nbytes for rows in self._arrays())

    def put(self, arrays: Sequence[NDArray[Any]]) -> None:
        ov = openvino()
        for variable, rows in zip(self._variables(), arrays, strict=True):
            variable.state = ov.Tensor(np.ascontiguousarray(rows))

    def extend(self, parts: Sequence[Sequence[NDArray[Any]]]) -> None:
        """Puts rows read elsewhere into an empty sequence, part after part."""
        joined = [np.concatenate(rows, axis=1)[None] for rows in zip(*parts, strict=True)]
        length = joined[0].shape[2]
        self.put(joined)
        self._seen = np.zeros((1, 2 * length), dtype=np.int64)
        self._seen[:, :length] = 1
        self._rows = self.length = length

    def _arrays(self) -> list[NDArray[Any]]:
        return [variable.state.data for variable in self._variables()]

    def _variables(self) -> list[Any]:
        return sorted(self._request.query_state(), key=lambda variable: variable.name)
