"""Files to an index in a bucket, by whichever engine: plan, tasks, one commit.

The same command goes on where it was stopped: a job is named by what it is to do.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from pathlib import Path

from rag_infer.buckets import generations
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.job_journal import COMMITTING, JobJournal
from rag_infer.embed import DEFAULT, Embedder, load_embedder
from rag_infer.errors import IndexConflictError, InputError
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.roots import folder_roots, is_web
from rag_infer.ingest.discovery import DiscoveredFiles, discover
from rag_infer.ingest.file_changes import file_status
from rag_infer.ingest.reports import Failure, IngestReport, Progress
from rag_infer.ingest.run_changes import FileChanges, file_changes
from rag_infer.jobs.commit import BucketCatalogs, JobChange, check_embedder, commit_job, newest
from rag_infer.jobs.engines import TaskEngine
from rag_infer.jobs.folder_names import are_hidden, hidden_roots, present_roots
from rag_infer.jobs.plan import TASK_BYTES, Task, TaskOutcome, cut, parse_tasks, tasks_to_bytes
from rag_infer.jobs.task_run import TaskContext
from rag_infer.read import ReadOptions, SourceFile
from rag_infer.store.addresses import open_store
from rag_infer.store.base import Store

OnProgress = Callable[[Progress], None]
_TOP = Path("/")  # of folders: an index in a bucket lies nowhere on this machine


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How a job indexes.

    Attributes:
        embedder: The name of the embedder; None: that of the index, or the default.
        read: How files are read.
        groups: Who may read the files, where no rule beside one says it; empty: everyone.
        remove_missing: Whether documents of empty or unreachable folders are removed.
        task_bytes: Bytes of files in a task.
    """

    embedder: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    groups: frozenset[str] = frozenset()
    remove_missing: bool = False
    task_bytes: int = TASK_BYTES


