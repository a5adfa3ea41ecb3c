"""A Ray cluster: how it is reached, what its workers need, and how long room is waited for."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from rag_infer import settings
from rag_infer.errors import ClusterError, MissingDependencyError

QUIET_WAIT_S = 10.0  # in which the process of a worker starts
_CONNECT_S = 5.0
_PASSED_ENVIRONMENT = ("AWS_", "RAG_")


@dataclass(frozen=True, slots=True)
class WorkerNeeds:
    """Of the cluster, for each worker."""

    cpus: float = 1
    gpus: float = 0

    def words(self, workers: int) -> str:
        """What several need: ``2 CPUs and 1 GPU``."""
        cpus, gpus = self.cpus * workers, self.gpus * workers
        cpu_words = f"{cpus:g} CPU{'s' if cpus != 1 else ''}"
        return f"{cpu_words} and {gpus:g} GPU{'s' if gpus != 1 else ''}" if gpus else cpu_words

    def slots(self, ray: Any, most: int) -> int:
        """How many workers the cluster holds at once, at most so many; at least one."""
        resources = ray.cluster_resources()
        slots = resources.get("CPU", 0) // self.cpus if self.cpus else most
        if self.gpus:
            slots = min(slots, resources.get("GPU", 0) // self.gpus)
        return max(1, min(int(slots), most))


class RoomWait:
    """The wait for room on a cluster: said once, and ended by an error.

    Args:
        say: Called with what is waited for.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._since: float | None = None
        self._is_known = False
        self._most_s = settings.load().cluster_wait_s

    def over(self) -> None:
        """There is room."""
        self._since = None

    def on(self, needs: str) -> None:
        """There is none, still.

        Args:
            needs: What is waited for.

        Raises:
            ClusterError: It has been waited for as long as the settings allow.
        """
        now = time.monotonic()
        self._since = self._since or now
        if now - self._since >= QUIET_WAIT_S and not self._is_known:
            self._is_known = True
            self._say(f"waiting for {needs} of the cluster")
        if now - self._since >= self._most_s:
            raise ClusterError(
                f"{needs} of the cluster did not become free in {self._most_s} s",
                where="--on ray",
                hint="see 'ray status'; the setting cluster_wait_s (RAG_CLUSTER_WAIT_S) is how "
                "long to wait",
            )


def load_ray() -> Any:
    """The package. Raises MissingDependencyError where it is not installed."""
    try:
        import ray
    except ModuleNotFoundError:
        raise MissingDependencyError(
            "a cluster needs an optional package", where="--on ray", extra="ray"
        ) from None
    return ray


@contextmanager
def connection(ray: Any) -> Iterator[None]:
    """A connection to the cluster that ``RAY_ADDRESS`` names, or to one of this machine's cores.

    One that the program has already is used, and stays.

    Raises:
        ClusterError: The cluster that is named cannot be reached.
    """
    is_ours = not ray.is_initialized()
    if is_ours:
        address = os.environ.get("RAY_ADDRESS", "")
        _check_reachable(address)
        try:
            ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).strip().split("\n")[0]
            raise ClusterError(f"no cluster can be used: {reason}", where="--on ray") from error
    try:
        yield
    finally:
        if is_ours:
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raises ClusterError where nothing listens: Ray itself tries for a quarter of an hour."""
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if not separator or not port.isdecimal():
        return  # "auto", "local", or a name that Ray knows
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except (OSError, OverflowError, UnicodeError):
        raise ClusterError(
            f"the cluster at {address} does not answer",
            where="--on ray",
            hint="check RAY_ADDRESS, and 'ray status' on its head node",
        ) from None


def worker_environment(names: Iterable[str] = ()) -> dict[str, str]:
    """The variables of this environment that workers get: those of buckets and settings, and some.

    Args:
        names: Of the others.
    """
    more = set(names)
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PASSED_ENVIRONMENT) or name in more
    }


def end_actor(ray: Any, actor: Any) -> None:
    """Ends the process of an actor, if it has one."""
    with suppress(ray.exceptions.RayError, ValueError):
        ray.kill(actor)
