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
    made = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@given(st.integers(0, 9), st.integers(0, 99))
def test_a_vector_is_made_of_its_own_and_of_those_within_reach(count: int, seed: int) -> None:
    alone = rows(count, seed)
    blended = blend(alone)
    assert blended.shape == alone.shape
    for n in range(count):
        near = [(1.0, n)] + [
            (weight, m)
            for distance, weight in enumerate(KERNEL, 1)
            for m in (n - distance, n + distance)
            if 0 <= m < count
        ]
        wanted = sum(weight * alone[m] for weight, m in near)
        assert np.allclose(blended[n], wanted / np.linalg.norm(wanted), atol=1e-5)


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
    whole = fresh.add(folder)
    assert 0 < report.embedded < whole.embedded
    assert vectors(edited).keys() == vectors(fresh).keys()
    for key, vector in vectors(fresh).items():
        assert float(vectors(edited)[key] @ vector) > 0.9999
    assert report.embedded <= 4 * REACH + 4


def vectors(index: Index) -> dict[tuple[int, int], np.ndarray]:
    snapshot = index.engine.snapshot
    found = {}
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_chunks(number)
        for row in range(segment.chunks):
            if live is None or live[row]:
                (chunk,) = snapshot.chunks([Place(number, row)])
                found[chunk.start, chunk.end] = np.array(segment.vectors[row])
    return found
