"""Nearest vectors: exact where small, close to exact where large, never what is hidden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag_infer.index import ann, vector_search
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import SegmentRow
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.verify import verify
from rag_infer.index.writer import Writer
from rag_infer.types import Chunk, Document, Page

DIMENSION = 64
EMBEDDER = EmbedderEntry("test", "test", "f", DIMENSION)


def clustered(rows: int, seed: int) -> np.ndarray:
    """Unit rows that lie in clusters, as embeddings of text do."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(1).standard_normal((60, DIMENSION))
    hits_found = centres[rng.integers(0, 60, rows)] + 0.6 * rng.standard_normal((rows, DIMENSION))
    return (hits_found / np.linalg.norm(hits_found, axis=1, keepdims=True)).astype(np.float32)


def document(name: str, vectors: np.ndarray) -> SegmentRow:
    words = [f"{i:06d}" for i in range(len(vectors))]
    text = " ".join(words)
    chunks = [Chunk(name, 1, 7 * i, 7 * i + 6, w) for i, w in enumerate(words)]
    return SegmentRow(
        DocumentRow(name, name, "text", "0" * 64, 1, 1),
        Document(name, "text", "0" * 64, (Page(1, text),)),
        chunks,
        vectors,
        np.zeros((len(vectors), 2), dtype=np.uint64),
        [[] for _ in words],
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dense") / "index"
    with Writer(path, EMBEDDER) as writer:
        writer.add(document("large", clustered(24_000, 2)))
        writer.publish()
        writer.add(document("small", clustered(900, 3)))
        writer.publish()
    return path


def exact(snapshot: Snapshot, masks: list[np.ndarray | None], query: np.ndarray) -> np.ndarray:
    scores = [
        np.where(True if m is None else m, s.vectors @ query, -2.0)
        for s, m in zip(snapshot.segments, masks, strict=True)
    ]
    return np.sort(np.concatenate(scores))[::-1][:10]


def test_recall_over_large_and_small_segments(path: Path) -> None:
    queries = clustered(100, 4)
    with Snapshot(path) as snapshot:
        assert [s.approximate is not None for s in snapshot.segments] == [True, False]
        hits_found = 0
        for query in queries:
            hits = vector_search.search(snapshot.segments, [None, None], query, 10)
            assert (np.diff(hits.scores) <= 0).all()
            best = exact(snapshot, [None, None], query)
            hits_found += int((hits.scores >= best[-1] - 1e-5).sum())
    assert hits_found / (10 * len(queries)) >= 0.98
    assert not verify(path).damage


@pytest.mark.parametrize("share", [0.9, 0.5, 0.05, 0.0])
def test_hidden_rows_are_never_found(path: Path, share: float) -> None:
    rng = np.random.default_rng(5)
    hits_found = total = 0
    with Snapshot(path) as snapshot:
        masks = [rng.random(s.chunks) < share for s in snapshot.segments]
        for query in clustered(30, 6):
            hits = vector_search.search(snapshot.segments, masks, query, 10)
            assert all(masks[s][r] for s, r in zip(hits.segments, hits.rows, strict=True))
            best = exact(snapshot, masks, query)
            total += int((best > -2).sum())
            hits_found += int((hits.scores >= best[-1] - 1e-5).sum())
    assert hits_found >= 0.97 * total


def test_an_index_that_is_trained_already_finds_the_same(tmp_path: Path) -> None:
    """What a purge does: rows that stay go into the trained lists of their old segment."""
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((ann.FROM_ROWS + 500, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    folders = [tmp_path / name for name in ("old", "like", "anew")]
    for folder in folders:
        folder.mkdir()
    old, like, rebuilt = folders
    ann.build(vectors, old)
    remaining = vectors[500:]
    ann.build(remaining, like, template_folder=old)
    ann.build(remaining, rebuilt)
    hits_found = []
    for folder in (like, rebuilt):
        index, hits = ann.Approximate(folder), 0
        for query in remaining[:40]:
            rows, _ = index.search(query, 400, None)
            assert rows.max() < len(remaining)
            nearest = np.argsort(-(remaining @ query))[:10]
            hits += len(set(nearest.tolist()) & set(rows.tolist()))
        hits_found.append(hits)
    assert hits_found[0] >= 0.95 * hits_found[1] > 200
