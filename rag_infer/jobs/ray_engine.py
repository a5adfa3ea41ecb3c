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
from pathlib import Path
from typing import Any

from rag_infer.buckets.job_journal import JobJournal
from rag_infer.embed import Embedder
from rag_infer.errors import RagError, StoreError
from rag_infer.ingest.reports import Failure, Progress
from rag_infer.jobs import ray_cluster
from rag_infer.jobs.plan import Task, TaskOutcome
from rag_infer.jobs.ray_cluster import RoomWait, WorkerNeeds
from rag_infer.jobs.task_run import TaskContext, run_task
from rag_infer.read import SourceFile
from rag_infer.store.addresses import open_store

MAX_DEATHS = 3  # of workers by one task
_POLL_S = 1.0

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
        self._ray: Any = ray_cluster.load_ray()
        self._needs = WorkerNeeds(cpus, gpus)

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
        with ray_cluster.connection(self._ray):
            yield from self._map(context, tasks, sources, say)

    def _map(
        self,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
        say: Callable[[str], None],
    ) -> Iterator[Task]:
        ray = self._ray
        environment, needs = ray_cluster.worker_environment(), self._needs
        builder = ray.remote(num_cpus=needs.cpus, num_gpus=needs.gpus)(_SegmentBuilder)
        pending, deaths = deque(tasks), Counter[str]()
        running: dict[Any, tuple[Task, Any]] = {}
        starts: list[Any] = []
        idle: list[Any] = []
        room = RoomWait(say)
        try:
            while pending or running:
                # One that has nothing to do is used whatever room there is: it holds the room that
                # one that waits to start would need, as where a node was lost.
                while pending and (
                    idle or len(running) < needs.slots(ray, len(pending) + len(running))
                ):
                    task = pending.popleft()
                    if idle:
                        actor = idle.pop()
                    else:
                        actor = builder.remote(context, environment)
                        starts.append(actor.ready.remote())
                    payload = [_read(sources[name]) for name in task.files]
                    running[actor.build.remote(task, payload)] = (task, actor)
                ready, _ = ray.wait(list(running), timeout=_POLL_S)
                starts = ray.wait(starts, num_returns=len(starts), timeout=0)[1] if starts else []
                if ready or len(starts) < len(running):
                    room.over()
                else:
                    room.on(needs.words(len(running)))
                for reference in ready:
                    task, actor = running.pop(reference)
                    try:
                        error = ray.get(reference)
                    except ray.exceptions.RayError as failure:
                        ray_cluster.end_actor(ray, actor)
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
                        ray_cluster.end_actor(ray, idle.pop())
        finally:
            for actor in (*idle, *(actor for _, actor in running.values())):
                ray_cluster.end_actor(ray, actor)

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
