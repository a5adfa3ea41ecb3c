"""The keys and values of the last prompt, for the next one that begins alike.

Knows: the longest common prefix of tokens, how a cache is cut back to it, how large it may be.
Does not know: prompts, how text is written.

What is kept is the state of one sequence: the last prompt with its answer. The context plan puts
what changes least first, so that a follow-up shares most of it.
"""

from __future__ import annotations

import os
from typing import Any

_LIMIT_MB = "RAG_PREFIX_CACHE_MB"
_MOST_MB = 2048


class PrefixCache:
    """Holds at most one cache; whoever takes it has it alone, so that threads never share one.

    Works for models whose layers keep every position. Others (sliding windows, recurrent states)
    cannot be cut back to a prefix, and begin anew each time.
    """

    def __init__(self, config: Any) -> None:
        self._config = config
        self._ids: list[int] = []
        self._cache: Any = None
        self._most = int(os.environ.get(_LIMIT_MB, _MOST_MB)) * 2**20

    def take(self, ids: list[int]) -> tuple[Any, int]:
        """A cache to go on from and how many of ``ids`` it holds already, at most all but one."""
        from transformers import DynamicCache

        cache, known = self._cache, self._ids
        self._cache, self._ids = None, []
        fresh = DynamicCache(config=self._config)
        if cache is None:
            return fresh, 0
        shared = common(known, ids[:-1])
        if not shared:
            return fresh, 0
        if len(known) > shared:
            cache.crop(shared - len(known))
        return cache, shared

    def keep(self, ids: list[int], cache: Any) -> None:
        """Keeps the cache of a sequence that is done, if it can be cut back and is not too big."""
        if self._most <= 0 or not _whole(cache):
            return
        length = int(cache.get_seq_length())
        size = sum(t.nbytes for layer in cache.layers for t in (layer.keys, layer.values))
        if 0 < length <= len(ids) and size <= self._most:
            self._cache, self._ids = cache, ids[:length]


def common(one: list[int], other: list[int]) -> int:
    """How many tokens two sequences share at their beginnings."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _whole(cache: Any) -> bool:
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in cache.layers)
