"""Sequences of many lengths as batches of few shapes.

Knows: what padding costs, and what a shape costs that a runtime has not met.
Does not know: tokens, models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_TOKENS_PER_BATCH = 4096
_ROWS_PER_BATCH = 64
_PADDING = 64  # tokens of it that cost about what one more run costs
# A shape that was not met before is compiled for, which takes longer than to run it: few are used.
_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_STEP = 8


def fitting_rows(count: int) -> int:
    """The most of ``count`` rows that are a batch of a size in use."""
    return max(size for size in _SIZES if size <= max(count, 1))


def fitting_width(tokens: int) -> int:
    """The width in use that holds so many tokens."""
    return -(-tokens // _STEP) * _STEP


def batches(windows: list[list[int]]) -> Iterator[list[int]]:
    """Indices of windows, longest first, in batches of bounded size with little padding."""
    order = sorted(range(len(windows)), key=lambda i: len(windows[i]), reverse=True)
    start = 0
    while start < len(order):
        longest = len(windows[order[start]])
        most = start + max(1, min(_ROWS_PER_BATCH, _TOKENS_PER_BATCH // longest))
        end, padding = start, 0
        while end < min(most, len(order)):
            padding += longest - len(windows[order[end]])
            if padding > max(_PADDING, longest * (end - start) // 8):
                break
            end += 1
        end = start + fitting_rows(end - start)
        yield order[start:end]
        start = end


def padded(windows: list[list[int]], batch: list[int], widest: int) -> dict[str, Any]:
    """A batch as (rows, width) int32 ids and mask; a model takes no more than ``widest`` tokens."""
    longest = max(len(windows[i]) for i in batch)
    width = max(longest, min(fitting_width(longest), widest))
    ids = np.zeros((len(batch), width), dtype=np.int32)
    mask = np.zeros((len(batch), width), dtype=np.int32)
    for row, index in enumerate(batch):
        window = windows[index]
        ids[row, : len(window)] = window
        mask[row, : len(window)] = 1
    return {"input_ids": ids, "attention_mask": mask}
