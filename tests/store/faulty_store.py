"""A store that does what buckets do on bad days."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rag_infer.errors import StoreUnavailableError
from rag_infer.store.base import ObjectEntry, Store, StoredObject

Fault = Callable[[str, str], Any]


class FaultyStore:
    """Passes requests on; ``fault`` sees each of them with its key before, and may raise.

    A fault that returns a function changes what comes back with it.
    """

    def __init__(self, store: Store, fault: Fault = lambda _method, _key: None) -> None:
        self.store = store
        self.fault = fault
        self.requests: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return self.store.url

    def _call(self, method: str, key: str, *arguments: object) -> Any:
        self.requests.append((method, key))
        change = self.fault(method, key)
        result = getattr(self.store, method)(key, *arguments)
        return change(result) if callable(change) else result

    def get(self, key: str) -> StoredObject:
        return self._call("get", key)

    def get_range(self, key: str, start: int, end: int) -> bytes:
        return self._call("get_range", key, start, end)

    def put_new(self, key: str, data: bytes) -> str:
        return self._call("put_new", key, data)

    def put_if(self, key: str, data: bytes, version: str) -> str:
        return self._call("put_if", key, data, version)

    def list(self, prefix: str) -> Iterator[ObjectEntry]:
        return self._call("list", prefix)

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.requests.append(("delete", key))
            self.fault("delete", key)
        self.store.delete(keys)

    def count(self, method: str, prefix: str = "") -> int:
        return sum(m == method and key.startswith(prefix) for m, key in self.requests)


def unavailable(what: str = "answers with an error (503)") -> StoreUnavailableError:
    return StoreUnavailableError(what, where="s3://bucket/index")


class Every:
    """A fault in every n-th request of some methods."""

    def __init__(self, n: int, *methods: str, what: str = "answers with an error (500)") -> None:
        self.n, self.methods, self.what, self.seen = n, methods, what, 0

    def __call__(self, method: str, key: str) -> None:
        if method in self.methods:
            self.seen += 1
            if self.seen % self.n == 0:
                raise unavailable(self.what)


def slow(seconds: float) -> Fault:
    """A fault that only takes time."""
    return lambda _method, _key: time.sleep(seconds)
