"""The tuning kept with an index: read again as written, refused when it is not within bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import CorruptIndexError
from rag_infer.index import tuning
from rag_infer.index.tuning import Calibration, Tuning

TUNED = Tuning(12, 0.35, Calibration(0.8, -0.4, 0.3))


def test_what_is_written_is_read_and_removed(tmp_path: Path) -> None:
    assert tuning.read(tmp_path) == Tuning()
    tuning.write(tmp_path, TUNED)
    assert tuning.read(tmp_path) == TUNED
    assert tuning.remove(tmp_path)
    assert not tuning.remove(tmp_path)
    assert tuning.read(tmp_path) == Tuning()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2}, {"top_k": 0}, {"top_k": 10**9}, {"top_k": True}, {"top_k": 2.5},
        {"dense_weight": 2}, {"dense_weight": "0.5"}, {"dense_weight": float("nan")},
        {"calibration": {"slope": -1, "offset": 0, "threshold": None}},
        {"calibration": {"slope": 1, "offset": 1e9, "threshold": None}},
        {"calibration": []}, {"calibration": {"slope": 1}},
    ],
)  # fmt: skip
def test_a_file_out_of_bounds_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    tuning.write(tmp_path, TUNED)
    path = tmp_path / tuning.FILE_NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CorruptIndexError, match="is not valid"):
        tuning.read(tmp_path)
    path.write_text("[1")
    with pytest.raises(CorruptIndexError, match="remove the file"):
        tuning.read(tmp_path)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0.1, 5), st.floats(-3, 3))
def test_a_correction_keeps_the_order_and_can_be_undone(
    first: float, second: float, slope: float, offset: float
) -> None:
    calibration = Calibration(slope, offset)
    low, high = sorted((first, second))
    assert 0 <= calibration.probability(low) <= calibration.probability(high) <= 1
    if 1e-3 < calibration.probability(first) < 1 - 1e-3:
        again = calibration.fitted(calibration.probability(first))
        assert again == pytest.approx(first, abs=1e-6)
