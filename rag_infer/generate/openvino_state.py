"""One sequence in a compiled OpenVINO model: what it has read, and what of that counts."""

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
        self._mask = np.zeros((1, 512), dtype=np.int64)
        self._n_rows = 0
        self.length = 0
        request.reset_state()

    def read(self, ids: Sequence[int], n_logits: int = 1) -> Rows:
        """Reads tokens and gives the logits after the last ``wanted`` of them, [wanted, V].

        The array is the runtime's own; the next call overwrites it.
        """
        count, start = len(ids), self._n_rows
        self._n_rows += count
        if self._n_rows > self._mask.shape[1]:
            grown = np.zeros((1, 2 * self._n_rows), dtype=np.int64)
            grown[:, : self._mask.shape[1]] = self._mask
            self._mask = grown
        self._mask[:, start : self._n_rows] = 1
        self._request.infer(
            {
                "input_ids": np.array([ids], dtype=np.int64),
                "attention_mask": self._mask[:, : self._n_rows],
                "position_ids": np.arange(self.length, self.length + count)[None],
                "rows": np.arange(count - n_logits, count),
                "beam_idx": np.zeros(1, dtype=np.int32),
            }
        )
        self.length += count
        logits: Rows = self._request.get_tensor("logits").data[0]
        return logits

    def hide_last(self, count: int) -> None:
        """The last tokens were read in vain: they are hidden, which copies nothing."""
        if count:
            self._mask[:, self._n_rows - count : self._n_rows] = 0
            self.length -= count

    def truncate(self, length: int) -> None:
        """Cuts back to the first tokens, before which nothing was hidden."""
        if length == 0:
            self._request.reset_state()
        else:
            self.put([rows[:, :, :length] for rows in self._arrays()])
        self._mask[:] = 0
        self._mask[:, :length] = 1
        self._n_rows = self.length = length

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
        self._mask = np.zeros((1, 2 * length), dtype=np.int64)
        self._mask[:, :length] = 1
        self._n_rows = self.length = length

    def _arrays(self) -> list[NDArray[Any]]:
        return [variable.state.data for variable in self._variables()]

    def _variables(self) -> list[Any]:
        return sorted(self._request.query_state(), key=lambda variable: variable.name)
