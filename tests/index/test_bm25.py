"""Postings and BM25 against a plain reading of the formula."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index import bm25
from rag_infer.index.analyzer import terms
from rag_infer.index.array_file import ArrayFile, ArrayFileWriter
from rag_infer.index.postings import Postings, PostingsBuilder, load_postings

WORDS = st.sampled_from(["ka", "lo", "mi", "na", "东京", "x-1", "z"])
CHUNKS = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=14)


def built(chunks: list[list[str]], pages: Sequence[int] | None = None) -> Postings:
    builder = PostingsBuilder()
    builder.add(chunks, range(len(chunks)) if pages is None else pages)
    return builder.build()


def plain_bm25(chunks: list[list[str]], query: list[str]) -> list[float]:
    """The formula as printed, chunk by chunk; every chunk is a block of its own."""
    mean = sum(map(len, chunks)) / len(chunks) if chunks else 0
    scores = []
    for chunk in chunks:
        score = 0.0
        for term, weight in Counter(query).items():
            df = sum(term in c for c in chunks)
            tf = chunk.count(term)
            if tf:
                idf = math.log(1 + (len(chunks) - df + 0.5) / (df + 0.5))
                score += weight * idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(chunk) / mean))
        scores.append(score)
    return scores


@settings(deadline=None)
@given(chunks=CHUNKS, query=st.lists(WORDS, max_size=4), cut=st.integers(0, 14))
def test_scores_are_the_formula_however_the_index_is_cut(
    chunks: list[list[str]], query: list[str], cut: int
) -> None:
    parts = [built(c) for c in (chunks[:cut], chunks[cut:]) if c]
    scores = np.concatenate(bm25.score(parts, [None] * len(parts), Counter(query)))
    assert np.allclose(scores, plain_bm25(chunks, query), rtol=1e-4, atol=1e-5)


@settings(deadline=None)
@given(chunks=CHUNKS, query=st.lists(WORDS, min_size=1, max_size=4), data=st.data())
def test_hidden_chunks_change_nothing(
    chunks: list[list[str]], query: list[str], data: st.DataObject
) -> None:
    size = len(chunks)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    visible = [c for c, is_visible in zip(chunks, mask, strict=True) if is_visible]
    (scores,) = bm25.score([built(chunks)], [mask], Counter(query))
    assert not scores[~mask].any()
    assert np.allclose(scores[mask], plain_bm25(visible, query), rtol=1e-4, atol=1e-5)


@settings(deadline=None)
@given(pages=st.lists(CHUNKS, min_size=1, max_size=5), query=st.lists(WORDS, max_size=4))
def test_a_score_is_the_chunks_and_the_blocks_weighed(
    pages: list[list[list[str]]], query: list[str]
) -> None:
    chunks = [chunk for page in pages for chunk in page]
    numbers = [n for n, page in enumerate(pages) for _ in page]
    (scores,) = bm25.score([built(chunks, numbers)], [None], Counter(query))
    # These pages are far below the size of a block, so each that has a chunk is one.
    complete = {n: [t for chunk in page for t in chunk] for n, page in enumerate(pages) if page}
    blocks = dict(zip(complete, plain_bm25(list(complete.values()), query), strict=True))
    expected = [
        (1 - bm25.BLOCK_SHARE) * own + bm25.BLOCK_SHARE * blocks[n]
        for own, n in zip(plain_bm25(chunks, query), numbers, strict=True)
    ]
    assert np.allclose(scores, expected, rtol=1e-4, atol=1e-5)


def test_a_long_page_has_several_blocks() -> None:
    postings = built([["ka"] * 200] * 5, [1] * 5)
    assert postings.blocks.tolist() == [0, 0, 1, 1, 2]


def test_postings_survive_the_disk(tmp_path: Path) -> None:
    postings = built([["ka", "ka", "东京"], [], ["x-1"]])
    writer = ArrayFileWriter(tmp_path / "arrays")
    for name, array in postings.arrays().items():
        writer.add(name, array)
    writer.close()
    loaded = load_postings(ArrayFile(tmp_path / "arrays"))
    row = loaded.find("ka")
    assert row is not None
    chunks, counts = loaded.of(row)
    assert (chunks.tolist(), counts.tolist()) == ([0], [2])
    assert loaded.find("kb") is None
    assert loaded.find("") is None


def test_terms_are_stemmed_words_and_whole_part_numbers() -> None:
    assert terms("The caches were CACHED") == ["cach", "cach"]
    assert "ax-4410-b" in terms("Order AX-4410-B today")
    assert "4410" in terms("Order AX-4410-B today")
    assert terms("state-of-the-art") == ["state", "art"]
    assert terms("東京都") == ["東京", "京都"]
    assert terms("café naïve") == terms("Café Naïve")
