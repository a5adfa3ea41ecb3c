"""The keys and values of the last prompt, for the next one that begins alike.

What is kept is the state of one prompt. The context plan puts what changes least first, so that a
follow-up shares most of it. Prompts are read in parts of ``PART`` tokens, and a prefix ends where a
part does: what follows it is then multiplied in the same shapes as without the cache, so that the
numbers are the same to the last bit, in any precision. An answer's tokens were read one at a time,
and are read again when they come back as an earlier turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rag_infer import settings
from rag_infer.generate.kv_cache_disk import PART, KVCacheStore, Part

__all__ = ["PART", "KVCache", "common_prefix_length", "max_cache_bytes"]


def max_cache_bytes() -> int:
    """How many bytes of state may stay in memory, by the setting `prefix_cache_mb`."""
    return max(0, settings.load().prefix_cache_mb) * 2**20


class KVCache:
    """Holds at most one cache; whoever takes it has it alone, so that threads never share one.

    Works for models whose layers keep every position. Others (sliding windows, recurrent states)
    cannot be cut back to a prefix, and start from nothing. ``disk`` is what processes share.
    """

    def __init__(self, config: Any, disk: KVCacheStore | None = None) -> None:
        self._config = config
        self._ids: list[int] = []
        self._cache: Any = None
        self._max_bytes = max_cache_bytes()
        self._disk = disk
        self._part_template: Part = []
        self._like_tensor: Any = None

    def take(self, ids: list[int]) -> tuple[Any, int]:
        """A cache to go on from and how many of ``ids`` it holds already, at most all but one."""
        from transformers import DynamicCache

        cache, cached_ids = self._cache, self._ids
        self._cache, self._ids = None, []
        shared = (
            common_prefix_length(cached_ids, ids[:-1]) // PART * PART if cache is not None else 0
        )
        if self._disk is not None and self._part_template:
            parts = self._disk.find(ids[:-1], self._part_template, beyond=shared)
            if parts:
                empty = DynamicCache(config=self._config)
                return _fill_cache(empty, parts, self._like_tensor), len(parts) * PART
        if not shared:
            return DynamicCache(config=self._config), 0
        cache.crop(shared - int(cache.get_seq_length()))
        return cache, shared

    def keep(self, ids: list[int], cache: Any) -> None:
        """Keeps the state of a prompt, if it can be cut back and is not too big."""
        if not _is_complete(cache):
            return
        length = min(int(cache.get_seq_length()), len(ids))
        if self._disk is not None:
            self._disk.keep(ids[: length // PART * PART], lambda a, b: _read_rows(cache, a, b))
        size = sum(t.nbytes for layer in cache.layers for t in (layer.keys, layer.values))
        if length and size <= self._max_bytes:
            self._cache, self._ids = cache, ids[:length]

    def learn_shapes(self, cache: Any) -> None:
        """Learns from the cache of any text what a part of a model's state looks like."""
        if _is_complete(cache):
            self._like_tensor = cache.layers[0].keys
            rows = _read_rows(cache, 0, 1)
            self._part_template = [
                np.zeros((r.shape[0], PART, r.shape[2]), dtype=r.dtype) for r in rows
            ]


def common_prefix_length(left: list[int], right: list[int]) -> int:
    """How many tokens two sequences share at their beginnings."""
    for position, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return position
    return min(len(left), len(right))


def _is_complete(cache: Any) -> bool:
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _read_rows(cache: Any, start: int, stop: int) -> Part:
    """Rows of every layer; 16-bit numbers as their bits, as NumPy has no bfloat16."""
    import torch

    rows = (t[0, :, start:stop].cpu() for layer in cache.layers for t in (layer.keys, layer.values))
    return [
        (r.view(torch.uint16) if r.element_size() == 2 else r).contiguous().numpy() for r in rows
    ]


def _fill_cache(cache: Any, parts: list[Part], like: Any) -> Any:
    """An empty cache with the rows of parts put in, of the type and on the device of ``like``."""
    import torch

    for position in range(len(parts[0]) // 2):
        tensors = []
        for rows in (2 * position, 2 * position + 1):
            rows_joined = torch.from_numpy(np.concatenate([part[rows] for part in parts], axis=1))
            tensors.append(rows_joined.view(like.dtype)[None].to(like.device))
        cache.update(*tensors, position)
    return cache
