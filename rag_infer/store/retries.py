"""Tries again what a store could not do for the moment, a bounded number of times.

A write whose answer was lost may have happened: the next try then raises ObjectExistsError, and
who called looks at what is there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rag_infer.errors import StoreUnavailableError
from rag_infer.store.base import ObjectEntry, Store, StoredObject

R = TypeVar("R")
_FIRST_PAUSE_S = 0.2
_PAUSE_FACTOR = 3


class RetryingStore:
    """A store whose requests are tried up to ``attempts`` times, with growing pauses.

    Args:
        store: The store.
        attempts: Requests in all, 1 or more.
        sleep: What waits.
    """

    def __init__(
        self, store: Store, attempts: int = 4, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._attempts = attempts
        self._sleep = sleep

    @property
    def url(self) -> str:
        return self._store.url

    def get(self, key: str) -> StoredObject:
        return self._tried(lambda: self._store.get(key))

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return self._tried(lambda: self._range(key, start, end))

    def _range(self, key: str, start: int, end: int) -> bytes:
        data = self._store.get_range(key, start, end)
        if len(data) > end - start:
            raise StoreUnavailableError("sends more than was asked for", where=self.url)
        return data

    def put_new(self, key: str, data: bytes) -> str:
        return self._tried(lambda: self._store.put_new(key, data))

    def put_if(self, key: str, data: bytes, version: str) -> str:
        return self._tried(lambda: self._store.put_if(key, data, version))

    def list(self, prefix: str) -> Iterator[ObjectEntry]:
        # Whole, as a listing that breaks off would look like a short one.
        yield from self._tried(lambda: [*self._store.list(prefix)])

    def delete(self, keys: Sequence[str]) -> None:
        self._tried(lambda: self._store.delete(keys))

    def _tried(self, request: Callable[[], R]) -> R:
        pause = _FIRST_PAUSE_S
        for _ in range(self._attempts - 1):
            try:
                return request()
            except StoreUnavailableError:
                self._sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
                pause *= _PAUSE_FACTOR
        return request()
