"""What a job that writes an index in a bucket has done so far, in objects that are written once.

``jobs/JOB/plan.json``, ``done/TASK.json`` for each task, ``end.json``: who commits the job and who
gives it up both write it, so that one of them does; ``committed.json`` last. The segments of a job
begin with its name, so a clean-up knows whose they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rag_infer.buckets.generations import Generation
from rag_infer.store.base import ObjectEntry, ObjectExistsError, ObjectNotFoundError, Store

JOBS = "jobs/"
COMMITTING, ABANDONED = b"committing", b"abandoned"
_COMMITTED = "committed.json"
_JOB_CHARS = 16


class JobJournal:
    """The journal of one job; ``job`` is its name, of 16 hexadecimal digits."""

    def __init__(self, store: Store, job: str) -> None:
        self._store = store
        self.job = job

    def plan(self, data: bytes) -> bytes:
        """The plan: this one, or the one that is there."""
        return self._first("plan.json", data)

    def done(self, task: str) -> bytes | None:
        """What came of a task; None while nothing has."""
        return self._get(f"done/{task}.json")

    def done_tasks(self) -> set[str]:
        """The tasks that are done."""
        prefix = f"{JOBS}{self.job}/done/"
        keys = [entry.key for entry in self._store.list(prefix)]
        return {key.removeprefix(prefix).removesuffix(".json") for key in keys}

    def finish_task(self, task: str, data: bytes) -> bytes:
        """What came of a task: this, or what came of an attempt that was first."""
        return self._first(f"done/{task}.json", data)

    def end(self, how: bytes) -> bytes:
        """Ends the job, ``COMMITTING`` or ``ABANDONED``; how it has ended."""
        return self._first("end.json", how)

    def note_committed(self, generation: int) -> None:
        """Says that a generation has the job."""
        self._first(_COMMITTED, b"%d" % generation)

    @property
    def is_over(self) -> bool:
        """Whether it was committed or given up, so that nobody goes on with it."""
        return self._get(_COMMITTED) is not None or self._get("end.json") == ABANDONED

    def _first(self, name: str, data: bytes) -> bytes:
        key = f"{JOBS}{self.job}/{name}"
        try:
            self._store.put_new(key, data)
        except ObjectExistsError:
            return self._store.get(key).data
        return data

    def _get(self, name: str) -> bytes | None:
        try:
            return self._store.get(f"{JOBS}{self.job}/{name}").data
        except ObjectNotFoundError:
            return None


def segment_prefix(job: str) -> str:
    """What the names of the segments of a job begin with."""
    return f"j{job}-"


def job_of_segment(name: str) -> str | None:
    """The job whose attempt a segment is; None for one of a push."""
    job, dash, _ = name.removeprefix("j").partition("-")
    return job if dash and name.startswith("j") and len(job) == _JOB_CHARS else None


def open_jobs(
    store: Store, oldest: float, segments: Sequence[ObjectEntry], committed: Collection[str]
) -> set[str]:
    """The jobs whose segments must stay. Those without a sign of life since then are given up.

    Args:
        store: The bucket.
        oldest: In seconds since 1970, by the store's clock.
        segments: The objects of segments, listed before.
        committed: The jobs that generations have.
    """
    files = _files_of_jobs(store)
    last = {job: max(entry.modified for entry in entries) for job, entries in files.items()}
    for entry in segments:
        owner = job_of_segment(entry.key.partition("/")[2].partition("/")[0])
        if owner in last:
            last[owner] = max(last[owner], entry.modified)
    still_open: set[str] = set()
    for job, modified in last.items():
        journal = JobJournal(store, job)
        if job in committed or _is_marked(job, files[job]) or journal.is_over:
            continue
        if modified >= oldest or journal.end(ABANDONED) != ABANDONED:
            still_open.add(job)
    return still_open


def forget_finished(store: Store, oldest: float, generation: Generation) -> list[ObjectEntry]:
    """The plans and notes of jobs that were committed, to be removed.

    What stays of a job is that it was committed, so that nobody goes on with it.

    Args:
        store: The bucket.
        oldest: In seconds since 1970, by the store's clock; younger jobs keep everything.
        generation: The newest one.
    """
    removable: list[ObjectEntry] = []
    for job, entries in _files_of_jobs(store).items():
        is_marked = _is_marked(job, entries)
        is_young = max(entry.modified for entry in entries) >= oldest
        if is_young or not (is_marked or job in generation.jobs):
            continue
        notes = [entry for entry in entries if not entry.key.endswith(_COMMITTED)]
        if notes and not is_marked:
            JobJournal(store, job).note_committed(generation.number)
        removable += notes
    return removable


def _files_of_jobs(store: Store) -> dict[str, list[ObjectEntry]]:
    files: dict[str, list[ObjectEntry]] = {}
    for entry in store.list(JOBS):
        files.setdefault(entry.key.removeprefix(JOBS).partition("/")[0], []).append(entry)
    return files


def _is_marked(job: str, entries: Sequence[ObjectEntry]) -> bool:
    """Whether a job is known to be committed."""
    return any(entry.key == f"{JOBS}{job}/{_COMMITTED}" for entry in entries)
