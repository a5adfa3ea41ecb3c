"""Joined postings are those that are built from the same chunks at once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index import postings_merge
from rag_infer.index.array_file import ArrayFile, ArrayFileWriter
from rag_infer.index.postings import Postings, PostingsBuilder, load_postings

WORDS = st.sampled_from(["ka", "kab", "kb", "z", "東京", "x-1", "ä"])
PAGES = st.lists(st.lists(st.lists(WORDS, max_size=6), max_size=4), max_size=4)


def built(chunks: list[list[str]], pages: list[int]) -> Postings:
    builder = PostingsBuilder()
    builder.add(chunks, pages)
    return builder.build()


def joined(parts: list[tuple[Postings, np.ndarray]]) -> Postings:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays"
        writer = ArrayFileWriter(path)
        postings_merge.write_merged(parts, writer)
        writer.close()
        assert [p.name for p in Path(folder).iterdir()] == ["arrays"]
        arrays = {name: array.copy() for name, array in ArrayFile(path).items()}
    return load_postings(arrays)


@settings(deadline=None, max_examples=150)
@given(
    parts=st.lists(PAGES, min_size=1, max_size=4),
    data=st.data(),
    range_postings=st.sampled_from([1, 3, 10, 1000]),
)
def test_joined_equal_built_at_once(
    parts: list[list[list[list[str]]]], data: st.DataObject, range_postings: int
) -> None:
    sources, remaining, pages = [], [], []
    for number, part in enumerate(parts):
        chunks = [(f"{number} {n}", chunk) for n, page in enumerate(part) for chunk in page]
        size = len(chunks)
        mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool)
        sources.append((built([c for _, c in chunks], [p for p, _ in chunks]), mask))
        remaining += [c for (_, c), keep in zip(chunks, mask, strict=True) if keep]
        pages += [p for (p, _), keep in zip(chunks, mask, strict=True) if keep]
    with mock.patch.object(postings_merge, "_POSTINGS_PER_RANGE", range_postings):
        merged = joined(sources)
    expected = built(remaining, pages).arrays()
    arrays = merged.arrays()
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        assert np.array_equal(arrays[name], array), name
        assert arrays[name].dtype == array.dtype, name


def test_a_term_of_more_postings_than_a_range_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings_merge, "_POSTINGS_PER_RANGE", 2)
    part = built([["ka"], ["ka", "kb"], ["ka"], ["ka"]], [0, 1, 2, 3])
    merged = joined([(part, np.array([True, False, True, True])), (part, np.ones(4, dtype=bool))])
    row = merged.find("ka")
    assert row is not None
    assert merged.of(row)[0].tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_nothing_spooled_stays_after_an_error(tmp_path: Path) -> None:
    writer = ArrayFileWriter(tmp_path / "arrays")
    with pytest.raises(OSError, match="full"), writer.spooled("a", np.uint32) as rows:
        rows.write(np.arange(3, dtype=np.uint32))
        raise OSError("full")
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["arrays"]
    assert list(ArrayFile(tmp_path / "arrays")) == []
