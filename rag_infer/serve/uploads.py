"""Uploaded files: on disk before they are acknowledged, indexed by a few workers, fairly.

Each upload is a folder ``ID/`` with ``job.json`` and the file, called by its hash. It is written as
``.ID``, synced, and renamed: what has a name without a dot was accepted, and is found again at the
next start, whatever happened in between. No name of a request is ever part of a path. Passwords of
encrypted files are in memory alone; after a restart they are asked for again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rag_infer.errors import IndexLockedError, IndexStorageError, InputError, RagError
from rag_infer.index.durable_io import storage_errors
from rag_infer.serve.auth import User
from rag_infer.serve.config import ServerLimits
from rag_infer.serve.rest_responses import UploadState
from rag_infer.serve.upload_ids import UPLOADS_ROOT, display_name, labels_and_folder
from rag_infer.serve.upload_queue import FairQueue

logger = logging.getLogger(__name__)

UPLOAD_THREAD_PREFIX = "upload-"
JOB_FILE = "job.json"
SNIFFED_BYTES = 1_024  # the first bytes of a file tell its type
LOCK_RETRY_S = 1.0
MAX_FAILURES_PER_USER = 200
STORAGE_RETRY_S = 3.0
MAX_STORAGE_RETRIES = 200  # ten minutes, then the upload has failed
VERSION_RETRY_S = 0.2
_SIGNATURES = {
    ".pdf": (b"%PDF-",),
    **dict.fromkeys(
        (".docx", ".pptx", ".pptm", ".xlsx", ".xlsm", ".xlsb", ".ods", ".epub"), (b"PK\x03\x04",)
    ),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".jsonl.gz": (b"\x1f\x8b",),
}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PENDING = ("queued", "running")


@dataclass(frozen=True, slots=True)
class UploadJob:
    """An upload and its state. ``name`` is shown; ``created`` is in seconds since 1970."""

    id: str
    index: str
    document_id: str
    name: str
    owner: str
    labels: tuple[str, ...]
    file: str
    bytes: int
    created: float
    state: UploadState = "queued"
    pages: int = 0
    chunks: int = 0
    notes: tuple[str, ...] = ()
    error: str | None = None
    needs_password: bool = False


@dataclass(frozen=True, slots=True)
class _Room:
    """How many bytes the next file may have, and what is said of a larger one."""

    bytes: int
    refusal: str


IndexUpload = Callable[[UploadJob, Path, Callable[[int, int], None], str | None], UploadJob]


class Uploads:
    """The folder of uploads and the threads that index them.

    Args:
        folder: Where uploads are stored.
        index_upload: Indexes one job and returns it as done or failed.
        extension_of: The extension under which a file name would be read, or None.
        limits: Bounds per user and in total.
        on_finished: Called with each job that is done or has failed.
    """

    def __init__(
        self,
        folder: Path,
        index_upload: IndexUpload,
        extension_of: Callable[[str], str | None],
        limits: ServerLimits,
        on_finished: Callable[[UploadJob], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._on_finished = on_finished
        self._index_upload = index_upload
        self._extension_of = extension_of
        self._limits = limits
        self._jobs: dict[str, UploadJob] = {}
        self._storage_retries: Counter[str] = Counter()
        self._passwords: dict[str, str] = {}
        self._lock = threading.Lock()
        workers = max(limits.upload_workers, 2)
        # A user's files that take long leave a worker for those of the others.
        self._queue = FairQueue(per_owner=workers - 1)
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"{UPLOAD_THREAD_PREFIX}{n}", daemon=True)
            for n in range(workers)
        ]

    def start(self) -> None:
        """Finds what was accepted before, and starts the workers."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for entry in sorted(self._folder.iterdir()):
            if entry.name.startswith("."):
                shutil.rmtree(entry, ignore_errors=True)  # never acknowledged
            elif (entry / JOB_FILE).is_file():
                job = _load(entry / JOB_FILE)
                self._jobs[job.id] = replace(job, state="queued") if job.state == "running" else job
        for job in sorted(self._jobs.values(), key=lambda job: job.created):
            if job.state == "queued":
                self._queue.put(job.owner, job.id)
        for thread in self._threads:
            thread.start()

    def close(self, timeout_s: float) -> None:
        """Lets jobs at work end if they are quick; the next start continues with the others.

        Args:
            timeout_s: Time for that, in seconds.
        """
        self._closed.set()
        self._queue.close()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    async def accept(
        self,
        chunks: AsyncIterator[bytes],
        filename: str,
        index: str,
        user: User,
        share: str | None,
        password: str | None = None,
    ) -> UploadJob:
        """Writes and syncs a file, and queues it.

        Args:
            chunks: Its bytes.
            filename: Its name as the client gave it.
            index: The index that it goes into.
            user: Who uploads it.
            share: The group that may read it, ``everyone``, or None for the user alone.
            password: Of an encrypted file.

        Raises:
            InputError: The file is not accepted.
            IndexStorageError: The disk is full or cannot be written.
        """
        name = display_name(filename)
        extension = self._extension_of(name)
        if extension is None:
            raise InputError("unsupported file type", where=name)
        labels, folder = labels_and_folder(user, share)
        self._check_queue(user, name)
        with storage_errors(self._folder):
            return await self._write_job(
                chunks, name, extension, index, user, labels, folder, password
            )

    async def _write_job(
        self, chunks: AsyncIterator[bytes], name: str, extension: str, index: str, user: User,
        labels: tuple[str, ...], folder: str, password: str | None,
    ) -> UploadJob:  # fmt: skip
        job_id = secrets.token_hex(8)
        draft = self._folder / f".{job_id}"
        draft.mkdir(mode=0o700)
        try:
            room = self._room(user, name)
            digest, size = await _write(draft / "part", chunks, name, extension, room)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        file = f"{digest}{extension}"
        document_id = f"{UPLOADS_ROOT}/{folder}{name}"
        job = UploadJob(
            job_id, index, document_id, name, user.name, labels, file, size, time.time()
        )
        if password:
            self._passwords[job_id] = password
        # The disk may take seconds to sync, which the event loop must not wait for. A client that
        # leaves meanwhile changes nothing: what has come in whole is accepted.
        return await asyncio.shield(asyncio.to_thread(self._commit, job, draft))

    def _commit(self, job: UploadJob, draft: Path) -> UploadJob:
        """Makes an upload durable, and queues it."""
        try:
            _sync(draft / "part")
            (draft / "part").rename(draft / job.file)
            _save(draft, job)
            _sync(draft)
            draft.rename(self._folder / job.id)
            _sync(self._folder)
        except BaseException:
            self._passwords.pop(job.id, None)
            shutil.rmtree(draft, ignore_errors=True)
            raise
        with self._lock:
            self._jobs[job.id] = job
        self._queue.put(job.owner, job.id)
        return job

    @property
    def pending(self) -> int:
        """Uploads at work and waiting."""
        return sum(job.state in _PENDING for job in self._all_jobs())

    def jobs_of(self, user: User) -> list[UploadJob]:
        """A user's jobs, the newest first."""
        jobs = sorted(self._all_jobs(), key=lambda job: -job.created)
        return [job for job in jobs if user.labels is None or job.owner == user.name]

    def job(self, job_id: str, user: User) -> UploadJob | None:
        """A job of a user."""
        job = self._jobs.get(job_id)
        if job is None or (user.labels is not None and job.owner != user.name):
            return None
        return job

    def original(self, index: str, document_id: str, sha256: str) -> Path | None:
        """The file that a document was read from."""
        for job in self._all_jobs():
            if (job.index, job.document_id) == (index, document_id) and job.file.startswith(sha256):
                path = self._folder / job.id / job.file
                return path if path.is_file() else None
        return None

    def forget(self, index: str, document_id: str) -> None:
        """Deletes the files of a document that was removed from the index."""
        for job in self._all_jobs():
            same = (job.index, job.document_id) == (index, document_id)
            if same and job.state not in _PENDING:
                self._drop(job)

    def _all_jobs(self) -> list[UploadJob]:
        with self._lock:
            return list(self._jobs.values())

    def _check_queue(self, user: User, name: str) -> None:
        pending = Counter(job.owner for job in self._all_jobs() if job.state in _PENDING)
        if pending[user.name] >= self._limits.uploads_queued_per_user:
            raise InputError("too many of your uploads are waiting; try again later", where=name)
        if pending.total() >= self._limits.uploads_queued:
            raise InputError("too many uploads are waiting; try again later", where=name)

    def _room(self, user: User, name: str) -> _Room:
        """How large the next file of this user may be. Raises InputError when there is no room."""
        own = [
            job.bytes
            for job in self._all_jobs()
            if job.owner == user.name and job.state != "failed"
        ]
        if len(own) >= self._limits.stored_files_per_user:
            limit = f"{self._limits.stored_files_per_user:,} files"
            raise InputError(f"storage limit exceeded ({limit}); remove documents", where=name)
        stored = self._limits.stored_bytes_per_user
        limit = f"{stored / 1e6:,.0f} MB"
        if (quota := stored - sum(own)) <= 0:
            raise InputError(f"storage limit exceeded ({limit}); remove documents", where=name)
        no_space = "no space left on the server"
        disk = shutil.disk_usage(self._folder).free - self._limits.min_free_bytes
        if disk <= 0:
            raise InputError(no_space, where=name)
        size = self._limits.max_upload_bytes
        rooms = (
            _Room(size, f"larger than {size / 1e6:,.0f} MB"),
            _Room(quota, f"your storage limit of {limit} has {quota / 1e6:,.1f} MB left;"
                         " remove documents"),
            _Room(disk, no_space),
        )  # fmt: skip
        return min(rooms, key=lambda room: room.bytes)

    def _drop(self, job: UploadJob) -> None:
        with self._lock:
            self._jobs.pop(job.id, None)
        shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            owner, job_id = item
            try:
                job = self._jobs.get(job_id)
                if job is not None:
                    self._process(job)
            finally:
                self._queue.task_done(owner)

    def _process(self, job: UploadJob) -> None:
        if self._has_earlier_version(job):  # versions of a document stay in their order
            self._closed.wait(VERSION_RETRY_S)
            self._queue.put(job.owner, job.id)
            return
        try:
            finished = self._run(job)
        except IndexLockedError:  # another process is writing this index
            self._store(replace(job, state="queued"))
            self._closed.wait(LOCK_RETRY_S)
            self._queue.put(job.owner, job.id)
            return
        except IndexStorageError as error:  # the disk is full, which somebody may mend
            self._storage_retries[job.id] += 1
            if self._storage_retries[job.id] <= MAX_STORAGE_RETRIES:
                self._store(replace(job, state="queued"))
                self._closed.wait(STORAGE_RETRY_S)
                self._queue.put(job.owner, job.id)
                return
            finished = replace(job, state="failed", error=error.what)
        self._storage_retries.pop(job.id, None)
        self._passwords.pop(job.id, None)
        self._store(finished)
        self._on_finished(finished)
        if finished.state == "done":
            self._drop_earlier_versions(finished)
        else:
            # Nobody can remove what is in no index, and it is sent again to be tried again.
            (self._folder / finished.id / finished.file).unlink(missing_ok=True)
            self._drop_old_failures(finished.owner)

    def _has_earlier_version(self, job: UploadJob) -> bool:
        """Whether an earlier upload of the same document is not done yet."""
        return any(
            (other.index, other.document_id) == (job.index, job.document_id)
            and (other.created, other.id) < (job.created, job.id)
            and other.state in _PENDING
            for other in self._all_jobs()
        )

    def _drop_earlier_versions(self, job: UploadJob) -> None:
        for other in self._all_jobs():
            same = (other.index, other.document_id) == (job.index, job.document_id)
            is_earlier = (other.created, other.id) < (job.created, job.id)
            if same and is_earlier and other.state not in _PENDING:
                self._drop(other)

    def _drop_old_failures(self, owner: str) -> None:
        """Failures are shown for a while; no more of them than that are stored."""
        own = [job for job in self._all_jobs() if job.owner == owner and job.state == "failed"]
        for job in sorted(own, key=lambda job: -job.created)[MAX_FAILURES_PER_USER:]:
            self._drop(job)

    def _run(self, job: UploadJob) -> UploadJob:
        job = replace(job, state="running")
        self._store(job)

        def on_progress(pages: int, chunks: int) -> None:
            with self._lock:
                self._jobs[job.id] = replace(job, pages=pages, chunks=chunks)

        try:
            path = self._folder / job.id / job.file
            return self._index_upload(job, path, on_progress, self._passwords.get(job.id))
        except IndexLockedError:
            raise
        except RagError as error:
            if type(error) is IndexStorageError:  # not its kinds: damage does not pass by itself
                raise
            return replace(job, state="failed", error=error.what)
        except Exception as error:  # only this job fails, not its thread
            logger.exception("indexing an upload failed")
            return replace(job, state="failed", error=f"{type(error).__name__}: {error}"[:300])

    def _store(self, job: UploadJob) -> None:
        with self._lock:
            if job.id not in self._jobs:
                return
            self._jobs[job.id] = job
        try:
            _save(self._folder / job.id, job)
        except OSError as error:
            # What is on disk is an earlier state: after a restart the upload is indexed again,
            # which changes nothing that is indexed already.
            logger.warning("the state of an upload cannot be written: %s", error.strerror)


