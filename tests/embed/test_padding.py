"""Batches of few shapes: everything is in one, once, and little of it is padding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.embed.padding import batches, fitting_width, padded

WINDOWS = st.lists(
    st.integers(1, 256).map(lambda n: list(range(1, n + 1))), min_size=1, max_size=200
)


@given(WINDOWS)
def test_each_window_is_in_one_batch_once_and_unchanged(windows: list[list[int]]) -> None:
    positions: list[int] = []
    for batch in batches(windows):
        batch_ids = padded(windows, batch, 256)
        for row, number in enumerate(batch):
            length = int(batch_ids["attention_mask"][row].sum())
            assert batch_ids["input_ids"][row, :length].tolist() == windows[number]
            assert not batch_ids["input_ids"][row, length:].any()
        positions += batch
    assert sorted(positions) == list(range(len(windows)))


@given(WINDOWS)
def test_shapes_are_few_and_bounded_and_little_is_padding(windows: list[list[int]]) -> None:
    for batch in batches(windows):
        rows, width = padded(windows, batch, 256)["input_ids"].shape
        assert rows in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
        assert width % 8 == 0
        assert rows == 1 or rows * width <= 4096 + 8 * rows
        longest = max(len(windows[i]) for i in batch)
        added = sum(longest - len(windows[i]) for i in batch)
        assert added <= max(64, longest * rows // 8)


def test_no_row_is_wider_than_the_model_takes() -> None:
    windows = [[1] * 130, [1] * 129]
    assert padded(windows, [0, 1], 130)["input_ids"].shape == (2, 130)
    assert padded(windows, [0, 1], 512)["input_ids"].shape == (2, fitting_width(130))
    assert padded([[]], [0], 512)["input_ids"].dtype == np.int32
