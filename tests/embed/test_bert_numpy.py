"""The small encoder against the runtime, on the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from rag_infer.embed import openvino_bert

# The runtime computes in bf16 where the processor can.
ALIKE = 0.9999
TEXTS = ["A token.", "", "What does the key-value cache store, and why?", "東京 naïve " * 20]


@pytest.fixture(scope="module")
def embedder() -> openvino_bert.OpenVinoEmbedder:
    return openvino_bert.bundled()


def test_both_paths_give_the_same_rows(embedder: openvino_bert.OpenVinoEmbedder) -> None:
    small = embedder.embed(TEXTS)
    assert not embedder._models  # the runtime was not needed
    many = embedder.embed(TEXTS * 100)
    assert embedder._models
    assert (small * many[: len(TEXTS)]).sum(axis=1).min() > ALIKE
    assert np.allclose(np.linalg.norm(small, axis=1), 1.0, atol=1e-5)


def test_a_service_moves_to_the_runtime() -> None:
    fresh = openvino_bert.bundled()
    rows = [fresh.embed_queries(["the same question"])[0] for _ in range(12)]
    assert fresh._models
    assert min(float(rows[0] @ row) for row in rows) > ALIKE
