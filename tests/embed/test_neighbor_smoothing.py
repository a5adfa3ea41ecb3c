"""Vectors that lean on their neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import Index
from rag_infer.embed.neighbor_smoothing import KERNEL, REACH, blend
from rag_infer.index.snapshot import Place


def rows(count: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return noise / np.linalg.norm(noise, axis=1, keepdims=True)


@given(st.integers(0, 9), st.integers(0, 99))
def test_a_vector_is_made_of_its_own_and_of_those_within_reach(count: int, seed: int) -> None:
    unsmoothed = rows(count, seed)
    blended = blend(unsmoothed)
    assert blended.shape == unsmoothed.shape
    for n in range(count):
        neighbors = [(1.0, n)] + [
            (weight, m)
            for distance, weight in enumerate(KERNEL, 1)
            for m in (n - distance, n + distance)
            if 0 <= m < count
        ]
        expected = sum(weight * unsmoothed[m] for weight, m in neighbors)
        assert np.allclose(blended[n], expected / np.linalg.norm(expected), atol=1e-5)


def test_an_edit_gives_the_vectors_of_a_fresh_index(tmp_path: Path) -> None:
    """Vectors are reused by what they are made of, so an edit reaches as far as it should."""
    folder = tmp_path / "notes"
    folder.mkdir()
    paragraphs = [f"# Part {n}\n\n" + f"Note {n} is about item {n}. " * 30 for n in range(12)]
    (folder / "note.md").write_text("\n\n".join(paragraphs))
    (folder / "empty.md").write_text("")
    edited = Index.open(tmp_path / "edited", create=True)
    edited.add(folder)
    paragraphs[5] = "# Part 5\n\n" + "Something else altogether stands here now. " * 20
    (folder / "note.md").write_text("\n\n".join(paragraphs))
    report = edited.add(folder)
    fresh = Index.open(tmp_path / "fresh", create=True)
    rebuilt_report = fresh.add(folder)
    assert 0 < report.embedded < rebuilt_report.embedded
    assert vectors(edited).keys() == vectors(fresh).keys()
    for key, vector in vectors(fresh).items():
        assert float(vectors(edited)[key] @ vector) > 0.9999
    assert report.embedded <= 4 * REACH + 4


def vectors(index: Index) -> dict[tuple[int, int], np.ndarray]:
    snapshot = index.engine.snapshot
    vectors = {}
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_chunks(number)
        for row in range(segment.chunks):
            if live is None or live[row]:
                (chunk,) = snapshot.chunks([Place(number, row)])
                vectors[chunk.start, chunk.end] = np.array(segment.vectors[row])
    return vectors
