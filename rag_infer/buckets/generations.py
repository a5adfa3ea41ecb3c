"""The generations of an index in a bucket: which one counts, and how the next one is committed.

The layout is that of a folder (docs/explanation/index-format.md). A generation is committed by
being written: its number can be written once, so of several writers one has it. ``CURRENT`` is a
hint where to begin to look; nothing is lost when it is old, wrong or missing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from rag_infer.errors import (
    CorruptIndexError,
    IndexNotFoundError,
    StoreError,
    StoreUnavailableError,
)
from rag_infer.index import manifest as manifests
from rag_infer.index import tuning as tunings
from rag_infer.index.manifest import Manifest
from rag_infer.index.tuning import Tuning
from rag_infer.store.base import (
    ObjectChangedError,
    ObjectEntry,
    ObjectExistsError,
    ObjectNotFoundError,
    Store,
)

GENERATIONS = f"{manifests.GENERATIONS}/"
SEGMENTS = f"{manifests.SEGMENTS}/"
PROBES = "probes/"
_DROPPED = b'{"dropped": true}\n'  # in place of a generation: its number is never used again
_MAX_JOBS = 1_000  # that a generation names
_MAX_CONFLICTS = 5  # answers of a store that contradict each other


@dataclass(frozen=True, slots=True)
class Generation:
    """A state of an index in a bucket.

    ``commit`` names the write that made it; ``jobs`` are the last jobs whose segments it has.
    """

    manifest: Manifest
    tuning: Tuning
    commit: str
    jobs: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return self.manifest.generation

    @property
    def digest(self) -> str:
        """The same for the same content, whatever its number."""
        return content_digest(self.manifest, self.tuning)

    @property
    def bytes(self) -> int:
        return sum(f.bytes for s in self.manifest.segments for f in s.files.values())

    @classmethod
    def following(
        cls, number: int, manifest: Manifest, tuning: Tuning, jobs: tuple[str, ...] = ()
    ) -> Generation:
        """A generation to be committed."""
        numbered = replace(manifest, generation=number)
        return cls(numbered, tuning, secrets.token_hex(16), jobs[-_MAX_JOBS:])


def content_digest(manifest: Manifest, tuning: Tuning) -> str:
    """A hash of what an index holds: embedder, segments, deletions, roots, tuning."""
    fields = asdict(replace(manifest, generation=0, created=""))
    text = json.dumps([fields, tunings.to_json(tuning)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def generation_key(number: int) -> str:
    return f"{GENERATIONS}{number:08d}.json"


def segment_key(segment: str, file: str) -> str:
    return f"{SEGMENTS}{segment}/{file}"


def numbers(store: Store) -> list[int]:
    """The numbers of all generations, those that were dropped too, rising."""
    return sorted(_listed(store))


def present(store: Store) -> dict[int, float]:
    """The generations that were not dropped, rising, and when each was written."""
    return {
        number: entry.modified
        for number, entry in sorted(_listed(store).items())
        if entry.bytes != len(_DROPPED)
    }


def drop(store: Store, number: int) -> None:
    """Leaves nothing of a generation but its number."""
    key = generation_key(number)
    with suppress(ObjectNotFoundError, ObjectChangedError):
        store.put_if(key, _DROPPED, store.get(key).version)


def current_number(store: Store) -> int | None:
    """The number of the newest generation; None where there is no index."""
    hint = _hint(store)
    if hint is None or not _exists(store, hint):
        return max(numbers(store), default=None)
    while _exists(store, hint + 1):
        hint += 1
    return hint


def read(store: Store, number: int) -> Generation:
    """A generation. Raises ObjectNotFoundError, or CorruptIndexError for one that is damaged."""
    key = generation_key(number)
    where = f"{store.url}/{key}"
    data = store.get(key).data
    if data == _DROPPED:
        raise CorruptIndexError("was dropped by a clean-up", where=where, hint="begin again")
    try:
        manifest, fields = manifests.parse(data, where)
        if manifest.generation != number:
            raise ValueError("it is of another generation")
        jobs = tuple(map(str, fields.get("jobs", ())))
        tuning = tunings.from_json(fields["tuning"])
        return Generation(manifest, tuning, str(fields["commit"]), jobs)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptIndexError(f"is damaged ({error})", where=where) from error


def read_current(store: Store) -> Generation:
    """The newest generation. Raises IndexNotFoundError where there is no index."""
    number = current_number(store)
    if number is None:
        raise IndexNotFoundError(
            "there is no index here",
            where=store.url,
            hint=f"put one there: rag push INDEX {store.url}",
            code="bucket_index_not_found",
        )
    return read(store, number)


def commit(store: Store, generation: Generation) -> Generation | None:
    """Makes a generation the newest one, unless another writer has its number.

    Returns:
        None when it is committed, else the generation of the other writer.
    """
    more = {
        "commit": generation.commit,
        "tuning": tunings.to_json(generation.tuning),
        "jobs": list(generation.jobs),
    }
    data = manifests.to_bytes(generation.manifest, more)
    for _ in range(_MAX_CONFLICTS):
        try:
            store.put_new(generation_key(generation.number), data)
        except ObjectExistsError:
            try:
                winner = read_current(store) if _is_dropped(store, generation.number) else read(
                    store, generation.number
                )  # fmt: skip
            except ObjectNotFoundError:
                continue  # the store was undecided between two writers
            # The answer to a write may be lost though the write was done.
            if winner.commit != generation.commit:
                return winner
        _advance_hint(store, generation.number)
        return None
    raise StoreUnavailableError(
        "does not decide which of two writers is first", where=store.url, hint="try again"
    )


def check_conditional_writes(store: Store) -> None:
    """Raises StoreError for a bucket that would let two writers overwrite each other.

    Asks by writing an object twice: the second write has to be refused.
    """
    key = f"{PROBES}{secrets.token_hex(8)}"
    with suppress(ObjectExistsError):  # a try whose answer was lost
        store.put_new(key, b"first")
    try:
        store.put_new(key, b"second")
    except ObjectExistsError:
        return
    finally:
        store.delete([key])
    raise StoreError(
        "overwrites objects that it was told to keep (If-None-Match)",
        where=store.url,
        hint="use a bucket with conditional writes",
        code="no_conditional_writes",
    )


def _listed(store: Store) -> dict[int, ObjectEntry]:
    entries = {
        entry.key.removeprefix(GENERATIONS).removesuffix(".json"): entry
        for entry in store.list(GENERATIONS)
    }
    return {int(name): entry for name, entry in entries.items() if name.isdigit()}


def _is_dropped(store: Store, number: int) -> bool:
    return store.get(generation_key(number)).data == _DROPPED


def _exists(store: Store, number: int) -> bool:
    try:
        store.get_range(generation_key(number), 0, 1)
    except ObjectNotFoundError:
        return False
    return True


def _hint(store: Store) -> int | None:
    try:
        return _number(store.get(manifests.CURRENT).data)
    except ObjectNotFoundError:
        return None


def _number(data: bytes) -> int | None:
    text = data[:9].decode("ascii", "replace").split(" ")[0].strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _advance_hint(store: Store, number: int) -> None:
    """Best effort: who reads finds the generation without it."""
    data = manifests.pointer(number)
    with suppress(StoreError, ObjectExistsError, ObjectChangedError):
        try:
            present = store.get(manifests.CURRENT)
        except ObjectNotFoundError:
            store.put_new(manifests.CURRENT, data)
            return
        if (_number(present.data) or 0) < number:
            store.put_if(manifests.CURRENT, data, present.version)
