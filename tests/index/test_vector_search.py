"""Nearest vectors: exact where small, close to exact where large, never what is hidden."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag_infer.hashing import file_sha256
from rag_infer.index import ann, vector_search
from rag_infer.index import manifest as manifests
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry, FileEntry
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


@pytest.mark.parametrize("visible", [1200, 6000])
def test_a_filter_to_another_subject_finds_what_is_nearest_there(path: Path, visible: int) -> None:
    """The visible rows lie together, far from the questions: in lists that no scan begins with."""
    with Snapshot(path) as snapshot:
        vectors = np.asarray(snapshot.segments[0].vectors)
        corner = clustered(1, 7)[0]
        mask = np.zeros(len(vectors), dtype=bool)
        mask[np.argsort(-(vectors @ corner))[:visible]] = True
        hidden = np.zeros(snapshot.segments[1].chunks, dtype=bool)
        farthest = vector_search.search(snapshot.segments, [mask, hidden], -corner, 10)
        assert len(farthest.rows) == 10
        hits_count = 0
        for query in (q for q in clustered(40, 8) if q @ corner < 0):
            hits = vector_search.search(snapshot.segments, [mask, hidden], query, 10)
            assert mask[hits.rows].all()
            best = exact(snapshot, [mask, hidden], query)
            hits_count += int((hits.scores >= best[-1] - 1e-5).sum()) - 10
        assert hits_count >= -4


def test_probes_are_calibrated_and_verified(path: Path) -> None:
    with Snapshot(path) as snapshot:
        large = snapshot.segments[0]
        assert large.approximate is not None
        assert large.approximate.recall(large.vectors) >= ann.TARGET_RECALL
    assert (verify(path).recall or 0) >= ann.TARGET_RECALL


def test_an_index_that_finds_too_little_is_damage(path: Path, tmp_path: Path) -> None:
    """A wrong index whose checksum fits, as of a build that went wrong."""
    import faiss

    index = tmp_path / "index"
    shutil.copytree(path, index)
    manifest = manifests.read(index, manifests.current_generation(index))
    entry = manifest.segments[0]
    file = manifests.segment_path(index, entry.name) / ann.NAME
    stored = faiss.read_index(str(file))
    stored.reset()
    stored.add(clustered(24_000, 3))
    faiss.write_index(stored, str(file))
    files = dict(entry.files) | {ann.NAME: FileEntry(file.stat().st_size, file_sha256(file))}
    changed = replace(
        manifest, generation=manifest.generation + 1, segments=(replace(entry, files=files),)
    )
    manifests.publish(index, changed)
    assert "of the nearest vectors" in verify(index).damage[0].what


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


def test_a_rewritten_index_is_one_of_the_same_lists_filled_anew(tmp_path: Path) -> None:
    """What a purge does: the index of the old segment loses the rows that went, byte for byte."""
    import faiss

    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((ann.FROM_ROWS + 500, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    old, rewritten, expected = (tmp_path / name for name in ("old", "rewritten", "expected"))
    for folder in (old, rewritten, expected):
        folder.mkdir()
    ann.build(vectors, old)
    keep = np.ones(len(vectors), dtype=bool)
    keep[[0, 7, 8, 9_000]] = False
    keep[-40:] = False
    remaining = vectors[keep]
    before = remaining.copy()
    ann.build(remaining, rewritten, ann.Predecessor(old, keep))
    assert np.array_equal(remaining, before)
    index = faiss.read_index(str(old / ann.NAME))
    index.reset()
    index.add(remaining)
    faiss.write_index(index, str(expected / ann.NAME))
    assert (rewritten / ann.NAME).read_bytes() == (expected / ann.NAME).read_bytes()
