"""What an embedder of a user's own returns is checked before anything uses it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag_infer import Index
from rag_infer.embed import TokenSpans
from rag_infer.embed.checked import CheckedEmbedder
from rag_infer.errors import InputError, ModelError


class Scripted:
    """An embedder of three dimensions; ``rows`` is what it returns, instead of valid rows."""

    name, fingerprint, dimension, max_tokens, special_tokens = "scripted", "v1", 3, 64, 2

    def __init__(self, rows: object = None, **attributes: object) -> None:
        self.rows = rows
        self.__dict__.update(attributes)

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        return [np.array([[0, len(t)]], dtype=np.int32) for t in texts]

    def embed(self, texts: Sequence[str]) -> object:
        if self.rows is not None:
            return self.rows
        return np.tile(np.float32([1, 0, 0]), (len(texts), 1))

    embed_queries = embed


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 0, 0], [np.nan, 0, 0]], r"returned NaN for text 2 of 2 \('second'\)"),
        ([[1e39, 0, 0], [1, 0, 0]], r"returned infinity for text 1 of 2 \('first'\)"),
        (np.ones((2, 3), dtype=complex), r"returned no array of numbers \(complex numbers\)"),
        ([[np.inf, 0, 0], [1, 0, 0]], r"returned infinity for text 1 of 2 \('first'\)"),
        ([[1, 0, 0], [0, 0, 0]], r"zero vector for text 2 of 2"),
        ([[1, 0, 0]], r"shape \(1, 3\), expected \(2, 3\)"),
        ([[1, 0], [0, 1]], r"shape \(2, 2\), expected \(2, 3\)"),
        ([1, 0, 0], r"shape \(3,\)"),
        ([[1, 0, 0], [1, 0]], "no array of numbers"),
        ([["a", "b", "c"]] * 2, "no array of numbers"),
    ],
)
def test_invalid_rows_are_refused_with_the_text(rows: object, message: str) -> None:
    embedder = CheckedEmbedder(Scripted(rows))  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=message):
        embedder.embed(["first", "second"])
    with pytest.raises(ModelError, match=message):
        embedder.embed_queries(["first", "second"])


def test_rows_are_scaled_to_unit_length_without_overflow() -> None:
    rows = np.array([[3.0, 4.0, 0.0], [1e30, 0.0, 0.0], [0.0, 1e-30, 0.0]])
    embedder = CheckedEmbedder(Scripted(rows))  # type: ignore[arg-type]
    scaled = embedder.embed(["a", "b", "c"])
    assert np.allclose(scaled, [[0.6, 0.8, 0], [1, 0, 0], [0, 1, 0]])
    assert scaled.dtype == np.float32


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": ""}, {"fingerprint": None}, {"dimension": 0}, {"dimension": "3"},
        {"dimension": True}, {"max_tokens": 2}, {"special_tokens": -1}, {"embed": 5},
    ],
)  # fmt: skip
def test_an_object_that_is_no_embedder_is_refused(attributes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="embedder Scripted"):
        CheckedEmbedder(Scripted(**attributes))  # type: ignore[arg-type]


@pytest.mark.parametrize("spans", [[[0, 9]], [[-1, 1]], [[0, 1, 2]], [["a", "b"]]])
def test_offsets_outside_of_a_text_are_refused(spans: object) -> None:
    class Offset(Scripted):
        def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
            return [spans for _ in texts]  # type: ignore[misc]

    with pytest.raises(ModelError, match="invalid token offsets for text 1 of 1"):
        CheckedEmbedder(Offset()).offsets(["text"])  # type: ignore[arg-type]


def test_an_index_refuses_what_its_embedder_returns_and_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The bridge was opened in 1932.")
    index = Index.open(tmp_path / "index", create=True, embedder=Scripted([[np.nan] * 3]))  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="returned NaN for text 1 of 1"):
        index.add(tmp_path / "note.txt")
    assert not index.engine.documents()
