"""Hours of mixed load on one server, with kills and full disks; then: is anything lost or growing?

See README.md in this folder.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-P", "-c", "from rag_infer.cli import main; main()"]
SAMPLE_SECONDS = 10
FIELDS = ("seconds", "memory_mib", "descriptors", "threads", "children", "temporary_files")
QUESTIONS = (
    "Why is decoding limited by memory bandwidth?",
    "What does LKF-A3 mean?",
    "Which town has the number 17?",
    "Who decides on spending above 500 euros a day?",
)


@dataclass
class Uploads:
    """What the server promised to keep, by document id, with a word that is only in that text."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    documents: dict[str, str] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)  # asked for removal when the server died


class Server:
    """The server's process; it can be killed and started again on the same port and data."""

    def __init__(self, home: Path) -> None:
        self.home = home
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
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)

    def wait_until_ready(self) -> None:
        with self.client() as client:
            for _ in range(300):
                try:
                    if client.get("/healthz").status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)
        raise SystemExit("the server did not start; see server.log")

    def kill_and_restart(self) -> None:
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


class Load:
    """Clients that ask, upload and remove until they are told to stop."""

    def __init__(self, server: Server, uploads: Uploads, seed: int, pause_s: float) -> None:
        self.server = server
        self.pause_s = pause_s
        self.uploads = uploads
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def run(self, number: int) -> None:
        jobs = (self.ask, self.ask, self.search, self.upload, self.upload, self.remove, self.abort)
        with self.server.client() as client:
            while not self.stop.is_set():
                job = self.random.choice(jobs)
                try:
                    job(client, number)
                    self.counts[job.__name__] += 1
                    self.stop.wait(self.pause_s)
                except (httpx.HTTPError, OSError):  # the server is being killed and started
                    self.counts["connection lost"] += 1
                    time.sleep(0.5)

    def ask(self, client: httpx.Client, number: int) -> None:
        body = {"question": f"{self.random.choice(QUESTIONS)}"}
        self._count(client.post("/api/indexes/default/ask", json=body))

    def search(self, client: httpx.Client, number: int) -> None:
        body = {"query": self.random.choice(QUESTIONS)}
        self._count(client.post("/api/indexes/default/search", json=body))

    def upload(self, client: httpx.Client, number: int) -> None:
        word = f"w{self.random.getrandbits(40):x}"
        text = f"# Town {word}\n\nThe town of {word} has {self.random.randint(2, 99)} mills.\n"
        text += "It lies by the river. " * self.random.randint(1, 400)
        files = {"file": (f"{word}.md", text.encode())}
        reply = client.post("/api/indexes/default/documents", files=files)
        self._count(reply)
        if reply.status_code != 202:
            return
        (job,) = reply.json()["accepted"]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not self.stop.is_set():
            state = client.get(f"/api/jobs/{job['id']}").json()
            if state.get("state") == "failed":
                self.counts["upload failed"] += 1
                return
            if state.get("state") == "done":
                document = state.get("document") or state.get("document_id")
                with self.uploads.lock:
                    self.uploads.documents[document] = word
                return
            time.sleep(0.3)

    def remove(self, client: httpx.Client, number: int) -> None:
        with self.uploads.lock:
            if len(self.uploads.documents) < 30:
                return
            document = self.random.choice(list(self.uploads.documents))
            word = self.uploads.documents.pop(document)
            self.uploads.unsettled.add(document)
        reply = client.request(
            "DELETE", "/api/indexes/default/documents", params={"document_id": document}
        )
        self._count(reply)
        with self.uploads.lock:
            if reply.status_code == 200:
                self.uploads.unsettled.discard(document)
            elif reply.status_code in (409, 429, 503):
                self.uploads.unsettled.discard(document)
                self.uploads.documents[document] = word

    def abort(self, client: httpx.Client, number: int) -> None:
        """An upload whose sender goes away in the middle."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as connection:
            connection.sendall(
                b"POST /api/indexes/default/documents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\nhalf'
            )

    def problems(self) -> list[str]:
        """The internal errors that were answered, by request."""
        return [f"HTTP 500 ({count} times): {fault}" for fault, count in self.faults.items()]

    def _count(self, reply: httpx.Response) -> None:
        if reply.status_code < 400:
            return
        self.counts[f"HTTP {reply.status_code}"] += 1
        if reply.status_code == 500:  # none is expected, a full disk is a 507
            path = reply.request.url.path.rsplit("/", 1)[-1]
            self.faults[f"{reply.request.method} {path}: {reply.text[:160]}"] += 1


def disturb(server: Server, minutes: float, stop: threading.Event, events: Counter[str]) -> None:
    """Kills a child every 20 s, fills the disk for 5 s every 2 minutes, restarts a few times."""
    restarts = max(1, int(minutes / 30))
    restart_every = minutes * 60 / (restarts + 1)
    start = time.monotonic()
    last_full = last_restart = start
    while not stop.wait(20):
        for child in server.children()[:1]:
            try:
                os.kill(child, signal.SIGKILL)
                events["child killed"] += 1
            except ProcessLookupError:
                pass
        if time.monotonic() - last_full > 120:
            last_full = time.monotonic()
            pid = server.process.pid
            before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
            time.sleep(5)
            if server.process.poll() is None:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
            events["disk full for 5 s"] += 1
        if server.process.poll() is not None:
            events["server died by itself"] += 1
            server.kill_and_restart()
        elif time.monotonic() - last_restart > restart_every:
            last_restart = time.monotonic()
            server.kill_and_restart()
            events["server killed and started"] += 1


def check_contents(server: Server, uploads: Uploads) -> list[str]:
    problems: list[str] = []
    with server.client() as client:
        for _ in range(600):
            jobs = client.get("/api/jobs").json()["jobs"]
            if all(job["state"] in ("done", "failed") for job in jobs):
                break
            time.sleep(0.5)
        listed = {
            d["document_id"]
            for d in client.get("/api/indexes/default/documents").json()["documents"]
        }
        for document, word in uploads.documents.items():
            if document not in listed:
                problems.append(f"lost: {document}")
                continue
            page = client.get(
                "/api/indexes/default/page", params={"document_id": document, "page_number": 1}
            ).json()
            if word not in page.get("text", ""):
                problems.append(f"garbled: {document}")
    return problems


def check_growth(samples: list[dict[str, float]]) -> list[str]:
    third = len(samples) // 3
    if third < 3:
        return []
    problems = []
    for name in FIELDS[1:]:
        middle = median(s[name] for s in samples[third : 2 * third])
        last = median(s[name] for s in samples[2 * third :])
        allowance = max(middle * 0.10, 25 if name == "memory_mib" else 4)
        if last > middle + allowance:
            problems.append(f"{name} grew from {middle:g} to {last:g}")
    return problems


def draw(samples: list[dict[str, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(FIELDS) - 1, 1, figsize=(8, 10), sharex=True)
    for axis, name in zip(axes, FIELDS[1:], strict=True):
        axis.plot([s["seconds"] / 60 for s in samples], [s[name] for s in samples])
        axis.set_ylabel(name.replace("_", " "))
        axis.set_ylim(bottom=0)
    axes[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="a soak test of rag serve")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--pause", type=float, default=0, help="seconds between two requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("soak"), help="folder for the report")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="soak-"))
    for name in ("indexes", "tmp"):
        (home / name).mkdir()
    subprocess.run(
        [*COMMAND, "index", str(ROOT / "corpus")],
        check=True,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAG_INDEXES": str(home / "indexes")},
    )
    server, uploads, events = Server(home), Uploads(), Counter[str]()
    server.wait_until_ready()
    load = Load(server, uploads, options.seed, options.pause)
    threads = [
        threading.Thread(target=load.run, args=(n,), daemon=True) for n in range(options.clients)
    ]
    threads.append(
        threading.Thread(
            target=disturb, args=(server, options.minutes, load.stop, events), daemon=True
        )
    )
    for thread in threads:
        thread.start()
    samples: list[dict[str, float]] = []
    start = time.monotonic()
    with (options.out / "soak.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        while (passed := time.monotonic() - start) < options.minutes * 60:
            time.sleep(SAMPLE_SECONDS)
            try:
                samples.append(server.sample(passed))
            except OSError:
                continue  # it is being restarted
            writer.writerow(samples[-1])
            file.flush()
    load.stop.set()
    for thread in threads:
        thread.join(timeout=90)
    problems = check_contents(server, uploads) + check_growth(samples) + load.problems()
    server.process.send_signal(signal.SIGINT)
    server.process.wait(timeout=60)
    verified: Any = subprocess.run(
        [*COMMAND, "verify"],
        check=False,
        env=server.environment,
        cwd=home,
        capture_output=True,
        text=True,
    )
    if verified.returncode:
        problems.append(f"rag verify: {verified.stdout}{verified.stderr}")
    try:
        draw(samples, options.out / "soak.png")
    except ImportError:
        print("no plot: matplotlib is not installed", file=sys.stderr)
    print(f"{options.minutes:g} minutes, {options.clients} clients, {len(uploads.documents)} kept")
    for name, count in sorted((load.counts + events).items()):
        print(f"{count:8}  {name}")
    for problem in problems:
        print(f"PROBLEM  {problem}")
    if problems:
        print(f"the data is left in {home}")
        raise SystemExit(1)
    shutil.rmtree(home)
    print("nothing lost, nothing growing")


if __name__ == "__main__":
    main()
