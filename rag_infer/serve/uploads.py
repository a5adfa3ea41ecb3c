"""Files that were handed in: on disk before they are acknowledged, indexed one after the other.

Knows: the spool folder, a job's states, what happens after a crash.
Does not know: formats beyond their first bytes, how a file is indexed, HTTP.

Each upload is a folder ``ID/`` with ``job.json`` and the file, called by its hash. It is written as
``.ID``, synced, and renamed: what has a name without a dot was accepted, and is found again at the
next start, whatever happened in between. No name that somebody gave is ever part of a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rag_infer.errors import IndexLockedError, InputError, RagError
from rag_infer.serve.auth import User
from rag_infer.serve.upload_ids import ROOT, display_name, labels_and_folder

State = Literal["queued", "running", "done", "failed"]

_JOB = "job.json"
_HEAD = 1024  # bytes of a file that tell its kind
_RETRY_S = 1.0
_KINDS = {".pdf": (b"%PDF-",), **dict.fromkeys(
    (".docx", ".pptx", ".pptm", ".xlsx", ".xlsm", ".xlsb", ".ods", ".epub"), (b"PK\x03\x04",)
), ".xls": (b"\xd0\xcf\x11\xe0",), ".jsonl.gz": (b"\x1f\x8b",)}  # fmt: skip
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class UploadJob:
    """An upload and what became of it. ``name`` is shown, ``document`` is its id in the index."""

    id: str
    index: str
    document: str
    name: str
    owner: str
    labels: tuple[str, ...]
    file: str
    bytes: int
    created: float
    state: State = "queued"
    pages: int = 0
    chunks: int = 0
    notes: tuple[str, ...] = ()
    error: str | None = None


Run = Callable[[UploadJob, Path, Callable[[int, int], None]], UploadJob]


class Uploads:
    """The spool and the thread that empties it. ``run`` indexes one job and returns what it found.

    ``extension`` tells the extension under which a file name would be read, or None.
    """

    def __init__(
        self, folder: Path, run: Run, extension: Callable[[str], str | None], most: int = 1000
    ) -> None:
        self._folder = folder
        self._run = run
        self._extension = extension
        self._most = most
        self._jobs: dict[str, UploadJob] = {}
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Finds what was accepted before, and begins to work."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for entry in sorted(self._folder.iterdir()):
            if entry.name.startswith("."):
                shutil.rmtree(entry, ignore_errors=True)  # never acknowledged
            elif (entry / _JOB).is_file():
                known = json.loads((entry / _JOB).read_text("utf-8"))
                job = UploadJob(**{**known, "labels": tuple(known["labels"]),
                             "notes": tuple(known["notes"])})  # fmt: skip
                if job.state == "running":
                    job = replace(job, state="queued")
                self._jobs[job.id] = job
        for job in sorted(self._jobs.values(), key=lambda j: j.created):
            if job.state == "queued":
                self._queue.put(job.id)
        self._thread = threading.Thread(target=self._work, name="uploads", daemon=True)
        self._thread.start()

    def close(self, patience: float = 20.0) -> None:
        """Lets the present job finish if it is quick; what is left is found at the next start."""
        self._closed.set()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(patience)

    async def accept(
        self,
        pieces: AsyncIterator[bytes],
        name: str,
        index: str,
        person: User,
        share: str | None,
        most_bytes: int,
    ) -> UploadJob:
        """Writes and syncs a file and queues it. Raises InputError for what is not wanted."""
        shown = display_name(name)
        extension = self._extension(shown)
        if extension is None:
            raise InputError("this kind of file cannot be read", where=shown)
        if self.waiting >= self._most:
            raise InputError("too many uploads are waiting", where=shown, hint="try again later")
        labels, whose = labels_and_folder(person, share)
        made = secrets.token_hex(8)
        draft = self._folder / f".{made}"
        draft.mkdir(mode=0o700)
        try:
            digest, size = await _write(draft / "part", pieces, shown, extension, most_bytes)
            file = f"{digest}{extension}"
            (draft / "part").rename(draft / file)
            job = UploadJob(made, index, f"{ROOT}/{whose}{shown}", shown, person.name, labels, file,
                      size, time.time())  # fmt: skip
            _save(draft, job)
            _sync_folder(draft)
            draft.rename(self._folder / made)
            _sync_folder(self._folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        with self._lock:
            self._jobs[made] = job
        self._queue.put(made)
        return job

    @property
    def waiting(self) -> int:
        return sum(job.state in ("queued", "running") for job in list(self._jobs.values()))

    def of(self, person: User) -> list[UploadJob]:
        """A person's jobs, the newest first."""
        jobs = sorted(self._jobs.copy().values(), key=lambda j: -j.created)
        return [j for j in jobs if person.labels is None or j.owner == person.name]

    def find(self, job_id: str, person: User) -> UploadJob | None:
        """A job of that person's."""
        return next((job for job in self.of(person) if job.id == job_id), None)

    def original(self, index: str, document: str, sha256: str) -> Path | None:
        """The file that a document was read from."""
        for job in list(self._jobs.values()):
            if (job.index, job.document) == (index, document) and job.file.startswith(sha256):
                path = self._folder / job.id / job.file
                return path if path.is_file() else None
        return None

    def forget(self, index: str, document: str) -> None:
        """Deletes the files of a document that has left the index."""
        for job in list(self._jobs.values()):
            if (job.index, job.document) == (index, document) and job.state in ("done", "failed"):
                self._drop(job)

    def _drop(self, job: UploadJob) -> None:
        with self._lock:
            self._jobs.pop(job.id, None)
        shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def _work(self) -> None:
        while not self._closed.is_set():
            made = self._queue.get()
            job = self._jobs.get(made) if made else None
            if job is None:
                continue
            try:
                done = self._one(job)
            except IndexLockedError:  # another process is writing this index
                self._keep(replace(job, state="queued"))
                self._closed.wait(_RETRY_S)
                self._queue.put(job.id)
                continue
            self._keep(done)
            if done.state == "done":
                for other in list(self._jobs.values()):  # an earlier version of the same document
                    same = (other.index, other.document) == (done.index, done.document)
                    if same and other.id != done.id and other.state in ("done", "failed"):
                        self._drop(other)

    def _one(self, job: UploadJob) -> UploadJob:
        job = replace(job, state="running")
        self._keep(job)

        def progress(pages: int, chunks: int) -> None:
            with self._lock:
                self._jobs[job.id] = replace(job, pages=pages, chunks=chunks)

        try:
            return self._run(job, self._folder / job.id / job.file, progress)
        except IndexLockedError:
            raise
        except RagError as error:
            return replace(job, state="failed", error=error.what)
        except Exception as error:  # a fault of ours costs this job, not the thread
            return replace(job, state="failed", error=f"{type(error).__name__}: {error}"[:300])

    def _keep(self, job: UploadJob) -> None:
        with self._lock:
            if job.id not in self._jobs:
                return
            self._jobs[job.id] = job
        _save(self._folder / job.id, job)


