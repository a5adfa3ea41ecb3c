"""The best chunks by BM25, found without scoring all: equal to scoring all, to the last bit."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index import bm25, lexical_search
from rag_infer.index.postings import Postings, PostingsBuilder
from rag_infer.index.term_statistics import Groups, View

WORDS = st.sampled_from(["ka", "ka", "ka", "lo", "lo", "mi", "na", "x-1", "z"])
PAGE = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=4)
LANGUAGES = ("en", "de")


def built(pages: list[list[list[str]]]) -> Postings:
    builder = PostingsBuilder()
    for number, page in enumerate(pages):
        builder.add(page, [number] * len(page))
    return builder.build()


def ranking(arrays: list[np.ndarray], k: int) -> list[tuple[float, int, int]]:
    """The k best of all scores: (score, segment, row)."""
    scored = [
        (float(score), number, row)
        for number, array in enumerate(arrays)
        for row, score in enumerate(array)
        if score > 0
    ]
    return sorted(scored, key=lambda hit: (-hit[0], hit[1], hit[2]))[:k]


@settings(deadline=None)
@given(
    parts=st.lists(st.lists(PAGE, min_size=1, max_size=8), min_size=1, max_size=4),
    words=st.lists(WORDS, min_size=1, max_size=5),
    in_languages=st.booleans(),
    is_filtered=st.booleans(),
    k=st.integers(1, 6),
    data=st.data(),
)
def test_the_best_are_those_of_all_scores(
    parts: list[list[list[list[str]]]],
    words: list[str],
    in_languages: bool,
    is_filtered: bool,
    k: int,
    data: st.DataObject,
) -> None:
    postings = [built(pages) for pages in parts]
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    sizes = [len(part.lengths) for part in postings]
    masks = [random.random(size) < 0.6 if is_filtered else None for size in sizes]
    query: bm25.Query = Counter(words)
    groups = None
    if in_languages:
        numbers = [random.integers(0, 2, size).astype(np.uint16) for size in sizes]
        groups = Groups(numbers, LANGUAGES)
        query = bm25.grouped([Counter(words[n:]) for n in range(2)])
    every = bm25.score(postings, masks, query, groups)
    scorer = bm25.Scorer(View(postings, masks, groups), query)
    hits = lexical_search.best(scorer, k)
    triples = zip(hits.scores.tolist(), hits.segments.tolist(), hits.rows.tolist(), strict=True)
    assert list(triples) == ranking(every, k)
    segments = random.integers(0, len(postings), 9)
    rows = np.array([random.integers(0, sizes[number]) for number in segments], dtype=np.int64)
    scores = lexical_search.scores_of(scorer, segments, rows)
    assert scores.tolist() == [
        every[number][row] for number, row in zip(segments, rows, strict=True)
    ]


def test_common_terms_propose_no_chunk() -> None:
    """Of 30,000 chunks with a common word only those are scored that have the rare one too."""
    pages = [[["common", "words"]] for _ in range(30_000)]
    for number in range(0, 30_000, 100):
        pages[number] = [["common", "words", "rare"]]
    scorer = bm25.Scorer(View([built(pages)], [None]), Counter(["common", "rare"]))
    scored: list[int] = []
    score_blocks = scorer.score_blocks

    def counted(*arguments: object) -> object:
        chunks, scores = score_blocks(*arguments)  # type: ignore[arg-type]
        scored.append(len(chunks))
        return chunks, scores

    scorer.score_blocks = counted  # type: ignore[method-assign, assignment]
    hits = lexical_search.best(scorer, 10)
    assert hits.rows.tolist() == list(range(0, 1000, 100))
    assert sum(scored) <= 2 * 300


def test_one_chunk_alone_has_the_score_that_it_has_among_others() -> None:
    terms = [f"t{number}" for number in range(24)]
    pages = [[terms[number:] + ["x"] * number] for number in range(24)]
    scorer = bm25.Scorer(View([built(pages)], [None]), Counter(terms))
    every = scorer.score(0)
    alone = [scorer.score_blocks(0, np.array([n], dtype=np.uint32))[1][0] for n in range(24)]
    assert alone == every.tolist()
