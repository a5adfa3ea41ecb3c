"""Readers of a bucket that is written and cleaned meanwhile see each document once, as it was.

``benchmarks/bucket_readers.py`` is the same for 30 seconds, with its figures.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rag_infer.buckets import maintenance
from tests.store.fixtures import bucket, s3_endpoint

__all__ = ["bucket", "s3_endpoint"]
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.cluster
@pytest.mark.parametrize("seconds", [4])
def test_no_hit_is_wrong_or_missing(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr(maintenance, "MIN_AGE_HOURS", 0.0)
    import bucket_readers

    result = bucket_readers.race(bucket, tmp_path, seconds, age_s=2.0)
    assert result.errors == []
    assert result.searches >= 2
    assert result.commits >= 1
    assert sys.modules.pop("bucket_readers") is bucket_readers