async def _write(
    path: Path, pieces: AsyncIterator[bytes], name: str, extension: str, most: int
) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    first: bytes | None = b""  # until there is enough of it to tell its kind
    with path.open("xb") as out:
        async for piece in pieces:
            size += len(piece)
            if first is not None:
                first += piece[:_HEAD]
                if len(first) >= _HEAD:
                    _plausible(first, name, extension)
                    first = None
            if size > most:
                raise InputError(f"is larger than {most / 1e6:,.0f} MB", where=name)
            digest.update(piece)
            out.write(piece)
        if not size:
            raise InputError("is empty (0 bytes)", where=name)
        if first is not None:
            _plausible(first, name, extension)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def _plausible(first: bytes, name: str, extension: str) -> None:
    """Refuses a file whose first bytes are of another kind than its name."""
    wanted = _KINDS.get(extension)
    head = first[:_HEAD]
    if wanted is not None:
        good = any(mark in head if extension == ".pdf" else head.startswith(mark)
                   for mark in wanted)  # fmt: skip
    else:
        good = b"\0" not in head or head.startswith(_UTF16)
    if not good:
        raise InputError(f"is not what '{extension}' says", where=name)


def _save(folder: Path, job: UploadJob) -> None:
    draft = folder / f"{_JOB}.new"
    with draft.open("w", encoding="utf-8") as out:
        json.dump(asdict(job), out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / _JOB)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def plain(job: UploadJob) -> dict[str, Any]:
    """A job as its owner sees it."""
    shown = asdict(job)
    del shown["file"], shown["labels"]
    return shown
