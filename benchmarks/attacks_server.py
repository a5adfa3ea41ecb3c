"""Does the server answer everybody while one user, one file or one address attacks it?

    python benchmarks/attacks_server.py               all attacks, about 3 minutes
    python benchmarks/attacks_server.py half-open     one of them
    python benchmarks/attacks_server.py --seconds 5   shorter

A real `rag serve` with two users. One attacks; a process of its own asks for /healthz on a new
connection every 20 ms. The table has its latency (the aim: p99 below 200 ms), requests that failed,
and what became of a small upload of the other user that is sent while the attack goes on.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.serve import hostile_files

PROBE_INTERVAL_S = 0.02
PROBE_TIMEOUT_S = 10.0
TOKENS = {name: f"token-of-{name}-0123456789" for name in ("mallory", "alice")}
DOCUMENTS = "/api/indexes/team/documents"
Attack = Callable[[str, threading.Event], object]


def client(url: str, user: str | None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {TOKENS[user]}"} if user else {}
    limits = httpx.Limits(max_connections=200)
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False, limits=limits)


def upload(http: httpx.Client, name: str, data: bytes) -> str:
    reply = http.post(DOCUMENTS, files=[("file", (name, data))])
    reply.raise_for_status()
    job: str = reply.json()["accepted"][0]["id"]
    return job


def wait_for(http: httpx.Client, job: str, timeout_s: float) -> tuple[str, float]:
    started = time.monotonic()
    while time.monotonic() - started < timeout_s:
        # An idle connection may be closed for a new one of the attack, which has the same address.
        with suppress(httpx.TransportError):
            state: str = http.get(f"/api/jobs/{job}").json()["state"]
            if state in ("done", "failed"):
                return state, time.monotonic() - started
        time.sleep(0.1)
    return "waiting", time.monotonic() - started


def parallel(
    url: str, count: int, stop: threading.Event, call: Callable[[httpx.Client, int], object]
) -> None:
    """``call`` again and again in ``count`` threads until the end."""

    def work(number: int) -> None:
        with client(url, "mallory") as http:
            while not stop.is_set():
                with suppress(httpx.HTTPError):
                    call(http, number)
                number += count

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


def slow_page_images(url: str, stop: threading.Event) -> None:
    with client(url, "mallory") as http:
        wait_for(http, upload(http, "slow.pdf", hostile_files.slow_pdf(60, 400)), 60)
    parallel(url, 45, stop, lambda http, n: http.get(
        "/api/indexes/team/page-image",
        params={"document_id": "/uploads/mallory/slow.pdf", "page_number": n % 60 + 1},
    ))  # fmt: skip


def bombs(url: str, stop: threading.Event) -> None:
    files = {
        "bomb.docx": hostile_files.bomb_docx(3_200_000),
        "records.jsonl.gz": hostile_files.many_records(2_000_000),
        "long.jsonl.gz": hostile_files.long_record(27_000_000),
    }
    with client(url, "mallory") as http:
        for number in range(3):
            for name, data in files.items():
                upload(http, f"{number}-{name}", data)
    stop.wait()


def long_questions(url: str, stop: threading.Event) -> None:
    question = ('"a ' * 6_000)[:18_000]
    parallel(url, 20, stop, lambda http, n: http.post(
        "/api/indexes/team/ask", json={"question": f"{question} {n}"}
    ))  # fmt: skip


def _hold(url: str, stop: threading.Event, data: bytes) -> None:
    host, port = url.removeprefix("http://").split(":")
    connections: list[socket.socket] = []
    while not stop.is_set():
        with suppress(OSError):
            connection = socket.create_connection((host, int(port)), 2)
            connection.sendall(data)
            connections.append(connection)
        if len(connections) >= 300:
            connections.pop(0).close()
            time.sleep(0.05)
    for connection in connections:
        connection.close()


def half_open(url: str, stop: threading.Event) -> None:
    _hold(url, stop, b"GET /heal")


def half_bodies(url: str, stop: threading.Event) -> None:
    head = b"POST /api/indexes/team/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90000\r\n"
    token = f"Authorization: Bearer {TOKENS['mallory']}\r\n\r\n{{".encode()
    _hold(url, stop, head + token)


def aborted_uploads(url: str, stop: threading.Event) -> None:
    host, port = url.removeprefix("http://").split(":")
    head = (
        f"POST {DOCUMENTS} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 900000\r\n"
        f"Authorization: Bearer {TOKENS['mallory']}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: "
        'form-data; name="file"; filename="a.md"\r\n\r\n' + "words " * 9_000
    ).encode()
    while not stop.is_set():
        with suppress(OSError), socket.create_connection((host, int(port)), 2) as connection:
            connection.sendall(head)
            time.sleep(0.02)


ATTACKS: dict[str, Attack] = {
    "none": lambda _url, stop: bool(stop.wait()),
    "page-images": slow_page_images,
    "bombs": bombs,
    "long-questions": long_questions,
    "half-open": half_open,
    "half-bodies": half_bodies,
    "aborted-uploads": aborted_uploads,
}


def probe(url: str, stop: Event, results: multiprocessing.Queue[list[float]]) -> None:
    """Latencies of /healthz in seconds, infinite where it failed; a process of its own."""
    latencies = []
    while not stop.is_set():
        started = time.perf_counter()
        connection = HTTPConnection(url.removeprefix("http://"), timeout=PROBE_TIMEOUT_S)
        try:
            connection.request("GET", "/healthz")
            good = connection.getresponse().status == 200
        except (OSError, HTTPException):
            good = False
        connection.close()
        latencies.append(time.perf_counter() - started if good else float("inf"))
        time.sleep(PROBE_INTERVAL_S)
    results.put(latencies)


def start(home: Path) -> tuple[subprocess.Popen[str], str]:
    users = home / "users.toml"
    users.write_text("".join(f'[users.{n}]\ntoken = "{t}"\n' for n, t in TOKENS.items()))
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("rag")), "serve", "--port", "0", "-i", "team",
         "--data-dir", str(home / "data"), "--users", str(users), "--rate-limit", "0"],
        env={**os.environ, "RAG_INDEXES": str(home / "indexes"), "HF_HUB_OFFLINE": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.match(r"listening\s+(\S+?)/?$", line):
            break
    else:
        raise SystemExit("the server did not start")
    errors = process.stderr
    threading.Thread(target=lambda: [None for _ in errors], daemon=True).start()
    return process, match.group(1)


def run(name: str, seconds: float) -> str:
    """One attack against a fresh server; a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(Path(folder))
        try:
            with client(url, "alice") as alice:
                wait_for(alice, upload(alice, "first.md", b"The first note is short.\n"), 60)
                alice.post("/api/indexes/team/ask", json={"question": "What is short?"})
                stop = threading.Event()
                attack = threading.Thread(target=ATTACKS[name], args=(url, stop), daemon=True)
                attack.start()
                time.sleep(3)
                end, results = multiprocessing.Event(), multiprocessing.Queue()
                prober = multiprocessing.Process(target=probe, args=(url, end, results))
                prober.start()
                job = upload(alice, "second.md", b"The second note is as short.\n")
                state, waited_s = wait_for(alice, job, seconds)
                time.sleep(max(0.0, seconds - waited_s))
                end.set()
                latencies = np.array(results.get(timeout=60)) * 1e3
                prober.join()
                stop.set()
        finally:
            process.terminate()
            stopped = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()
    failed = int(np.isinf(latencies).sum())
    p50, p99 = np.percentile(latencies, [50, 99], method="higher")
    return (
        f"{name:16} {len(latencies):8} {failed:7} {p50:8.0f} {p99:8.0f} {latencies.max():8.0f}"
        f"   {state} in {waited_s:.1f} s   {time.monotonic() - stopped:6.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], default=[])
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    heads = f"{'requests':>8} {'failed':>7} {'p50':>8} {'p99':>8} {'max':>8}"
    print(f"{'/healthz, ms':16} {heads}   upload of another user   stop, s")
    for name in arguments.attacks or ATTACKS:
        print(run(name, arguments.seconds), flush=True)


if __name__ == "__main__":
    main()