def index_into_bucket(
    paths: Sequence[str],
    address: str,
    engine: TaskEngine,
    options: JobOptions | None = None,
    *,
    on_progress: OnProgress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> IngestReport:
    """Brings an index in a bucket in line with files and folders of this machine.

    Several may do so at once; each commits what it brings, and none loses what another did.

    Args:
        paths: Files and folders.
        address: That of the index: ``s3://bucket/prefix``.
        engine: What runs the tasks.
        options: How to index.
        on_progress: Called as files are done.
        say: Called with what a person should know meanwhile.

    Raises:
        InputError: A path does not exist, is the address of a web page, or the index was pushed.
        EmbedderMismatchError: The index was made with another embedder.
        IndexConflictError: A clean-up gave the job up while it was at work.
        StoreError: The bucket cannot be used, or would overwrite.
    """
    options = options or JobOptions()
    if web := next((path for path in paths if is_web(path.lower())), None):
        raise InputError(
            "web pages go into an index of this machine",
            where=web,
            hint="index it here, then push the index",
        )
    store = open_store(address)
    generations.check_conditional_writes(store)
    with tempfile.TemporaryDirectory(prefix="rag-job-") as folder:
        catalogs = BucketCatalogs(store, Path(folder))
        return _Job(store, catalogs, engine, options, on_progress, say).run(paths)


class _Job:
    def __init__(
        self,
        store: Store,
        catalogs: BucketCatalogs,
        engine: TaskEngine,
        options: JobOptions,
        on_progress: OnProgress | None,
        say: Callable[[str], None],
    ) -> None:
        self._store = store
        self._catalogs = catalogs
        self._engine = engine
        self._options = options
        self._on_progress = on_progress
        self._say = say
        self._started = time.monotonic()

    def _pushed_index(self) -> InputError:
        return InputError(
            "an index that was pushed is not changed in place",
            where=self._store.url,
            hint=f"change it here and push it, after: rag pull {self._store.url} INDEX",
            code="pushed_index",
        )

    def run(self, paths: Sequence[str]) -> IngestReport:
        present = newest(self._store)
        base = present.manifest if present else None
        stored = folder_roots(base.roots) if base else {}
        if not are_hidden(stored):  # its folders cannot be told from those of this machine
            raise self._pushed_index()
        known = present_roots(stored, paths, _TOP)
        discovered = discover(
            [Path(path) for path in paths],
            _TOP,
            known,
            remove_missing=self._options.remove_missing,
        )
        states = (
            self._catalogs.states(base, {*discovered.scope, *(f.id for f in discovered.files)})
            if base
            else {}
        )
        if any(state.has_copies for state in states.values()):
            # Only a writer here joins files into one document, and can take them apart again.
            raise self._pushed_index()
        changes = file_changes(discovered, states, remove_missing=self._options.remove_missing)
        changed = self._labeled(discovered, changes, states)
        roots = hidden_roots(discovered.roots, base.roots if base else {}, _TOP)
        if base and not changed and not changes.removed and roots == dict(base.roots):
            return self._report(discovered, changes, [], base.generation)
        spec = self._options.embedder or (base.embedder.spec if base else DEFAULT)
        embedder = load_embedder(spec)
        entry = EmbedderEntry(spec, embedder.name, embedder.fingerprint, embedder.dimension)
        if base:
            check_embedder(base, entry, self._store.url)
        journal, tasks = self._planned(present, changed, changes, states, entry)
        context = TaskContext(
            self._store.url,
            journal.job,
            _embedder_of(spec),
            self._options.read,
            base.chunk_tokens if base else None,
        )
        try:
            outcomes = self._map(journal, context, tasks, {file.id: file for file in changed})
        except KeyboardInterrupt:
            report = self._report(discovered, changes, [], base.generation if base else 0)
            return replace(report, interrupted=True, removed=())
        if journal.end(COMMITTING) != COMMITTING:
            raise IndexConflictError(
                "a clean-up gave this job up, as nothing had come of it for long",
                where=self._store.url,
                hint="run the same command again",
            )
        brought = {report.id for outcome in outcomes for report in outcome.reports}
        change = JobChange(
            journal.job,
            tuple(outcome.entry for outcome in outcomes if outcome.entry),
            frozenset({*brought, *changes.removed}),
            roots,
        )
        generation = commit_job(self._store, self._catalogs, change, entry, context.chunk_tokens)
        journal.note_committed(generation.number)
        return self._report(discovered, changes, outcomes, generation.number)

    def _labeled(
        self,
        discovered: DiscoveredFiles,
        changes: FileChanges,
        states: Mapping[str, object],
    ) -> tuple[SourceFile, ...]:
        """The files to read, with who may read them; also those that others may read now."""
        is_changed = {file.id for file in changes.changed}
        labeled: list[SourceFile] = []
        for file in discovered.files:
            labels_before = getattr(states.get(file.id), "labels", None)
            groups = file.groups if file.groups is not None else self._options.groups or None
            if file.id in is_changed:
                # A file that changes stays as readable as it was.
                labeled.append(replace(file, groups=labels_before if groups is None else groups))
            elif groups is not None and groups != labels_before:
                labeled.append(replace(file, groups=groups))
        return tuple(labeled)

    def _planned(
        self,
        present: Generation | None,
        changed: Sequence[SourceFile],
        changes: FileChanges,
        states: Mapping[str, object],
        embedder: EmbedderEntry,
    ) -> tuple[JobJournal, tuple[Task, ...]]:
        """The journal of this job, and its tasks, which an earlier run may have planned."""
        looks = []
        for file in changed:
            stat = file_status(file.path)
            size, modified_ns = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
            looks.append((file.id, size, modified_ns, sorted(file.groups or ())))
        read = replace(self._options.read, passwords=())
        what = [looks, changes.removed, str(read), embedder.fingerprint, self._options.task_bytes]
        befores = [str(states.get(name)) for name in (*(f.id for f in changed), *changes.removed)]
        digest = hashlib.sha256(json.dumps([what, befores]).encode()).hexdigest()
        for number in count():
            journal = JobJournal(self._store, f"{digest[:13]}{number:03x}")
            is_committed = present is not None and journal.job in present.jobs
            if not is_committed and not journal.is_over:
                break
        tasks = cut([(name, size) for name, size, *_ in looks], self._options.task_bytes)
        stored = journal.plan(tasks_to_bytes(tasks))
        return journal, parse_tasks(stored, f"{self._store.url}: job {journal.job}")

    def _map(
        self,
        journal: JobJournal,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
    ) -> list[TaskOutcome]:
        done = journal.done_tasks()
        missing = [part for task in tasks for part in _missing(task, done)]
        files_done = len(sources) - sum(len(task.files) for task in missing)
        if files_done:
            self._say(f"going on: {files_done} of {len(sources)} files are done")
        pages = chunks = 0

        def show(progress: Progress) -> None:
            if self._on_progress is not None:
                seconds = time.monotonic() - self._started
                at = files_done + progress.files_done
                self._on_progress(
                    Progress(
                        at, len(sources), pages + progress.pages, chunks + progress.chunks,
                        seconds, progress.current,
                    )
                )  # fmt: skip

        for task in self._engine.run(context, missing, sources, show, self._say):
            files_done += len(task.files)
            outcome = self._outcome(journal, task)
            pages += sum(report.pages for report in outcome.reports)
            chunks += sum(report.chunks for report in outcome.reports)
            show(Progress(0, 0, 0, 0, 0.0, task.files[-1]))
        done = journal.done_tasks()
        return [self._outcome(journal, part) for task in tasks for part in _covering(task, done)]

    def _outcome(self, journal: JobJournal, task: Task) -> TaskOutcome:
        data = journal.done(task.name)
        if data is None:  # another run of the job committed it, and a clean-up came after
            raise IndexConflictError(
                "the notes of this job were removed while it was at work",
                where=self._store.url,
                hint="run the same command again",
            )
        return TaskOutcome.parse(data, f"{self._store.url}: task {task.name}")

    def _report(
        self,
        discovered: DiscoveredFiles,
        changes: FileChanges,
        outcomes: Sequence[TaskOutcome],
        generation: int,
    ) -> IngestReport:
        reports = sorted((r for o in outcomes for r in o.reports), key=lambda report: report.id)
        failed = [Failure(name, reason) for name, reason in discovered.failed.items()]
        failed += [failure for outcome in outcomes for failure in outcome.failed]
        return IngestReport(
            indexed=tuple(reports),
            unchanged=changes.unchanged,
            removed=changes.removed,
            failed=tuple(sorted(failed, key=lambda failure: failure.id)),
            skipped=dict(discovered.skipped),
            chunks=sum(report.chunks for report in reports),
            embedded=sum(outcome.embedded for outcome in outcomes),
            generation=generation,
            seconds=time.monotonic() - self._started,
            interrupted=discovered.interrupted,
            unreachable=changes.unreachable,
        )


def _embedder_of(spec: str) -> Callable[[], Embedder]:
    return partial(load_embedder, spec)


def _missing(task: Task, done: set[str]) -> Iterator[Task]:
    """What of a task is not done: all of it, or one of its halves."""
    if task.name in done:
        return
    if any(name.startswith(task.name) for name in done):
        for half in task.halves():
            yield from _missing(half, done)
        return
    yield task


def _covering(task: Task, done: set[str]) -> Iterator[Task]:
    """The noted tasks that hold each file of a task once."""
    if task.name in done:
        yield task
        return
    for half in task.halves():
        yield from _covering(half, done)
