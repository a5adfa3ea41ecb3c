"""What a command costs: wall time, processor time, peak memory.

Knows: processes of Linux. Does not know: what they do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Cost:
    """Seconds and MiB. ``peak`` is the resident set of the largest process, as the kernel kept it.

    ``together`` adds up all processes of the command, each shared page once, at the worst moment
    that sampling saw; it is 0 where nobody asked for it.
    """

    seconds: float
    cpu: float
    peak: float
    together: float
    output: str


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    sample: float | None = None,
    limit: float | None = None,
) -> Cost:
    """Runs a command to its end; ``sample`` seconds lie between looks at the memory of its tree.

    Raises RuntimeError, with what it wrote last, when it fails or takes over ``limit`` seconds.
    """
    with tempfile.TemporaryFile() as written:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        watch = _Watch(process.pid, sample, limit)
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            watch.stop()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        written.seek(0)
        output = written.read().decode("utf-8", "replace")
    if process.returncode != 0:
        name = " ".join(Path(str(part)).name for part in command[:2])
        why = f"took over {limit:.0f} s" if watch.over else f"exit code {process.returncode}"
        raise RuntimeError(f"{name}: {why}\n{output[-2000:]}")
    return Cost(
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss / 1024,
        together=watch.peak / 1024,
        output=output,
    )


def summary(costs: Sequence[Cost]) -> dict[str, float]:
    """Medians over runs of the same command, with the fastest and the slowest."""
    seconds = [cost.seconds for cost in costs]
    return {
        "runs": len(costs),
        "seconds": round(median(seconds), 3),
        "fastest": round(min(seconds), 3),
        "slowest": round(max(seconds), 3),
        "cpu_seconds": round(median(cost.cpu for cost in costs), 3),
        "peak_mib": round(median(cost.peak for cost in costs), 1),
        "together_mib": round(max(cost.together for cost in costs), 1),
    }


def machine() -> dict[str, object]:
    """Where figures were taken. A high load before a run says that they are not to be kept."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": names[0] if names else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%d"),
    }


class _Watch(threading.Thread):
    """Looks at a process and those below it until told to stop; kills them past the limit."""

    def __init__(self, pid: int, sample: float | None, limit: float | None) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._sample = sample
        self._limit = limit
        self._done = threading.Event()
        self.peak = 0  # KiB
        self.over = False

    def run(self) -> None:
        started = time.monotonic()
        while not self._done.wait(self._sample or 1.0):
            if self._sample:
                self.peak = max(self.peak, sum(_pss(pid) for pid in _tree(self._pid)))
            if self._limit and time.monotonic() - started > self._limit and not self.over:
                self.over = True
                os.killpg(self._pid, signal.SIGKILL)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _tree(root: int) -> list[int]:
    pids, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        pids.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*"):
            try:
                waiting.extend(int(child) for child in (task / "children").read_text().split())
            except OSError:
                continue  # ended meanwhile
    return pids


def _pss(pid: int) -> int:
    """Resident KiB of a process, pages that others share counted by their share."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
