"""How fast is a batch beside a slow server, and what does killing it cost?

    python benchmarks/batch.py                     300 questions, about three minutes
    python benchmarks/batch.py --questions 2000 --publish
    python benchmarks/batch.py --beside ../before      beside another checkout, in the same run

A server of the OpenAI protocol on loopback answers every request after LATENCY seconds with the
same sentence, and counts the requests. Printed: questions a second by the number of questions at
once, beside the ideal (their number over the latency), and processor time of a question; then the
same batch killed ten times (SIGKILL) and run to its end: each id must have one answer, and requests
beyond those of a run without kills are at most those of the questions under way at the kills. With
--beside the same questions are asked by the code of another checkout too, and the answers of both
are compared: text, verdicts, and passages in their order. It needs no data.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from peers.toolkits import keep

from rag_infer import Index

LATENCY_S = 1.0
TOWNS = "Leeds York Hull Bath Ely Truro Wells Derby Ripon Perth".split()
REQUESTS: list[float] = []  # when each came


class Handler(BaseHTTPRequestHandler):
    """Answers after LATENCY seconds."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self._send(json.dumps({"object": "list", "data": [{"id": "slow", "object": "model"}]}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        REQUESTS.append(time.perf_counter())
        time.sleep(LATENCY_S)
        message = {"role": "assistant", "content": "The depot opens at 7:30 [1]."}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        if body.get("stream"):
            chunk = {"choices": [{"index": 0, "delta": message, "finish_reason": "stop"}]}
            end = {"choices": [], "usage": usage}
            text = "".join(f"data: {json.dumps(part)}\n\n" for part in (chunk, end))
            self._send(f"{text}data: [DONE]\n\n", "text/event-stream")
            return
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._send(json.dumps({"id": "1", "choices": [choice], "usage": usage}))

    def _send(self, text: str, kind: str = "application/json") -> None:
        data = text.encode()
        try:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # the client was killed


class Server(ThreadingHTTPServer):
    """Clients that are killed are no errors."""

    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing is printed."""


def command(home: Path, output: Path, concurrency: int, port: int, processes: int = 1) -> list[str]:
    return [
        sys.executable, "-m", "rag_infer", "batch", str(home / "questions.txt"),
        "--output", str(output), "--index", str(home / "index"),
        "--llm", f"http://127.0.0.1:{port}/v1#slow", "--concurrency", str(concurrency),
        *(("--processes", str(processes)) if processes > 1 else ()),
    ]  # fmt: skip


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ids(output: Path) -> list[str]:
    return [json.loads(line)["id"] for line in output.read_text("utf-8").splitlines()]


def answers(output: Path) -> dict[str, Any]:
    """What counts of each answer: its text, its verdicts, its passages in their order."""
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    return {
        row["id"]: (
            row["answer"]["text"],
            [claim["verdict"] for claim in row["answer"]["claims"]],
            [
                (hit["document_id"], hit["page_number"], hit["start"])
                for hit in row["answer"]["hits"]
            ],
        )
        for row in rows
    }


def run_of(
    home: Path, chosen: argparse.Namespace, port: int, concurrency: int, processes: int = 1,
    checkout: Path | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """One run: its figures, and its answers."""
    output = home / f"answers-{concurrency}-{processes}-{checkout is None}.jsonl"
    before, started, processor = len(REQUESTS), time.perf_counter(), processor_s()
    folder = Path(__file__).parents[1] if checkout is None else checkout
    subprocess.run(
        command(home, output, concurrency, port, processes), check=True,
        stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(folder.resolve())},
    )  # fmt: skip
    seconds = time.perf_counter() - started
    row = {
        "code": "this" if checkout is None else "before", "processes": processes,
        "concurrency": concurrency, "seconds": round(seconds, 1),
        "a_second": round(chosen.questions / seconds, 2), "ideal": concurrency / LATENCY_S,
        "requests": len(REQUESTS) - before,
        "processor_ms": round(1000 * (processor_s() - processor) / chosen.questions),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return row, answers(output)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--beside", type=Path, help="another checkout")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    chosen = parser.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    results: dict[str, Any] = {"questions": chosen.questions, "latency_s": LATENCY_S, "runs": []}
    with tempfile.TemporaryDirectory(prefix="batch-") as scratch:
        home = Path(scratch)
        index = Index.open(home / "index", create=True)
        for town in TOWNS:
            index.add_text(f"The depot in {town} opens at 7:30 and shuts at 18:00.", id=town)
        lines = [f"When does the depot in {TOWNS[n % 10]} open on day {n}?"
                 for n in range(chosen.questions)]  # fmt: skip
        (home / "questions.txt").write_text("\n".join(lines), "utf-8")
        most = chosen.concurrency[-1]
        if chosen.beside is not None:
            row, former = run_of(home, chosen, port, most, checkout=chosen.beside)
            results["runs"].append(row)
        for concurrency in chosen.concurrency:
            row, present = run_of(home, chosen, port, concurrency)
            results["runs"].append(row)
        requests = row["requests"]
        row, shared = run_of(home, chosen, port, most, chosen.processes)
        results["runs"].append(row)
        results["equal_by_processes"] = sum(shared[n] == present[n] for n in present)
        if chosen.beside is not None:
            results["equal_to_before"] = sum(former[n] == present[n] for n in present)
        if chosen.kills:
            results["kills"] = killed(home, chosen, port, requests)
    print(json.dumps({name: value for name, value in results.items() if name != "runs"}))
    keep("batch", results, publish=chosen.publish)


def killed(home: Path, chosen: argparse.Namespace, port: int, requests: int) -> dict[str, Any]:
    """The same batch, killed at random sizes of its output, then run to its end."""
    concurrency = chosen.concurrency[-1]
    REQUESTS.clear()
    output, generator = home / "killed.jsonl", random.Random(1)
    limits = sorted(generator.randrange(chosen.questions) for _ in range(chosen.kills))
    for limit in limits:
        arguments = command(home, output, concurrency, port)
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            if output.exists() and output.read_bytes().count(b"\n") >= limit:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.02)
    subprocess.run(command(home, output, concurrency, port), check=True, stdout=subprocess.DEVNULL)
    answered = ids(output)
    bound = requests + chosen.kills * concurrency * -(-requests // chosen.questions)
    return {
        "kills": chosen.kills, "answers": len(answered), "distinct": len(set(answered)),
        "requests": len(REQUESTS), "most_allowed": bound, "kept": len(REQUESTS) <= bound,
    }  # fmt: skip


if __name__ == "__main__":
    main()
