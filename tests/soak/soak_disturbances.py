"""What goes wrong during the soak test: kills, full disks, clock jumps."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import threading
import time
from collections import Counter

from soak_server import COMMAND, Server

CLOCK_SHIFTS_S = (0, 3_600, -3_600, 86_400, -86_400, 40 * 86_400)
MAINTENANCE = (("gc",), ("reindex", "--embedder", "minilm"))
_LOCKED = "another process is writing"


class Disturbances:
    """Harms the server at intervals until ``stop`` is set.

    Every 20 s a child of the server is killed. Every two minutes the disk is full for 5 s, the
    clock jumps, and a ``rag gc`` or ``rag reindex`` on the same index is killed at a random moment.
    Now and then the server itself is killed and started.
    """

    def __init__(self, server: Server, minutes: float, stop: threading.Event, seed: int) -> None:
        self.server = server
        self.stop = stop
        self.random = random.Random(seed)
        self.events: Counter[str] = Counter()
        self.problems: list[str] = []
        self._restart_every_s = minutes * 60 / (max(1, int(minutes / 30)) + 1)

    def run(self) -> None:
        turns = (self.fill_disk, self.shift_clock, self.kill_maintenance)
        last_restart = time.monotonic()
        number = 0
        while not self.stop.wait(20):
            self.kill_child()
            number += 1
            if number % 2 == 0:
                turns[number // 2 % 3]()
            if self.server.process.poll() is not None:
                self.problems.append(f"the server died by itself: {self.server.process.poll()}")
                self.server.kill_and_restart()
            elif time.monotonic() - last_restart > self._restart_every_s:
                last_restart = time.monotonic()
                self.server.kill_and_restart()
                self.events["server killed and started"] += 1

    def kill_child(self) -> None:
        for child in self.server.children()[:1]:
            try:
                os.kill(child, signal.SIGKILL)
                self.events["child killed"] += 1
            except ProcessLookupError:
                pass

    def fill_disk(self) -> None:
        """Lets no file of the server grow for 5 s."""
        pid = self.server.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
        time.sleep(5)
        if self.server.process.poll() is None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        self.events["disk full for 5 s"] += 1

    def shift_clock(self) -> None:
        if self.server.clock.jump(self.random.choice(CLOCK_SHIFTS_S)):
            self.events["clock jump"] += 1

    def kill_maintenance(self) -> None:
        """Starts ``rag gc`` or ``rag reindex`` and kills it, unless it is quicker."""
        command = self.random.choice(MAINTENANCE)
        process = subprocess.Popen(
            [*COMMAND, *command],
            env=self.server.environment,
            cwd=self.server.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, errors = process.communicate(timeout=self.random.uniform(1, 15))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.events[f"rag {command[0]} killed"] += 1
            return
        self.events[f"rag {command[0]} ended with {process.returncode}"] += 1
        if process.returncode and _LOCKED not in errors:
            self.problems.append(f"rag {command[0]}: {errors.strip()[-300:]}")
