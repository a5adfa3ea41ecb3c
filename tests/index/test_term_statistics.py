"""Statistics of parts add up: scores and rankings are those of one index, wherever chunks lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index import bm25
from rag_infer.index.postings import PostingsBuilder, load_postings
from rag_infer.index.term_statistics import Groups, statistics

WORDS = st.sampled_from(["ka", "lo", "mi", "na", "东京", "x-1", "z"])
PAGES = st.lists(
    st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=4), min_size=1, max_size=8
)
LANGUAGES = ("en", "de", "fr")


class Part:
    """The pages of one segment: its postings, which chunks may be seen, and their languages."""

    def __init__(self, pages: list[list[tuple[list[str], bool, int]]]) -> None:
        builder = PostingsBuilder()
        for number, page in enumerate(pages):
            builder.add([words for words, _, _ in page], [number] * len(page))
        self.postings = load_postings(builder.build().arrays())
        chunks = [chunk for page in pages for chunk in page]
        self.mask = np.array([is_visible for _, is_visible, _ in chunks], dtype=bool)
        self.languages = np.array([language for _, _, language in chunks], dtype=np.uint16)


def scores(
    parts: list[Part], query: bm25.Query, in_languages: bool, machines: list[int]
) -> list[np.ndarray]:
    """Of every part, each machine (a number for each part) scoring its own with the sum."""

    def of_machine(number: int) -> list[Part]:
        return [p for p, machine in zip(parts, machines, strict=True) if machine == number]

    def groups(own: list[Part]) -> Groups | None:
        return Groups([p.languages for p in own], LANGUAGES) if in_languages else None

    numbers = sorted(set(machines))
    total = reduce(
        add,
        [
            statistics([p.postings for p in own], [p.mask for p in own], query, groups(own))
            for own in map(of_machine, numbers)
        ],
    )
    of_part: dict[int, np.ndarray] = {}
    for own in map(of_machine, numbers):
        arrays = bm25.score(
            [p.postings for p in own], [p.mask for p in own], query, groups(own), total
        )
        of_part |= {id(part): array for part, array in zip(own, arrays, strict=True)}
    return [of_part[id(part)] for part in parts]


@settings(deadline=None)
@given(
    pages=PAGES,
    words=st.lists(WORDS, min_size=1, max_size=4),
    in_languages=st.booleans(),
    data=st.data(),
)
def test_shards_score_as_one_index_does(
    pages: list[list[list[str]]], words: list[str], in_languages: bool, data: st.DataObject
) -> None:
    labeled = [
        [(chunk, data.draw(st.booleans()), data.draw(st.integers(0, 2))) for chunk in page]
        for page in pages
    ]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pages)), max_size=4)))
    bounds = [0, *cuts, len(pages)]
    parts = [Part(labeled[start:end]) for start, end in pairwise(bounds)]  # some without a chunk
    machines = [data.draw(st.integers(0, 2)) for _ in parts]
    query: Mapping[str, float] | bm25.Query = Counter(words)
    if in_languages:
        query = bm25.grouped([Counter(words[n:]) for n in range(len(LANGUAGES))])
    single = Part(labeled)
    (expected,) = bm25.score(
        [single.postings],
        [single.mask],
        query,
        Groups([single.languages], LANGUAGES) if in_languages else None,
    )
    together = np.concatenate(scores(parts, query, in_languages, machines))
    assert together.tolist() == expected.tolist()  # to the last bit, so rankings are too


def test_a_term_that_one_part_lacks_adds_nothing() -> None:
    one, other = Part([[(["ka"], True, 0)]]), Part([[(["lo"], True, 0)]])
    total = statistics([one.postings], [None], ["ka"]) + statistics([other.postings], [None], [])
    assert total.units.chunks.tolist() == [2]
    assert total.terms["ka"].chunks.tolist() == [1]
    assert total.length == 2
