"""Rows of a batch tried by workers on a Ray cluster.

As with processes of this machine, only trying is shared out: journal, costs and back-off are the
driver's. A worker that dies costs what was under way in it, which is tried again by others.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from rag_infer.batch.attempts import AskSettings, Attempt, AttemptResult, Job
from rag_infer.batch.setup import BatchSetup, Stage, attempt_of, generation_of
from rag_infer.closeable import Closeable
from rag_infer.errors import ClusterError, RagError
from rag_infer.jobs import ray_cluster
from rag_infer.jobs.ray_cluster import RoomWait, WorkerNeeds

_MAX_TRIES = 3  # of a row whose worker dies
_MAX_DEATHS = 10  # of one worker in a run
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class RemoteRun:
    """What a worker is told of a run.

    Attributes:
        setup: Which index.
        settings: How its rows are tried, as this machine's settings say.
        stage: What is done with each.
        generation: Of the index, which all workers must have.
    """

    setup: BatchSetup
    settings: AskSettings
    stage: Stage
    generation: int


class _BatchWorker:
    """The actor: an open index, and attempts in its threads."""

    def __init__(self, run: RemoteRun, environment: Mapping[str, str]) -> None:
        os.environ.update(environment)
        self._run = run
        self._opened = ExitStack()
        self._attempt: Attempt | None = None

    def open(self) -> str | None:
        """Opens the index; why it cannot be worked with, in words, if so."""
        from rag_infer import settings
        from rag_infer.private_mode import enforce_private_mode

        if settings.load().private:
            enforce_private_mode()
        run = self._run
        try:
            index = run.setup.open()
            generation = self._opened.enter_context(generation_of(index))
        except RagError as error:
            return f"a worker cannot open the index: {error}"
        if generation != run.generation:
            return "the index changed while the run went on; run the command again"
        self._attempt = attempt_of(run.stage, index, run.settings)
        return None

    def try_row(self, job: Job) -> AttemptResult:
        """An attempt at a row."""
        assert self._attempt is not None
        return self._attempt(job)


@dataclass(slots=True)
class _Slot:
    """A worker: its actor, what its start gives, and the rows under way in it."""

    actor: Any
    start: Any
    rows: int = 0
    is_ready: bool = False
    deaths: int = 0


class RayAttempts(Closeable):
    """Workers on a cluster that try rows; an instance is an ``Attempt``.

    Args:
        run: What workers are told.
        workers: How many; None: as many as the cluster has room for.
        concurrency: Most rows at once, of all of them together.
        say: Called with what a person should know, such as for what the run waits.

    Raises:
        MissingDependencyError: Ray is not installed.
        ClusterError: There is no room on the cluster, or its workers cannot open the index.
    """

    def __init__(
        self, run: RemoteRun, workers: int | None, concurrency: int, say: Callable[[str], None]
    ) -> None:
        self._ray = ray_cluster.load_ray()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._error: str | None = None
        self._slots: list[_Slot] = []
        self._opened = ExitStack()
        self._room = RoomWait(say)
        self._needs = WorkerNeeds()
        self._supervisor = threading.Thread(target=self._supervise, name="ray-batch", daemon=True)
        self._opened.enter_context(ray_cluster.connection(self._ray))
        try:
            count = workers or self._needs.slots(self._ray, concurrency)
            worker = self._ray.remote(
                num_cpus=self._needs.cpus, max_concurrency=-(-concurrency // count)
            )(_BatchWorker)
            environment = ray_cluster.worker_environment(_key_names(run.settings))
            self._start: Callable[[], Any] = lambda: worker.remote(run, environment)
            for _ in range(count):
                actor = self._start()
                self._slots.append(_Slot(actor, actor.open.remote()))
            self._supervisor.start()
            self._wait_for_any()
        except BaseException:
            self.close()
            raise

    def __call__(self, job: Job) -> AttemptResult:
        """Tries a row in the worker that has fewest; again where that one dies."""
        for _ in range(_MAX_TRIES):
            try:
                slot = self._free_slot()
            except ClusterError as error:
                return AttemptResult({"error": str(error)})
            actor = slot.actor
            try:
                outcome: AttemptResult = self._ray.get(actor.try_row.remote(job))
                return outcome
            except self._ray.exceptions.RayTaskError as failure:
                return AttemptResult({"error": f"internal error: {failure.cause!r}"})
            except self._ray.exceptions.RayError:
                self._replace(slot, actor)
            finally:
                with self._changed:
                    slot.rows -= 1
        return AttemptResult({"error": "the worker that tried it died, again and again"})

    def close(self) -> None:
        """Ends the workers, and the connection to the cluster if it was opened here."""
        self._closing.set()
        if self._supervisor.is_alive():
            self._supervisor.join()
        for slot in self._slots:
            ray_cluster.end_actor(self._ray, slot.actor)
        self._opened.close()

    def _wait_for_any(self) -> None:
        """Returns when a worker is ready."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._error is not None or any(slot.is_ready for slot in self._slots)
            )
            if self._error is not None:
                raise ClusterError(self._error, where="--on ray")

    def _free_slot(self) -> _Slot:
        """The worker with the fewest rows, with one more."""
        with self._changed:
            self._wait_for_any()
            slot = min((s for s in self._slots if s.is_ready), key=lambda s: s.rows)
            slot.rows += 1
            return slot

    def _replace(self, slot: _Slot, actor: Any) -> None:
        """Puts a new actor in the place of one that died, once."""
        with self._changed:
            if slot.actor is not actor or self._closing.is_set():
                return
            ray_cluster.end_actor(self._ray, actor)
            slot.is_ready = False
            slot.deaths += 1
            if slot.deaths > _MAX_DEATHS:
                self._fail("the workers of the batch die, again and again")
                return
            slot.actor = self._start()
            slot.start = slot.actor.open.remote()

    def _supervise(self) -> None:
        """Sees which workers have started, until the end."""
        while not self._closing.wait(_POLL_S) and self._error is None:
            with self._changed:
                starting = {slot.start: slot for slot in self._slots if not slot.is_ready}
            begun = (
                self._ray.wait(list(starting), num_returns=len(starting), timeout=0)[0]
                if starting
                else []
            )
            for start in begun:
                self._note_start(starting[start], start)
            with self._changed:
                if any(slot.is_ready for slot in self._slots):
                    self._room.over()
                    continue
            try:
                self._room.on(self._needs.words(len(starting)))
            except ClusterError as error:
                with self._changed:
                    self._fail(f"{error.what}; {error.hint}")

    def _note_start(self, slot: _Slot, start: Any) -> None:
        actor = slot.actor
        try:
            problem = self._ray.get(start)
        except self._ray.exceptions.RayTaskError as failure:
            problem = f"a worker cannot begin: {failure.cause!r}"
        except self._ray.exceptions.RayError:
            self._replace(slot, actor)
            return
        with self._changed:
            if problem is not None:
                self._fail(problem)
            elif slot.start is start:
                slot.is_ready = True
            self._changed.notify_all()

    def _fail(self, problem: str) -> None:
        self._error = self._error or problem
        self._changed.notify_all()


def _key_names(settings: AskSettings) -> set[str]:
    """The variables that hold the keys of the models that are asked."""
    names = [settings.llm, settings.labels and settings.labels.escalate]
    profiles = settings.ask.generation.model_profiles
    asked = [profiles[name] for name in names if isinstance(name, str) and name in profiles]
    return {profile.api_key_env for profile in asked if profile.api_key_env}
