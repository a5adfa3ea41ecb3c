"""Does a server keep its memory through a day of a team, and 200 open streams at once?

    python benchmarks/traffic.py                 ten minutes
    python benchmarks/traffic.py --minutes 2     a quick look
    python benchmarks/traffic.py --publish       also the kept results

One `rag serve`, as behind a proxy, with 20 users and 1,000 paragraphs of SQuAD. First 200
questions are asked at once, ten of each user, each as a stream on a connection of its own: all must
be answered, and `/healthz` is asked meanwhile. Then a day's traffic of the team, `DAY`, is sent
evenly within the minutes: questions of conversations, searches, pages, histories, uploads and
removals. Resident memory, descriptors and threads of the server are read every two seconds. Flat
is: the median of the last third is at most 5 % above that of the middle third, in memory,
descriptors and threads. It exits with 1 where that or an answer fails.

Linux. Needs the extra serve and the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from peers.measured import machine, run
from peers.toolkits import OFFLINE, keep
from serve import RAG, squad

USERS = 20
STREAMS = 200
WORKERS = 8
SAMPLE_EVERY_S = 2.0
MAX_GROWTH = 1.05
DAY = {"ask": 1000, "search": 500, "page": 800, "history": 200, "upload": 40, "remove": 40}
INDEX = "/api/indexes/team"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    results: dict[str, Any] = {"what": "a day of a team, 200 streams", "machine": machine()}
    with tempfile.TemporaryDirectory(prefix="traffic-") as scratch:
        home = Path(scratch)
        folder, questions = squad(home, 1000)
        run([RAG, "index", folder, "--index", home / "team"], env=OFFLINE)
        tokens = [f"token-of-user-{n:02}-0123456789" for n in range(USERS)]
        lines = (f'[users.user{n}]\ntoken = "{token}"\n' for n, token in enumerate(tokens))
        (home / "users.toml").write_text("".join(lines))
        with served(home) as (url, pid):
            clients = [Client(url, token) for token in tokens]
            for client in clients[:4]:
                client.ask(questions.pop())  # loads what the first questions wait for
            results["streams"] = streams(url, tokens, questions)
            with Samples(pid) as samples:
                results["traffic"] = traffic(clients, questions, 60 * options.minutes)
            results["thirds"] = samples.thirds()
            results["samples"] = samples.rows
    results["load_after"] = round(os.getloadavg()[0], 2)
    grown = [n for n, t in results["thirds"].items() if t[2] > MAX_GROWTH * t[1]]
    for name, thirds in results["thirds"].items():
        print(f"{name:12} median of the thirds: {', '.join(map(str, thirds))}")
    print(f"growing: {', '.join(grown)}" if grown else "nothing growing")
    keep("traffic", results, publish=options.publish)
    failed = results["traffic"]["failed"] or results["streams"]["answered"] < STREAMS
    sys.exit(1 if grown or failed else 0)


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    command = [
        RAG, "serve", "--port", "0", "-i", home / "team", "--data-dir", home / "data",
        "--users", home / "users.toml", "--queue-size", "256", "--rate-limit", "0",
        "--trusted-proxy", "127.0.0.1",  # else one address has at most 200 connections
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | OFFLINE)
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("listening"))
        threading.Thread(target=lambda: list(process.stderr or ()), daemon=True).start()
        yield line.split()[1].rstrip("/"), process.pid
    finally:
        process.terminate()
        process.wait(60)


class Client:
    """A user with a conversation that goes on, and documents that come and go."""

    def __init__(self, url: str, token: str) -> None:
        bearer = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=bearer, timeout=300, trust_env=False)
        self._conversation = "new"
        self._turns = 0
        self._citation: dict[str, Any] | None = None

    def ask(self, question: str) -> None:
        body = {"question": question, "conversation": self._conversation}
        answer = self._checked("POST", f"{INDEX}/ask", json=body).json()
        self._turns += 1
        self._conversation = answer["conversation"] if self._turns % 5 else "new"
        self._citation = next(iter(answer["citations"]), self._citation)

    def search(self, question: str) -> None:
        self._checked("POST", f"{INDEX}/search", json={"query": question})

    def page(self, _question: str) -> None:
        if self._citation is not None:
            names = ("document_id", "page_number", "start", "end")
            params = {name: self._citation[name] for name in names}
            self._checked("GET", f"{INDEX}/page", params=params)

    def history(self, _question: str) -> None:
        for past in self._checked("GET", "/api/conversations").json()["conversations"][:1]:
            self._checked("GET", f"/api/conversations/{past['id']}")

    def upload(self, question: str) -> None:
        words = random.Random(question).choices(question.split(), k=400)
        text = f"# {question}\n\n{' '.join(words)}\n"
        name = f"{abs(hash(question))}.md"
        self._checked("POST", f"{INDEX}/documents", files=[("file", (name, text.encode()))])

    def remove(self, _question: str) -> None:
        listed = self._checked("GET", f"{INDEX}/documents").json()["documents"]
        own = [d["document_id"] for d in listed if d["is_own"]]
        if own:
            self._checked("DELETE", f"{INDEX}/documents", params={"document_id": own[0]})

    def _checked(self, method: str, path: str, **more: Any) -> httpx.Response:
        reply = self._http.request(method, path, **more)
        if not reply.is_success:
            raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text[:200]}")
        return reply


def streams(url: str, tokens: list[str], questions: list[str]) -> dict[str, Any]:
    """So many questions at once, each as a stream; their times, and those of /healthz meanwhile."""
    answered: list[float] = []
    opened = threading.Barrier(STREAMS + 1)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    client = httpx.Client(base_url=url, timeout=600, trust_env=False, limits=limits)

    def one(number: int) -> None:
        body = {"question": questions[number], "stream": True}
        headers = {"Authorization": f"Bearer {tokens[number % USERS]}"}
        opened.wait()
        start = time.perf_counter()
        with client.stream("POST", f"{INDEX}/ask", json=body, headers=headers) as reply:
            if reply.status_code == 200 and "event: answer" in "".join(reply.iter_text()):
                answered.append(time.perf_counter() - start)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(STREAMS)]
    for thread in threads:
        thread.start()
    opened.wait()
    health = []
    while any(thread.is_alive() for thread in threads):
        start = time.perf_counter()
        client.get("/healthz").raise_for_status()
        health.append(time.perf_counter() - start)
        time.sleep(0.25)
    client.close()
    report = {
        "streams": STREAMS, "answered": len(answered), "last_s": round(max(answered), 1),
        "median_s": round(median(answered), 1), "healthz_max_ms": round(1000 * max(health)),
    }  # fmt: skip
    print(f"{STREAMS} streams at once: {report}")
    del questions[:STREAMS]
    return report


def traffic(clients: list[Client], questions: list[str], seconds: float) -> dict[str, Any]:
    """The actions of a day, in a fixed random order, evenly spaced."""
    actions = [action for action, count in DAY.items() for _ in range(count)]
    random.Random(7).shuffle(actions)
    work: queue.SimpleQueue[tuple[str, Client, str] | None] = queue.SimpleQueue()
    times: dict[str, list[float]] = {action: [] for action in DAY}
    failed: Counter[str] = Counter()
    locks = {id(client): threading.Lock() for client in clients}

    def worker() -> None:
        while (item := work.get()) is not None:
            action, client, question = item
            call: Callable[[str], None] = getattr(client, action)
            with locks[id(client)]:
                start = time.perf_counter()
                try:
                    call(question)
                    times[action].append(time.perf_counter() - start)
                except (RuntimeError, httpx.HTTPError) as error:
                    failed[action] += 1
                    print(error, file=sys.stderr)

    threads = [threading.Thread(target=worker) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    start = time.monotonic()
    for number, action in enumerate(actions):
        time.sleep(max(0.0, start + seconds * number / len(actions) - time.monotonic()))
        client = clients[number * 7 % len(clients)]
        work.put((action, client, questions[number % len(questions)]))
    for _ in threads:
        work.put(None)
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    rows = {
        action: {
            "count": len(values),
            "p50_ms": round(1000 * median(values)),
            "p99_ms": round(1000 * sorted(values)[int(0.99 * len(values))]),
        }
        for action, values in times.items()
        if values
    }
    print(json.dumps(rows), f"in {took:.0f} s, failed: {dict(failed)}")
    return {"seconds": round(took), "actions": rows, "failed": failed.total()}


class Samples(threading.Thread):
    """Reads what a process and its children hold, at intervals."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.rows: list[dict[str, float]] = []

    def __enter__(self) -> Samples:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        start = time.monotonic()
        while not self._over.wait(SAMPLE_EVERY_S):
            process = Path(f"/proc/{self._pid}")
            self.rows.append(
                {
                    "s": round(time.monotonic() - start),
                    "memory_mb": round(resident_mb(self._pid)),
                    "descriptors": len(list((process / "fd").iterdir())),
                    "threads": len(list((process / "task").iterdir())),
                }
            )

    def thirds(self) -> dict[str, list[float]]:
        """The median of each third of the time, of each figure."""
        size = max(1, len(self.rows) // 3)
        parts = [self.rows[:size], self.rows[size : 2 * size], self.rows[2 * size :]]
        names = ("memory_mb", "descriptors", "threads")
        return {name: [median(row[name] for row in part) for part in parts] for name in names}


def resident_mb(pid: int) -> float:
    """Resident memory of a process, without its children, which come and go with uploads."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
