"""Questions of many threads in one batch.

Nobody waits for a batch to fill: the first thread to come runs at once, and what comes while it
runs is the next batch. So one question alone is as fast as before, and many share each run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np

from rag_infer.embed.base import Embedder, FloatRows, TokenSpans
from rag_infer.embed.language_coverage import known_languages
from rag_infer.embed.similarity import cosine_floor

T = TypeVar("T")
R = TypeVar("R")

CACHED_VECTORS = 8192  # vectors; 12 MB at 384 dimensions


class MicroBatcher(Generic[T, R]):
    """Calls of many threads, run as few. ``run`` takes items and gives a result for each."""

    def __init__(self, run: Callable[[list[T]], Sequence[R]]) -> None:
        self._run = run
        self._waiting: list[_Call[T, R]] = []
        self._adding = threading.Lock()
        self._running = threading.Lock()

    def __call__(self, items: Sequence[T]) -> list[R]:
        """The results for ``items``, in their order. Raises what ``run`` raises."""
        if not items:
            return []
        call: _Call[T, R] = _Call(list(items))
        with self._adding:
            self._waiting.append(call)
        with self._running:
            if call.results is None and call.error is None:
                self._next()
        if call.error is not None:
            raise call.error
        assert call.results is not None
        return call.results

    def _next(self) -> None:
        with self._adding:
            calls, self._waiting = self._waiting, []
        try:
            results = self._run([item for call in calls for item in call.items])
        except Exception as error:  # a batch that fails is each caller's failure
            for call in calls:
                call.error = error
            return
        start = 0
        for call in calls:
            call.results = list(results[start : start + len(call.items)])
            start += len(call.items)


class _Call(Generic[T, R]):
    def __init__(self, items: list[T]) -> None:
        self.items = items
        self.results: list[R] | None = None
        self.error: Exception | None = None


class CachedEmbedder:
    """An embedder for many threads: questions go in batches, and equal texts are embedded once.

    Passages to be indexed go past the queue, so that no question waits for thousands of them.
    """

    def __init__(self, inner: Embedder, cache_size: int = CACHED_VECTORS) -> None:
        self.name = inner.name
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension
        self.max_tokens = inner.max_tokens
        self.special_tokens = inner.special_tokens
        self.languages = known_languages(inner)
        self.cosine_floor = cosine_floor(inner)
        self._inner = inner
        self._cache_size = cache_size
        self._cache: OrderedDict[str, FloatRows] = OrderedDict()
        self._batcher: MicroBatcher[str, FloatRows] = MicroBatcher(self._embed)

    def warm_up(self) -> None:
        """Loads what the embedder loads late, if it does."""
        load = getattr(self._inner, "warm_up", None)
        if load is not None:
            load()

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        return self._inner.offsets(texts)

    def embed(self, texts: Sequence[str]) -> FloatRows:
        return self._inner.embed(texts)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        vectors = {text: row for text in texts if (row := self._cache.get(text)) is not None}
        missing = list(dict.fromkeys(text for text in texts if text not in vectors))
        vectors |= zip(missing, self._batcher(missing), strict=True)
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            rows[number] = vectors[text]
        return rows

    def _embed(self, texts: list[str]) -> list[FloatRows]:
        """One thread at a time is here, so that what is kept needs no lock of its own."""
        uncached = list(dict.fromkeys(text for text in texts if text not in self._cache))
        vectors = (
            dict(zip(uncached, self._inner.embed_queries(uncached), strict=True))
            if uncached
            else {}
        )
        rows = [vectors[text] if text in vectors else self._cache[text] for text in texts]
        for text, row in zip(texts, rows, strict=True):
            self._cache[text] = row
            self._cache.move_to_end(text)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return rows
