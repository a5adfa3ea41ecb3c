"""Looking after an index in a bucket: is it whole, and what of it nobody needs any more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import pairwise

from rag_infer.buckets import generations, job_journal
from rag_infer.buckets.generations import PROBES, SEGMENTS
from rag_infer.buckets.job_journal import job_of_segment
from rag_infer.buckets.transfer import SegmentFile, in_threads, segment_files, stored_sha256
from rag_infer.errors import CorruptIndexError, InputError
from rag_infer.index.verify import Damage, Verification
from rag_infer.store.base import Store

MIN_AGE_HOURS = 1.0
RETENTION_HOURS = 7 * 24.0
_DELETED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BucketGcReport:
    """What a clean-up of a bucket did.

    Attributes:
        url: The address.
        freed: Bytes of the files that were removed.
        files: How many these were.
        generation: The one that counts.
        dropped: Generations that were dropped.
        joined: Segments that became part of others.
    """

    url: str
    freed: int
    files: int
    generation: int
    dropped: int = 0
    joined: int = 0


def verify_bucket(store: Store) -> Verification:
    """Reads every file of the newest generation in a bucket and checks its hash.

    Raises:
        IndexNotFoundError: There is no index.
        CorruptIndexError: Its generation cannot be read.
    """
    manifest = generations.read_current(store).manifest
    files = segment_files(manifest)
    sizes = {entry.key: entry.bytes for entry in store.list(SEGMENTS)}
    damage: dict[str, str] = {}

    def check(file: SegmentFile) -> None:
        size = sizes.get(file.key)
        if size is None:
            damage[file.key] = "is missing"
        elif size != file.entry.bytes:
            damage[file.key] = f"has {size} bytes, not {file.entry.bytes}"
        elif stored_sha256(store, file) != file.entry.sha256:
            damage[file.key] = "does not match its checksum"

    in_threads(check, files)
    return Verification(
        generation=manifest.generation,
        segments=len(manifest.segments),
        files=len(files) + 1,
        bytes=sum(file.entry.bytes for file in files),
        documents=manifest.documents,
        chunks=sum(segment.chunks for segment in manifest.segments),
        damage=tuple(Damage(f"{store.url}/{key}", damage[key]) for key in sorted(damage)),
    )


def collect_bucket(
    store: Store, min_age_hours: float, retention_hours: float = RETENTION_HOURS
) -> BucketGcReport:
    """Removes what nobody needs any more: files, old generations, notes of finished jobs.

    Files go that no generation names and that are older than some hours; generations in whose
    place others came longer ago than the retention, so that who reads or follows one has that
    long; and the plans and notes of jobs that were committed.

    What a push is just sending is younger; what it found there of an earlier push that broke off
    it sends again, after its commit, if a clean-up came between. What jobs wrote stays while they
    are open; one that did nothing for so long is given up.

    Args:
        store: The bucket.
        min_age_hours: Of files that are removed.
        retention_hours: For how long a generation stays after the next one came.

    Raises:
        InputError: Less than an hour.
        IndexNotFoundError: There is no index.
        CorruptIndexError: A generation cannot be read, so what it names is not known.
    """
    if min(min_age_hours, retention_hours) < MIN_AGE_HOURS:
        raise InputError(f"must be {MIN_AGE_HOURS:g} or more, since pushes may be at work")
    # First the files, then the generations: what is named meanwhile is seen.
    now = _store_time(store)
    oldest = now - min_age_hours * 3600
    entries = [*store.list(SEGMENTS), *store.list(PROBES)]
    current = generations.read_current(store)
    dropped = _drop_generations(store, now - retention_hours * 3600, current.number)
    spared = job_journal.open_jobs(store, oldest, entries, current.jobs)
    named = {file.key for file in segment_files(current.manifest)}
    numbers = {current.number}
    freed: list[int] = []
    aged = [entry for entry in entries if entry.modified < oldest]
    for start in range(0, len(aged), _DELETED_AT_ONCE):
        for number in set(generations.present(store)) - numbers:  # also what was committed just now
            numbers.add(number)
            named |= {f.key for f in segment_files(generations.read(store, number).manifest)}
        unnamed = [
            entry
            for entry in aged[start : start + _DELETED_AT_ONCE]
            if entry.key not in named and _owner(entry.key) not in spared
        ]
        store.delete([entry.key for entry in unnamed])
        freed += [entry.bytes for entry in unnamed]
    notes = job_journal.forget_finished(store, oldest, current)
    for start in range(0, len(notes), _DELETED_AT_ONCE):
        store.delete([entry.key for entry in notes[start : start + _DELETED_AT_ONCE]])
    freed += [entry.bytes for entry in notes]
    return BucketGcReport(store.url, sum(freed), len(freed), current.number, dropped)


def _drop_generations(store: Store, oldest: float, current: int) -> int:
    """Drops generations that were replaced before a time; how many."""
    written = generations.present(store)
    replaced = [
        number
        for number, following in pairwise(written)
        if number < current and written[following] < oldest
    ]
    for number in replaced:
        generations.drop(store, number)
    return len(replaced)


def _owner(key: str) -> str | None:
    """The job that wrote a file of a segment."""
    return job_of_segment(key.removeprefix(SEGMENTS).partition("/")[0])


def _store_time(store: Store) -> float:
    """The time by the store's own clock, by which its objects are dated."""
    key = f"{PROBES}{secrets.token_hex(8)}"
    store.put_new(key, b"")
    try:
        probe = next((e for e in store.list(PROBES) if e.key == key), None)
    finally:
        store.delete([key])
    if probe is None:
        raise CorruptIndexError("does not list what was put there", where=store.url)
    return probe.modified
