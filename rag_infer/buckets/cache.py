"""An index in a bucket, read through a copy on this machine.

The copy has the layout of any index, so everything that reads an index reads it. It lies in a
folder that only the user can enter, named by the hash of the address; every file of it is checked
by its own hash. All copies together keep within a bound: what no current generation names goes
first, then the copies that were not used for longest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_infer.buckets import generations
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.transfer import fetch
from rag_infer.errors import IndexStorageError, RagError, StoreUnavailableError
from rag_infer.index import durable_io, integrity
from rag_infer.index import manifest as manifests
from rag_infer.index import tuning as tunings
from rag_infer.index.tuning import NO_TUNING
from rag_infer.paths import cache_folder
from rag_infer.settings import load
from rag_infer.store.addresses import open_store
from rag_infer.store.base import Store

logger = logging.getLogger(__name__)

POLL_S = 30.0
_LOCK = "cache.lock"
_SOURCE = "source.json"  # its time is that of the last use


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """Where copies of indexes in buckets are, and how many bytes they may have in all."""

    folder: Path
    max_bytes: int


class BucketCache:
    """The copy of one index. ``refresh`` first; its ``path`` is then an index.

    Args:
        store: The bucket.
        options: Where the copy is, and its bound.
        quick_store: The bucket, asked without waiting long: where there is a copy already.
    """

    def __init__(
        self, store: Store, options: CacheOptions, quick_store: Store | None = None
    ) -> None:
        self._store = store
        self._quick_store = quick_store or store
        self._options = options
        name = hashlib.sha256(store.url.encode()).hexdigest()[:32]
        self.path = options.folder / name
        self.url = store.url
        self.unreachable_since: float | None = None
        """Since when the bucket does not answer, in seconds since 1970; None while it does."""
        self._refreshing = threading.Lock()
        self._refreshed_at = time.monotonic()

    def refresh(self) -> None:
        """Brings the copy to the newest generation.

        While the bucket does not answer, the copy stays what it is, and a warning says so.

        Raises:
            StoreError: There is no copy yet, and the bucket cannot be used.
            IndexNotFoundError: There is no index in the bucket.
            CorruptIndexError: What is in the bucket is damaged.
            IndexStorageError: The index is larger than all copies may be.
        """
        from filelock import FileLock

        with durable_io.storage_errors(self.path):
            durable_io.make_folder(self._options.folder)
            durable_io.make_folder(self.path)
            lock = FileLock(self.path / _LOCK, mode=0o600)
        with lock:
            self._note_use()
            try:
                self._bring_newest()
            except StoreUnavailableError as error:
                if self._cached() is None:
                    raise
                self._note_unreachable(error)
                return
            self._note_reachable()
            self._evict()

    def poll(self) -> None:
        """Refreshes in the background if that was long ago. Costs nothing otherwise."""
        if time.monotonic() - self._refreshed_at < POLL_S or self._refreshing.locked():
            return
        self._refreshed_at = time.monotonic()
        threading.Thread(target=self._refresh_quietly, name="bucket", daemon=True).start()

    def _refresh_quietly(self) -> None:
        if not self._refreshing.acquire(blocking=False):
            return
        try:
            self.refresh()
        except (RagError, OSError) as error:
            logger.warning("%s; the earlier state is still served", error)
        finally:
            self._refreshed_at = time.monotonic()
            self._refreshing.release()

    def _bring_newest(self) -> None:
        cached = self._cached()
        store = self._store if cached is None else self._quick_store
        newest = generations.read_current(store)
        if cached is not None and (cached.commit, cached.number) == (newest.commit, newest.number):
            return
        if newest.bytes > self._options.max_bytes:
            raise IndexStorageError(
                f"has {_gigabytes(newest.bytes)} GB, and the cache may have"
                f" {_gigabytes(self._options.max_bytes)} GB",
                where=self.url,
                hint="raise the setting bucket_cache_gb (RAG_BUCKET_CACHE_GB)",
                code="cache_too_small",
            )
        fetch(self._store, newest.manifest, self.path)
        with durable_io.storage_errors(self.path):
            manifests.publish(self.path, newest.manifest)
            if newest.tuning == NO_TUNING:
                tunings.remove(self.path)
            else:
                tunings.write(self.path, newest.tuning)
            self._note_source(newest)

    # What is known of the copy

    def _cached(self) -> Generation | None:
        """The generation of the copy; None where there is none, or what is noted does not fit."""
        try:
            number = manifests.current_generation(self.path)
            manifest = manifests.read(self.path, number)
            source = json.loads((self.path / _SOURCE).read_bytes())
            if source["generation"] != number:
                return None
            return Generation(manifest, tunings.read(self.path), str(source["commit"]))
        except (RagError, OSError, ValueError, KeyError, TypeError):
            return None

    def _note_source(self, newest: Generation) -> None:
        noted = {"url": self.url, "generation": newest.number, "commit": newest.commit}
        building = self.path / (_SOURCE + ".new")
        durable_io.write_bytes(building, json.dumps(noted).encode())
        durable_io.replace(building, self.path / _SOURCE)

    def _note_use(self) -> None:
        with suppress(OSError):
            os.utime(self.path / _SOURCE)

    def _note_unreachable(self, error: StoreUnavailableError) -> None:
        if self.unreachable_since is not None:
            return
        self.unreachable_since = time.time()
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.unreachable_since))
        manifest = manifests.read(self.path, manifests.current_generation(self.path))
        logger.warning(
            "%s: %s since %s; using its copy here, generation %d of %s",
            self.url, error.what, since, manifest.generation, manifest.created,
        )  # fmt: skip

    def _note_reachable(self) -> None:
        if self.unreachable_since is not None:
            self.unreachable_since = None
            logger.warning("%s: answers again", self.url)

    # The bound

    def _evict(self) -> None:
        excess = _folder_bytes(self._options.folder) - self._options.max_bytes
        if excess <= 0:
            return
        copies = sorted(
            (p for p in self._options.folder.iterdir() if p != self.path and p.is_dir()),
            key=_last_use,
        )
        for copy in (self.path, *copies):
            for segment in _stale_segments(copy):
                excess -= _remove(segment)
                if excess <= 0:
                    return
        for copy in copies:
            excess -= _remove_copy(copy)
            if excess <= 0:
                return


def open_cache(address: str) -> BucketCache:
    """The copy of the index at an address, brought to its newest generation.

    Raises what ``open_store`` and ``BucketCache.refresh`` raise.
    """
    settings = load()
    folder = settings.bucket_cache
    options = CacheOptions(
        Path(folder).expanduser() if folder else cache_folder() / "buckets",
        settings.bucket_cache_gb * 1_000_000_000,
    )
    cache = BucketCache(open_store(address), options, open_store(address, attempts=1))
    cache.refresh()
    return cache


def _stale_segments(copy: Path) -> list[Path]:
    """The segments of a copy that its current generation does not name, the oldest first."""
    try:
        manifest = manifests.read(copy, manifests.current_generation(copy))
        names = {segment.name for segment in manifest.segments}
        unnamed = [p for p in (copy / manifests.SEGMENTS).iterdir() if p.name not in names]
        return sorted(unnamed, key=lambda path: path.stat().st_mtime)
    except (RagError, OSError):
        return []


def _remove_copy(copy: Path) -> int:
    """Removes the copy of another index, unless somebody is just filling it; the bytes freed.

    Who has it open goes on reading it, and fetches it again when it is opened anew.
    """
    from filelock import FileLock, Timeout

    if not (copy / _SOURCE).is_file():
        return 0
    try:
        with FileLock(copy / _LOCK, mode=0o600, timeout=0):
            freed = 0
            for name in (manifests.CURRENT, _SOURCE):
                durable_io.remove_file(copy / name)
            for path in (copy / manifests.SEGMENTS).iterdir():
                freed += _remove(path)
            return freed
    except (Timeout, OSError):
        return 0


def _remove(segment: Path) -> int:
    freed = _folder_bytes(segment)
    durable_io.remove_tree(segment)
    integrity.forget(segment)
    return freed


def _folder_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _last_use(copy: Path) -> float:
    try:
        return (copy / _SOURCE).stat().st_mtime
    except OSError:
        return 0.0


def _gigabytes(count: int) -> str:
    return f"{count / 1_000_000_000:.3g}"