async def _write(
    path: Path, chunks: AsyncIterator[bytes], name: str, extension: str, room: _Room
) -> tuple[str, int]:
    """Writes a file; returns its SHA-256 and size. Raises InputError for one not accepted."""
    digest, size = hashlib.sha256(), 0
    head: bytes | None = b""  # until there is enough of it to tell the type
    with path.open("xb") as out:
        async for chunk in chunks:
            size += len(chunk)
            if head is not None:
                head += chunk[:SNIFFED_BYTES]
                if len(head) >= SNIFFED_BYTES:
                    _check_type(head, name, extension)
                    head = None
            if size > room.bytes:
                raise InputError(room.refusal, where=name)
            digest.update(chunk)
            out.write(chunk)
        if not size:
            raise InputError("empty file", where=name)
        if head is not None:
            _check_type(head, name, extension)
    return digest.hexdigest(), size


def _check_type(data: bytes, name: str, extension: str) -> None:
    """Raises InputError when the first bytes are of another type than the name."""
    head = data[:SNIFFED_BYTES]
    signatures = _SIGNATURES.get(extension)
    if signatures is None:
        matches = b"\0" not in head or head.startswith(_UTF16_MARKS)
    elif extension == ".pdf":  # may come after other bytes
        matches = any(signature in head for signature in signatures)
    else:
        matches = head.startswith(signatures)
    if not matches:
        raise InputError(f"the content is not of type '{extension}'", where=name)


def _load(path: Path) -> UploadJob:
    fields: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if "document" in fields:  # of earlier versions
        fields["document_id"] = fields.pop("document")
    fields |= {"labels": tuple(fields["labels"]), "notes": tuple(fields["notes"])}
    return UploadJob(**fields)


def _save(folder: Path, job: UploadJob) -> None:
    draft = folder / f"{JOB_FILE}.new"
    with draft.open("w", encoding="utf-8") as out:
        json.dump(asdict(job), out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(folder / JOB_FILE)


def _sync(path: Path) -> None:
    """Makes the bytes of a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
