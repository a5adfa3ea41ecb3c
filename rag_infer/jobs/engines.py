"""What runs the tasks of a job: one protocol, and this machine as the first that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from rag_infer.ingest.reports import Progress
from rag_infer.jobs.plan import Task
from rag_infer.jobs.task_run import TaskContext, run_task
from rag_infer.read import SourceFile
from rag_infer.store.addresses import open_store

ENGINES = ("local", "ray")


class TaskEngine(Protocol):
    """Runs tasks, some of them more than once, until each of them, or its halves, is noted."""

    def run(
        self,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
        on_progress: Callable[[Progress], None] | None,
        say: Callable[[str], None],
    ) -> Iterator[Task]:
        """Gives each task, or half of one, when it is noted in the journal of the job.

        Args:
            context: What all tasks have in common.
            tasks: The tasks.
            sources: The files of all tasks, by id.
            on_progress: Called for parts of files, as far as they are seen here.
            say: Called with what a person should know, such as for what the job waits.
        """


class LocalEngine:
    """One task after the other in this process; files are read by processes, as ever."""

    def run(
        self,
        context: TaskContext,
        tasks: Sequence[Task],
        sources: Mapping[str, SourceFile],
        on_progress: Callable[[Progress], None] | None,
        say: Callable[[str], None],
    ) -> Iterator[Task]:
        store, embedder = open_store(context.address), context.embedder()
        for task in tasks:
            files = [sources[name] for name in task.files]
            run_task(context, task, files, store, embedder, on_progress=on_progress)
            yield task


def open_engine(name: str) -> TaskEngine:
    """The engine of a name. Raises MissingDependencyError where its package is not installed."""
    if name == "ray":
        from rag_infer.jobs.ray_engine import RayEngine

        return RayEngine()
    return LocalEngine()
