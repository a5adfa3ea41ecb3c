"""Large segments, whose vectors an approximate index proposes, give the same through shards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from rag_infer.index import ann
from rag_infer.index import writer as writers
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.retrieve import SearchOptions, search
from rag_infer.shards.router import ShardRouter
from tests.index.test_vector_search import DIMENSION, EMBEDDER, clustered, document
from tests.shards.in_process import InProcessShards

ROWS = (2_500, 1_800, 2_200, 40)


class Clustered:
    """A question is the number of a vector that lies among those of the index."""

    name = "test"
    fingerprint = EMBEDDER.fingerprint
    dimension = DIMENSION

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.concatenate([clustered(1, 100 + int(text)) for text in texts])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("approximate") / "index"
    with (
        patch.object(ann, "FROM_ROWS", 1_500),
        patch.object(writers, "_SEGMENTS_PER_MERGE", 1_000),
        Writer(path, EMBEDDER) as writer,
    ):
        for number, rows in enumerate(ROWS):
            writer.add(document(f"d{number}", clustered(rows, number)))
            writer._seal()
        writer.publish()
    return path


@pytest.mark.parametrize("count", [2, 3, 5])
def test_approximate_segments_through_shards(path: Path, count: int) -> None:
    with Snapshot(path) as snapshot:
        assert [s.approximate is not None for s in snapshot.segments] == [True, True, True, False]
        scoring = ShardRouter(InProcessShards(snapshot, count))
        for number in range(20):
            expected, results = (
                search(snapshot, Clustered(), str(number), 10, options)  # type: ignore[arg-type]
                for options in (SearchOptions(), SearchOptions(scoring=scoring))
            )
            assert results == expected
        assert not scoring.notes(0.0)
