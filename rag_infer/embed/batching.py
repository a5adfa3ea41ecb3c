"""Questions of many threads in one batch.

Nobody waits for a batch to fill: the first thread to come runs at once, and what comes while it
runs is the next batch. So one question alone is as fast as before, and many share each run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np

from rag_infer.embed.base import Embedder, FloatRows, TokenSpans
from rag_infer.embed.language_coverage import known_languages
from rag_infer.embed.similarity import cosine_floor

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)

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
    """An embedder for many threads: short texts go in batches, and equal ones are embedded once.

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
        self._queries: RowCache[str] = RowCache(
            lambda texts: list(inner.embed_queries(texts)), cache_size
        )
        is_symmetric = getattr(inner, "is_symmetric", False)
        self._sentences = (
            self._queries
            if is_symmetric
            else RowCache(lambda texts: list(inner.embed(texts)), cache_size)
        )

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
        return self._stacked(self._queries(texts))

    def embed_sentences(self, texts: Sequence[str]) -> FloatRows:
        """``embed`` for sentences of passages, which one question after another asks about."""
        return self._stacked(self._sentences(texts))

    def _stacked(self, vectors: Sequence[FloatRows]) -> FloatRows:
        rows = np.empty((len(vectors), self.dimension), dtype=np.float32)
        for number, vector in enumerate(vectors):
            rows[number] = vector
        return rows


class RowCache(Generic[K]):
    """What a model makes of each of many small inputs: equal ones are computed once.

    Args:
        run: Takes inputs and gives a row for each.
        size: Most rows that are kept; those that were not used for longest are dropped.
    """

    def __init__(self, run: Callable[[list[K]], Sequence[FloatRows]], size: int) -> None:
        self._run = run
        self._size = size
        self._rows: OrderedDict[K, FloatRows] = OrderedDict()
        self._batcher: MicroBatcher[K, FloatRows] = MicroBatcher(self._compute)

    def __call__(self, items: Sequence[K]) -> list[FloatRows]:
        """The rows of the inputs, in their order. Raises what ``run`` raises."""
        rows = {item: row for item in items if (row := self._rows.get(item)) is not None}
        missing = list(dict.fromkeys(item for item in items if item not in rows))
        rows |= zip(missing, self._batcher(missing), strict=True)
        return [rows[item] for item in items]

    def _compute(self, items: list[K]) -> list[FloatRows]:
        """One thread at a time is here, so that what is kept needs no lock of its own."""
        new = list(dict.fromkeys(item for item in items if item not in self._rows))
        computed = dict(zip(new, self._run(new), strict=True)) if new else {}
        rows = [computed[item] if item in computed else self._rows[item] for item in items]
        for item, row in zip(items, rows, strict=True):
            self._rows[item] = row
            self._rows.move_to_end(item)
        while len(self._rows) > self._size:
            self._rows.popitem(last=False)
        return rows
