"""Law: what the asker's groups may not read changes nothing in what they get."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.retrieve import Filter, SearchOptions, search, word_share
from tests.index.conftest import DIMENSION, EMBEDDER, entry, vector

WORDS = ("pump", "valve", "AX-4410-B", "river", "board", "salary", "secret", "green")
GROUPS = ("sales", "board", "staff")

paragraph = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
labels = st.frozensets(st.sampled_from(GROUPS), max_size=2)
documents = st.lists(
    st.tuples(st.lists(paragraph, min_size=1, max_size=4), labels), min_size=1, max_size=10
)
query = st.builds(
    lambda words, phrase, without: " ".join(
        [*words, *([f'"{phrase}"'] if phrase else []), *([f"-{without}"] if without else [])]
    ),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.one_of(st.none(), paragraph),
    st.one_of(st.none(), st.sampled_from(("board", "secret", "green"))),
)


class Seeded:
    """Vectors that are functions of the text, as the tests' index holds them."""

    name = "test"
    fingerprint = EMBEDDER.fingerprint
    dimension = DIMENSION

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([vector(text) for text in texts], dtype=np.float32)


Labelled = tuple[list[str], frozenset[str]]


def index(path: Path, numbered: list[tuple[int, Labelled]], cut: int) -> Path:
    """Two generations, cut before document ``cut``, so that there are several segments."""
    for part in (
        [d for d in numbered if d[0] < cut],
        [d for d in numbered if d[0] >= cut],
    ):
        with Writer(path, EMBEDDER) as writer:
            for number, (paragraphs, groups) in part:
                # Each text once: of equal texts the order is anybody's guess.
                marked = [f"{p} mark{number}x{i}" for i, p in enumerate(paragraphs)]
                writer.add(entry(f"d{number}", marked, groups))
            writer.publish()
    return path


@settings(max_examples=60, deadline=None)
@given(documents, st.frozensets(st.sampled_from(GROUPS), max_size=2), query, st.data())
def test_hidden_documents_leave_no_trace(
    groups_of: list[Labelled], groups: frozenset[str], typed: str, data: st.DataObject
) -> None:
    numbered = list(enumerate(groups_of))
    readable = [d for d in numbered if not d[1][1] or d[1][1] & groups]
    cut = data.draw(st.integers(0, len(groups_of)))
    k = data.draw(st.integers(1, 6))
    joined = data.draw(st.booleans())
    earlier = data.draw(st.lists(query, max_size=3).map(tuple))
    group_filter = Filter(groups=groups)
    options = SearchOptions(filter=group_filter, joined=joined, depth=4, earlier=earlier)
    with tempfile.TemporaryDirectory() as folder:
        full_index = index(Path(folder) / "whole", numbered, cut)
        readable_index = index(Path(folder) / "alone", readable, cut)
        with Snapshot(full_index) as mixed, Snapshot(readable_index) as plain:
            results = search(mixed, Seeded(), typed, k, options)  # type: ignore[arg-type]
            expected = search(plain, Seeded(), typed, k, options)  # type: ignore[arg-type]
            share, expected_share = word_share(mixed, group_filter), word_share(plain, group_filter)
            assert [share(w) for w in WORDS] == [expected_share(w) for w in WORDS]
    assert [(h.chunk, h.title, h.format) for h in results] == [
        (h.chunk, h.title, h.format) for h in expected
    ]
    for one, other in zip(results, expected, strict=True):
        assert one.lexical == other.lexical
        assert one.dense == pytest.approx(other.dense, abs=1e-6)
        assert one.score == pytest.approx(other.score, abs=1e-5)
