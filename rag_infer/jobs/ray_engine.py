"""Tasks on a Ray cluster: an actor holds the embedder, a task is one call of it.

Only files go in and only names come out; segments go to the bucket from where they are built. A
worker that dies costs its task one attempt; a task whose attempts all die is halved, until the
file is alone that kills them. A node that dies is nobody's fault, and costs no attempt.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag_infer.buckets.job_journal import JobJournal
from rag_infer.embed import Embedder
from rag_infer.errors import MissingDependencyError, RagError, StoreError
from rag_infer.ingest.reports import Failure, Progress
from rag_infer.jobs.plan import Task, TaskOutcome
from rag_infer.jobs.task_run import TaskContext, run_task
from rag_infer.read import SourceFile
from rag_infer.store.addresses import open_store

MAX_DEATHS = 3  # of workers by one task
_WAIT_S = 10.0  # in which the process of a worker starts
_PASSED_ENVIRONMENT = ("AWS_", "RAG_")

_Payload = list[tuple[SourceFile, bytes | None, int]]


class _SegmentBuilder:
    """The actor: one worker with its embedder, on whichever node."""

    def __init__(self, context: TaskContext, environment: Mapping[str, str]) -> None:
        os.environ.update(environment)
        self._context = context
        self._store = open_store(context.address)
        self._embedder: Embedder | None = None

    def ready(self) -> None:
        """Returns when the process is there."""

    def build(self, task: Task, payload: _Payload) -> str | None:
        """Runs a task; the error in words, if there is one, as not every error can be sent."""
        embedder = self._embedder = self._embedder or self._context.embedder()
        with tempfile.TemporaryDirectory(prefix="rag-files-") as folder:
            files = [_written(Path(folder, str(n)), *item) for n, item in enumerate(payload)]
            try:
                run_task(self._context, task, files, self._store, embedder, read_workers=1)
            except RagError as error:
                return str(error)
        return None


class RayEngine:
    """Runs tasks on the cluster that ``RAY_ADDRESS`` names, or on one of this machine's cores.

    Args:
        cpus: Of the cluster, for each worker.
        gpus: Of the cluster, for each worker.

    Raises:
        MissingDependencyError: Ray is not installed.
    """

    def __init__(self, cpus: float = 1, gpus: float = 0) -> None:
        try:
            import ray
        except ModuleNotFoundError:
            raise MissingDependencyError(
                "a cluster needs an optional package", where="--on ray", extra="ray"
            ) from None
        self._ray: Any = ray
        self._cpus, self._gpus = cpus, gpus

    def run(
        self,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
        on_progress: Callable[[Progress], None] | None,
        say: Callable[[str], None],
    ) -> Iterator[Task]:
        if not tasks:
            return
        is_ours = not self._ray.is_initialized()
        if is_ours:
            self._ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
        try:
            yield from self._map(context, tasks, sources, say)
        finally:
            if is_ours:
                self._ray.shutdown()

    def _map(
        self,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
        say: Callable[[str], None],
    ) -> Iterator[Task]:
        ray = self._ray
        environment = {k: v for k, v in os.environ.items() if k.startswith(_PASSED_ENVIRONMENT)}
        builder = ray.remote(num_cpus=self._cpus, num_gpus=self._gpus)(_SegmentBuilder)
        pending, deaths = deque(tasks), Counter[str]()
        running: dict[Any, tuple[Task, Any]] = {}
        starts: list[Any] = []
        idle: list[Any] = []
        is_waiting = False
        try:
            while pending or running:
                while pending and len(running) < self._slots(len(pending) + len(running)):
                    task = pending.popleft()
                    if idle:
                        actor = idle.pop()
                    else:
                        actor = builder.remote(context, environment)
                        starts.append(actor.ready.remote())
                    payload = [_read(sources[name]) for name in task.files]
                    running[actor.build.remote(task, payload)] = (task, actor)
                ready, _ = ray.wait(list(running), timeout=_WAIT_S)
                if not ready and not is_waiting and not ray.wait(starts, timeout=0)[0]:
                    is_waiting = True
                    say(f"waiting for {self._wants(len(running))} of the cluster")
                for reference in ready:
                    task, actor = running.pop(reference)
                    try:
                        error = ray.get(reference)
                    except ray.exceptions.RayError as failure:
                        self._kill(actor)
                        for part in self._after_death(context, task, failure, deaths, say):
                            if part is task and deaths[task.name] >= MAX_DEATHS:
                                yield task  # noted as what kills its workers
                            else:
                                pending.append(part)
                        continue
                    idle.append(actor)
                    if error is not None:
                        raise StoreError(error, where=f"task {task.name}")
                    yield task
                if not pending:
                    # One that has nothing to do would hold what one that waits is waiting for.
                    while idle:
                        self._kill(idle.pop())
        finally:
            for actor in (*idle, *(actor for _, actor in running.values())):
                self._kill(actor)

    def _after_death(
        self,
        context: TaskContext,
        task: Task,
        failure: Exception,
        deaths: Counter[str],
        say: Callable[[str], None],
    ) -> tuple[Task, ...]:
        """What is to be done after a worker died in a task."""
        if isinstance(failure, self._ray.exceptions.RayTaskError):
            raise failure  # an error of ours, not of the machine
        text = str(failure).lower()
        if "node has died" in text or "node died" in text:
            say("a node of the cluster is gone; its work goes to others")
            return (task,)
        deaths[task.name] += 1
        if deaths[task.name] < MAX_DEATHS:
            return (task,)
        if len(task.files) > 1:
            return task.halves()
        reason = f"kills the process that reads it, {MAX_DEATHS} times"
        outcome = TaskOutcome(None, (), (Failure(task.files[0], reason),), 0)
        journal = JobJournal(open_store(context.address), context.job)
        journal.finish_task(task.name, outcome.to_bytes())
        return (task,)

    def _slots(self, most: int) -> int:
        """How many workers the cluster holds at once; at least one is asked for."""
        resources = self._ray.cluster_resources()
        slots = resources.get("CPU", 0) // self._cpus if self._cpus else most
        if self._gpus:
            slots = min(slots, resources.get("GPU", 0) // self._gpus)
        return max(1, min(int(slots), most))

    def _wants(self, workers: int) -> str:
        cpus, gpus = self._cpus * workers, self._gpus * workers
        wanted_cpus = f"{cpus:g} CPU{'s' if cpus != 1 else ''}"
        return f"{wanted_cpus} and {gpus:g} GPU{'s' if gpus != 1 else ''}" if gpus else wanted_cpus

    def _kill(self, actor: Any) -> None:
        with suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.kill(actor)


def _read(source: SourceFile) -> tuple[SourceFile, bytes | None, int]:
    """A file as it is sent; None for one that went meanwhile, which its reader then says."""
    try:
        modified_ns = source.path.stat().st_mtime_ns
        return source, source.path.read_bytes(), modified_ns
    except OSError:
        return source, None, 0


def _written(folder: Path, source: SourceFile, data: bytes | None, modified_ns: int) -> SourceFile:
    """A file as the worker has it, with its name and time."""
    folder.mkdir()
    path = folder / source.path.name
    if data is not None:
        path.write_bytes(data)
        os.utime(path, ns=(modified_ns, modified_ns))
    return SourceFile(path, source.id, source.metadata, source.groups)
