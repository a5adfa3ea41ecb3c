"""How many questions a second does the server answer, and how long does the slowest one take?

    python benchmarks/serve.py                        all, about 6 minutes
    python benchmarks/serve.py --seconds 3 --rounds 1 a quick look
    python benchmarks/serve.py --startup              only how soon the servers listen
    python benchmarks/serve.py --publish              also the kept results

Two servers on loopback, over the same text with the same MiniLM weights: `rag serve`, and the
smallest FastAPI server over LangChain and FAISS (peers/langchain_serve.py). They take turns; the
clients are a process of their own, and each question is asked once of each server for each job.
The processor's milliseconds of the server for one question are printed beside the times: they stay
true on a machine that does other things too.

ask     the sentence that answers, quoted. Ours: dense and lexical search, the sentences of the
        five best passages judged by fitted models, by their vectors and by a reader that looks at
        two passages, an answer or a refusal, with places, hits and scores. The peer: the five
        nearest passages, their sentences embedded, the nearest of them.
search  the five best passages alone. Ours: dense and lexical, fused. The peer: dense.

The aim, five times the peer's questions a second, is about ask. Ours answering against the peer
only searching is printed too: not the same job, but the least that the peer could do.
Start-up is from the command to the line that says where it listens, and for `rag mcp` to its
answer to the protocol's first message, three whole processes each; the aim is a second.

Linux. Needs the peers (sh benchmarks/peers/setup.sh), the extras serve and mcp, and the evaluation
data (RAG_EVAL_DATA, default ../shared/data) for SQuAD's paragraphs and questions.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from peers.measured import machine, run
from peers.toolkits import HERE, OFFLINE, OURS, PEER_PYTHON, keep, toolkits, versions

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
RAG = Path(sys.executable).with_name("rag")
PEER = "FastAPI + LangChain + FAISS"
AIM, AIM_STARTUP = 5.0, 1.0
CLIENTS = (1, 8, 32)
HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {},
               "clientInfo": {"name": "benchmark", "version": "1"}},
}  # fmt: skip


@dataclass
class Load:
    """What one server did for one job with so many clients, all rounds together."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    failed: int = 0
    cpu: float = 0.0  # seconds of the server's processor

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        return sorted(self.times)[min(len(self.times) - 1, int(share * len(self.times)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--paragraphs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="*", default=CLIENTS)
    parser.add_argument("--startup", action="store_true", help="only how soon they listen")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    where = machine()
    results: dict[str, Any] = {"what": "questions to a server on loopback", "machine": where}
    with tempfile.TemporaryDirectory(prefix="serve-") as scratch:
        folder, questions = squad(Path(scratch), options.paragraphs)
        results["startup"] = startup(folder, Path(scratch))
        if not options.startup:
            results["loads"] = loads(folder, Path(scratch), questions, options)
            peers = ["langchain-core", "langchain-community", "faiss-cpu", "fastapi", "uvicorn"]
            results["versions"] = versions(PEER_PYTHON, peers) | {
                OURS: versions(Path(sys.executable), ["rag-infer"])["rag-infer"]
            }
    keep("serve_startup" if options.startup else "serve", results, publish=options.publish)


def squad(scratch: Path, count: int) -> tuple[Path, list[str]]:
    """A folder with a text file a paragraph, and the questions about them in a fixed order."""
    if not (DATA / "squad").is_dir():
        sys.exit(f"{DATA} is not there; set RAG_EVAL_DATA")
    folder = scratch / "squad"
    folder.mkdir()
    with gzip.open(DATA / "squad" / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    ids = set()
    for number, row in enumerate(random.Random(7).sample(rows, min(count, len(rows)))):
        ids.add(row["id"])
        (folder / f"{number:05}.txt").write_text(row["text"], "utf-8")
    with (DATA / "squad" / "queries.jsonl").open(encoding="utf-8") as lines:
        queries = [json.loads(line) for line in lines]
    questions = sorted({q["text"].strip() for q in queries if q["context_id"] in ids})
    random.Random(7).shuffle(questions)
    return folder, questions


# Load


def loads(
    folder: Path, scratch: Path, questions: list[str], options: argparse.Namespace
) -> list[dict[str, Any]]:
    ours, peer = toolkits()[:2]
    for toolkit in (ours, peer):
        print(f"indexing with {toolkit.name} ...", file=sys.stderr)
        run(toolkit.index(folder, scratch / toolkit.name), env=OFFLINE)
    loads: dict[tuple[str, str, int], Load] = {}
    with (
        _ours(scratch / ours.name, scratch) as (port, process),
        _peer(scratch / peer.name) as (other, other_process),
    ):
        pids = {OURS: process, PEER: other_process}
        at = f"/api/indexes/{ours.name}"
        jobs = {
            ("ask", OURS): (port, f"{at}/ask", "question"),
            ("ask", PEER): (other, "/ask", "question"),
            ("search", OURS): (port, f"{at}/search", "query"),
            ("search", PEER): (other, "/search", "question"),
        }
        source = scratch / "questions.json"
        left = list(questions)
        warm, left = left[:48], left[48:]
        for port_, path, key in jobs.values():
            _load(port_, path, 8, 30.0, key, source, warm)
        turns = [(r, c) for r in range(options.rounds) for c in options.clients]
        share = len(left) // len(turns)
        for number, (round_, clients) in enumerate(turns):
            print(f"round {round_ + 1}, {clients} clients ...", file=sys.stderr)
            own = left[number * share : (number + 1) * share]
            order = list(jobs.items())
            for (job, who), (port_, path, key) in order if number % 2 else order[::-1]:
                before = _cpu(pids[who])
                report = _load(port_, path, clients, options.seconds, key, source, own)
                load = loads.setdefault((job, who, clients), Load())
                load.seconds += report["seconds"]
                load.times += report["times"]
                load.failed += report["failed"]
                load.cpu += _cpu(pids[who]) - before
    return show(loads, options.clients)


def _load(
    port: int, path: str, clients: int, seconds: float, key: str, source: Path, questions: list[str]
) -> dict[str, Any]:
    source.write_text(json.dumps(questions), "utf-8")
    command = [sys.executable, HERE / "load.py", str(port), path, str(clients), str(seconds), key,
               source]  # fmt: skip
    output = subprocess.run(command, capture_output=True, check=True, timeout=seconds + 120)
    report: dict[str, Any] = json.loads(output.stdout)
    return report


def _cpu(pid: int) -> float:
    """Seconds of processor that a process has used, in it and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(loads: dict[tuple[str, str, int], Load], clients: list[int]) -> list[dict[str, Any]]:
    rows = []
    print(
        f"\n{'':30}{'clients':>8}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}"
        f"{'failed':>8}"
    )
    for (job, who, count), load in sorted(loads.items(), key=lambda i: (i[0][0], i[0][2], i[0][1])):
        row = {
            "job": job, "server": who, "clients": count, "per_second": round(load.rate, 2),
            "p50_ms": round(1000 * load.percentile(0.5), 1),
            "p99_ms": round(1000 * load.percentile(0.99), 1),
            "cpu_ms": round(1000 * load.cpu / len(load.times), 1),
            "answers": len(load.times), "failed": load.failed,
        }  # fmt: skip
        rows.append(row)
        print(f"{job:8}{who:22.22}{count:8}{load.rate:10.1f}{row['p50_ms']:9.1f}"
              f"{row['p99_ms']:9.1f}{row['cpu_ms']:9.1f}{load.failed:8}")  # fmt: skip
    print()
    for count in clients:
        ask = loads["ask", OURS, count].rate
        same = ask / loads["ask", PEER, count].rate
        report = "met" if same >= AIM else "MISSED"
        search = loads["search", OURS, count].rate / loads["search", PEER, count].rate
        least = ask / loads["search", PEER, count].rate
        print(
            f"{count:3} clients: ask {same:5.2f} x the peer (aim {AIM:.0f}: {report}); "
            f"search {search:5.2f} x; ours answering, the peer only searching {least:5.2f} x"
        )
    return rows


@contextmanager
def _ours(index: Path, scratch: Path) -> Iterator[tuple[int, int]]:
    command = [RAG, "serve", "--port", "0", "--index", index, "--data-dir", scratch / "data"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | OFFLINE)
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("listening"))
        yield int(line.rstrip().rstrip("/").rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _peer(index: Path) -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [PEER_PYTHON, HERE / "langchain_serve.py", index, str(port)], env=os.environ | OFFLINE
    )
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


# Start-up


def startup(folder: Path, scratch: Path) -> dict[str, float]:
    index = scratch / "small"
    first = next(iter(sorted(folder.iterdir())))
    run([RAG, "index", first, "--index", index], env=OFFLINE)
    startup = {}
    for name, wait_until in (("rag serve", _until_listening), ("rag mcp", _until_greeted)):
        wait_until(index, scratch)  # files into the page cache
        seconds = [wait_until(index, scratch) for _ in range(3)]
        startup[name] = round(median(seconds), 3)
        outcome = "met" if startup[name] < AIM_STARTUP else "MISSED"
        print(f"{name}: ready after {startup[name]:.2f} s, {min(seconds):.2f} to "
              f"{max(seconds):.2f} (aim {AIM_STARTUP:.0f}: {outcome})")  # fmt: skip
    return startup


def _until_listening(index: Path, scratch: Path) -> float:
    start = time.perf_counter()
    with _ours(index, scratch):
        return time.perf_counter() - start


def _until_greeted(index: Path, _scratch: Path) -> float:
    start = time.perf_counter()
    process = subprocess.Popen(
        [RAG, "mcp", "--index", index], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | OFFLINE,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HELLO) + "\n")
        process.stdin.flush()
        assert "result" in json.loads(process.stdout.readline())
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.communicate(timeout=60)


if __name__ == "__main__":
    main()
