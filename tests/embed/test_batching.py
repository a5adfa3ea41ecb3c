"""Questions of many threads in one batch: the same results, fewer runs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag_infer.cite.span_reader import SpanReader
from rag_infer.embed import FloatRows, load_embedder
from rag_infer.embed.batching import CachedEmbedder, MicroBatcher
from rag_infer.embed.openvino_bert import OpenVinoEmbedder

TEXTS = [
    "What does a cache of keys and values hold?",
    "Why is decoding limited by memory bandwidth, and what can be done about it when the batch is "
    "small, the context is long and the weights do not fit the caches of the processor?",
    "Who?",
    "",
    "Reciprocal rank fusion uses only the ranks.",
] + [f"Station {n} measured {n * 7} mm of rain." for n in range(40)]


def test_what_comes_while_a_batch_runs_is_the_next_batch() -> None:
    begun, go = threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def run(items: list[int]) -> list[int]:
        batches.append(items)
        begun.set()
        assert go.wait(30)
        return [item * item for item in items]

    together: MicroBatcher[int, int] = MicroBatcher(run)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together, [1])
        assert begun.wait(30)
        rest = [pool.submit(together, [n, n + 100]) for n in range(2, 10)]
        while len(together._waiting) < 8:
            pass
        go.set()
        assert first.result() == [1]
        assert [r.result() for r in rest] == [[n * n, (n + 100) ** 2] for n in range(2, 10)]
    assert len(batches) == 2
    assert len(batches[1]) == 16


def test_a_batch_that_fails_fails_for_each_and_the_next_one_runs() -> None:
    def run(items: list[int]) -> list[int]:
        if 0 in items:
            raise ValueError("no zeros")
        return items

    together: MicroBatcher[int, int] = MicroBatcher(run)
    with pytest.raises(ValueError, match="no zeros"):
        together([0])
    assert together([1, 2]) == [1, 2]
    assert together([]) == []


@pytest.fixture(scope="module")
def embedder() -> OpenVinoEmbedder:
    loaded = load_embedder()
    assert isinstance(loaded, OpenVinoEmbedder)
    loaded.embed(["long " * 2000])  # from here on it runs as in a service
    return loaded


def test_vectors_are_those_of_each_text_alone(embedder: OpenVinoEmbedder) -> None:
    single = np.concatenate([embedder.embed_queries([text]) for text in TEXTS])
    shared = CachedEmbedder(embedder)
    with ThreadPoolExecutor(16) as pool:
        batched = np.concatenate(list(pool.map(lambda text: shared.embed_queries([text]), TEXTS)))
    # bfloat16 sums in another order for another shape; a cosine does not change in five digits.
    assert np.einsum("ij,ij->i", single, batched).min() > 0.99995
    assert (np.argsort(single @ single[0])[-3:] == np.argsort(batched @ batched[0])[-3:]).all()


def test_equal_texts_are_embedded_once_and_old_ones_forgotten(embedder: OpenVinoEmbedder) -> None:
    class Counting(OpenVinoEmbedder):
        texts_read: list[str]

        def embed_queries(self, texts: Sequence[str]) -> FloatRows:
            self.texts_read = [*getattr(self, "texts_read", []), *texts]
            return super().embed_queries(texts)

    counting = Counting.__new__(Counting)
    counting.__dict__.update(embedder.__dict__)
    shared = CachedEmbedder(counting, cache_size=2)
    first = shared.embed_queries(["a", "b", "a"])
    assert counting.texts_read == ["a", "b"]
    assert (first[0] == first[2]).all()
    assert (shared.embed_queries(["b"]) == first[1]).all()
    shared.embed_queries(["c"])
    assert counting.texts_read == ["a", "b", "c"]
    shared.embed_queries(["a"])
    assert counting.texts_read == ["a", "b", "c", "a"]
    assert len(shared._queries._rows) == 2


def test_sentences_are_embedded_once_and_as_passages(embedder: OpenVinoEmbedder) -> None:
    class Asymmetric(OpenVinoEmbedder):
        def embed(self, texts: Sequence[str]) -> FloatRows:
            self.texts_read = [*getattr(self, "texts_read", []), *texts]
            return super().embed([f"passage: {text}" for text in texts])

    counting = Asymmetric.__new__(Asymmetric)
    counting.__dict__.update(embedder.__dict__)
    counting.is_symmetric = False
    shared = CachedEmbedder(counting)
    rows = shared.embed_sentences(["a", "b"])
    shared.embed_sentences(["b", "c"])
    assert counting.texts_read == ["a", "b", "c"]
    assert not (rows[0] == shared.embed_queries(["a"])[0]).all()


def test_the_reader_finds_the_same_spans_in_a_service() -> None:
    passage = (
        "The cache of keys and values grows with every token. In the second half of 1998 the "
        "team in Bergen moved it to a pool of pages of sixteen tokens each."
    )
    questions = ["Where is the team?", "When was it moved?", "How many tokens has a page?"]
    fresh, service = SpanReader(), SpanReader()
    service._calls = 1_000
    single = [fresh.read(q, [passage])[0] for q in questions]
    with ThreadPoolExecutor(3) as pool:
        read = list(pool.map(lambda q: service.read(q, [passage, passage[:60]])[0], questions))
    for one, other in zip(single, read, strict=True):
        assert np.abs(one.starts - other.starts).max() < 0.3
        assert np.abs(one.ends - other.ends).max() < 0.3
        best, again = one.best(), other.best()
        assert best is not None
        assert again is not None
        assert best[1:] == again[1:]
