"""The server of the soak test: a process that can be killed and whose clock can jump."""

from __future__ import annotations

import mmap
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-c", "from rag_infer.cli import main; main()"]
CLOCK_SOURCE = Path(__file__).with_name("shifted_clock.c")
REQUEST_TIMEOUT_S = 300  # the machine may be busy with other work


class Clock:
    """Shifts the wall clock of processes that are started with its environment.

    ``shifted_clock.c`` is preloaded into them and adds the seconds in a shared file. Without a
    C compiler the clock stays as it is.
    """

    def __init__(self, home: Path) -> None:
        self.environment: dict[str, str] = {}
        self._shift: mmap.mmap | None = None
        library, shift = home / "shifted_clock.so", home / "clock"
        shift.write_bytes(bytes(8))
        compiler = shutil.which("cc")
        if compiler is None:
            print("no clock jumps: there is no C compiler", file=sys.stderr)
            return
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", str(CLOCK_SOURCE), "-o", str(library), "-ldl"],
            check=True,
        )
        with shift.open("r+b") as file:
            self._shift = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "SOAK_CLOCK": str(shift)}

    def jump(self, seconds: int) -> bool:
        """Sets how far the clock is off; False where it cannot be shifted."""
        if self._shift is None:
            return False
        self._shift[:8] = struct.pack("q", seconds)
        return True


class Server:
    """The server's process; it can be killed and started again on the same port and data."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = Clock(home)
        self.starts = 0
        self.ready = threading.Event()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RAG_INDEXES": str(home / "indexes"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "TMPDIR": str(home / "tmp"),
            "HF_HUB_OFFLINE": "1",
            **self.clock.environment,
        }
        self.log = (home / "server.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port)],
            stdout=self.log,
            stderr=self.log,
            env=self.environment,
            cwd=self.home,
        )

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=REQUEST_TIMEOUT_S, trust_env=False
        )

    def wait_until_ready(self) -> None:
        with self.client() as client:
            for _ in range(1800):
                try:
                    if client.get("/healthz").status_code == 200:
                        self.starts += 1
                        self.ready.set()
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)
        raise SystemExit("the server did not start; see server.log")

    def kill_and_restart(self) -> None:
        self.ready.clear()
        self.process.kill()
        self.process.wait()
        self.process = self._start()
        self.wait_until_ready()

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task")
        pids: list[int] = []
        for task in path.iterdir() if path.is_dir() else ():
            try:
                pids += [int(pid) for pid in (task / "children").read_text().split()]
            except OSError:
                continue
        return pids

    def sample(self, seconds: float) -> dict[str, float]:
        process = Path(f"/proc/{self.process.pid}")
        pages = int((process / "statm").read_text().split()[1])
        return {
            "seconds": round(seconds),
            "memory_mib": pages * os.sysconf("SC_PAGE_SIZE") // 2**20,
            "descriptors": len(list((process / "fd").iterdir())),
            "threads": len(list((process / "task").iterdir())),
            "children": len(self.children()),
            "temporary_files": sum(1 for _ in (self.home / "tmp").rglob("*")),
        }
