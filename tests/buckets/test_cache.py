"""An index in a bucket is read through a copy that is bounded, private and never wrong."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.buckets import cache as caches
from rag_infer.buckets.cache import BucketCache, CacheOptions
from rag_infer.buckets.push import push
from rag_infer.errors import (
    CorruptIndexError,
    IndexNotFoundError,
    IndexStorageError,
    StoreUnavailableError,
)
from rag_infer.store.addresses import open_store
from rag_infer.store.local_folder import LocalFolder
from tests.index.test_writer import contents
from tests.store.faulty_store import Every, FaultyStore, unavailable

Fill = Callable[..., Path]
GB = 1_000_000_000


def pushed(fill: Fill, tmp_path: Path, documents: dict[str, list[str]], name: str) -> FaultyStore:
    store = FaultyStore(LocalFolder(tmp_path / "buckets" / name))
    push(fill(documents, name), store)
    return store


def open_copy(store: FaultyStore, tmp_path: Path, max_bytes: int = GB) -> BucketCache:
    cache = BucketCache(store, CacheOptions(tmp_path / "cache", max_bytes))
    cache.refresh()
    return cache


def test_a_copy_follows_the_bucket(fill: Fill, tmp_path: Path, address: str) -> None:
    store = open_store(address)
    path = fill({"a": ["first"]})
    push(path, store)
    cache = BucketCache(store, CacheOptions(tmp_path / "cache", GB))
    cache.refresh()
    assert contents(cache.path) == {"a": ["first"]}
    fill({"b": ["second"]})
    push(path, store)
    cache.refresh()
    assert contents(cache.path) == contents(path)
    assert "b" in contents(cache.path)


def test_a_copy_is_private_and_fetched_once(fill: Fill, tmp_path: Path) -> None:
    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    cache = open_copy(store, tmp_path)
    for path in (cache.path, *cache.path.rglob("*")):
        allowed = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) & ~allowed & 0o077 == 0, path
    store.requests.clear()
    open_copy(store, tmp_path)
    assert store.count("get_range", "segments/") == 0
    assert len(store.requests) <= 5


def test_while_the_bucket_is_down_the_copy_is_used(
    fill: Fill, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    open_copy(store, tmp_path)

    def down(method: str, key: str) -> None:
        raise unavailable("cannot be reached")

    store.fault = down
    with caplog.at_level(logging.WARNING):
        cache = open_copy(store, tmp_path)
        cache.refresh()
    assert contents(cache.path) == {"a": ["first"]}
    assert cache.unreachable_since is not None
    (line,) = caplog.messages
    assert "cannot be reached since 20" in line
    assert "generation 1" in line
    store.fault = lambda method, key: None
    cache.refresh()
    assert cache.unreachable_since is None
    assert "answers again" in caplog.messages[-1]


def test_without_a_copy_a_bucket_that_is_down_is_an_error(fill: Fill, tmp_path: Path) -> None:
    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    store.fault = Every(1, "get", "get_range", "list")
    with pytest.raises(StoreUnavailableError):
        open_copy(store, tmp_path)
    with pytest.raises(IndexNotFoundError, match="rag push"):
        open_copy(FaultyStore(LocalFolder(tmp_path / "empty")), tmp_path)


def test_a_lying_bucket_does_not_reach_the_copy(fill: Fill, tmp_path: Path) -> None:
    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    cache = open_copy(store, tmp_path)
    push(fill({"b": ["second"]}, "one"), store)
    store.fault = lambda method, key: (
        (lambda data: b"\0" * len(data)) if key.endswith("text.utf8") else None
    )
    with pytest.raises(CorruptIndexError, match="twice"):
        cache.refresh()
    assert contents(cache.path) == {"a": ["first"]}
    store.fault = lambda method, key: None
    cache.refresh()
    assert set(contents(cache.path)) == {"a", "b"}


def test_all_copies_keep_within_the_bound(fill: Fill, tmp_path: Path) -> None:
    stores = [
        pushed(fill, tmp_path, {name: [f"text {name}"]}, name) for name in ("one", "two", "three")
    ]
    first = open_copy(stores[0], tmp_path)
    size = caches._folder_bytes(first.path)
    bound = int(size * 2.5)
    second = open_copy(stores[1], tmp_path, bound)
    os.utime(second.path / "source.json", (1, 1))  # not used for long
    third = open_copy(stores[2], tmp_path, bound)
    assert contents(third.path) == {"three": ["text three"]}
    assert contents(first.path) == {"one": ["text one"]}
    assert not (second.path / "CURRENT").exists()
    assert caches._folder_bytes(tmp_path / "cache") <= bound
    assert contents(open_copy(stores[1], tmp_path, 10 * size).path) == {"two": ["text two"]}


def test_older_segments_go_first(fill: Fill, tmp_path: Path) -> None:
    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    other = open_copy(pushed(fill, tmp_path, {"z": ["last"]}, "other"), tmp_path)
    cache = open_copy(store, tmp_path)
    size = caches._folder_bytes(cache.path)
    (old,) = (cache.path / "segments").iterdir()
    push(fill({"n": ["new"]}, "new"), store, replace=True)
    cache = open_copy(store, tmp_path, int(size * 2.5))
    assert not old.exists()
    assert contents(cache.path) == {"n": ["new"]}
    assert contents(other.path) == {"z": ["last"]}


def test_an_index_beyond_the_bound_is_one_line(fill: Fill, tmp_path: Path) -> None:
    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    with pytest.raises(IndexStorageError, match="RAG_BUCKET_CACHE_GB"):
        open_copy(store, tmp_path, 1_000)


def test_a_poll_brings_a_newer_generation_later(
    fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    store = pushed(fill, tmp_path, {"a": ["first"]}, "one")
    cache = open_copy(store, tmp_path)
    push(fill({"b": ["second"]}, "one"), store)
    cache.poll()
    assert set(contents(cache.path)) == {"a"}
    monkeypatch.setattr(caches, "POLL_S", 0.0)
    cache.poll()
    give_up = time.monotonic() + 60
    while set(contents(cache.path)) != {"a", "b"} and time.monotonic() < give_up:
        time.sleep(0.02)
    assert set(contents(cache.path)) == {"a", "b"}
