"""Two revisions of this project beside each other, in one run: time, memory, quality.

    python benchmarks/revisions.py 4978c28              that commit against the working tree
    python benchmarks/revisions.py main~20 --rounds 3 --questions 60

For changes that should leave behaviour as it is. The other revision is checked out into a temporary
folder and run with this environment's packages. Whole processes take turns, so that a machine that
is busy is busy for both; ratios are of medians. Printed: a cold `rag ask` (wall, CPU, peak memory),
indexing corpus/, questions a second of `rag serve` with one client, in its first seconds and once
it is warm, how many of the corpus' questions get the same answer, and the right passage in the top
5 with the quotes that hold the gold words. Quality on the evaluation data: run answers.py and
retrieval.py in both trees
(``--keep`` leaves the other one in place).

Linux (it reads a child's peak memory from wait4).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "revisions.json"
COMMAND = "from rag_infer.cli import main; main()"
QUESTION = "Why is decoding limited by memory bandwidth?"


@dataclass(frozen=True)
class ProcessCost:
    """Seconds and bytes of one whole process, and what it printed."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str


def environment(tree: Path, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(tree),
        "RAG_INDEXES": str(home / "indexes"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "",  # an installed package has its modules compiled
    }


def run(tree: Path, home: Path, *arguments: str) -> ProcessCost:
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", COMMAND, *arguments],
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=environment(tree, home),
            cwd=ROOT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode:
        raise SystemExit(f"{tree}: rag {' '.join(arguments)} exited with {process.returncode}")
    return ProcessCost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, text)


def check_out(revision: str, folder: Path) -> None:
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "checkout", "-q", revision], check=True)


def check_tree(tree: Path, home: Path) -> None:
    """Exits where another tree's package would be run: a comparison with itself looks perfect."""
    code = "import rag_infer; print(rag_infer.__file__)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment(tree, home),
        cwd=ROOT,
    )
    if not Path(done.stdout.strip()).is_relative_to(tree):
        raise SystemExit(f"expected the package of {tree}, got {done.stdout.strip()}")


def corpus_answers(tree: Path, home: Path, questions: Sequence[dict[str, Any]]) -> list[Any]:
    """Answered, text and top-5 chunks of each question, by that tree in one process."""
    code = """
import json, sys
from rag_infer import Index
index = Index.open("default")
for line in sys.stdin:
    question = json.loads(line)
    answer = index.ask(question["question"])
    print(json.dumps([answer.answered, answer.text, [hit.chunk.text for hit in answer.hits[:5]]]))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        input="\n".join(map(json.dumps, questions)),
        capture_output=True,
        text=True,
        check=True,
        env=environment(tree, home),
        cwd=ROOT,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def questions_per_second(tree: Path, home: Path, seconds: float) -> tuple[float, float]:
    """One client, one question after the other, through REST: at first, and once it is warm."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND, "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(tree, home),
        cwd=ROOT,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=2).read()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        rates: list[float] = []
        number = 0
        for _ in range(2):
            count, start = 0, time.perf_counter()
            while (passed := time.perf_counter() - start) < seconds:
                # Another wording each time: an answer must not come from a cache.
                text = f"{QUESTION} ({number})"
                body = {"model": "default", "messages": [{"role": "user", "content": text}]}
                request = urllib.request.Request(
                    f"{url}/v1/chat/completions",
                    json.dumps(body).encode(),
                    {"Content-Type": "application/json"},
                )
                urllib.request.urlopen(request, timeout=30).read()
                count += 1
                number += 1
            rates.append(count / passed)
        return rates[0], rates[1]
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("revision")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run of the server")
    parser.add_argument("--keep", type=Path, help="check the other revision out here, and leave it")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()

    work = Path(tempfile.mkdtemp())
    other = options.keep or work / "other"
    check_out(options.revision, other)
    trees = {"before": other, "after": ROOT}
    homes = {name: work / f"home-{name}" for name in trees}
    for home in homes.values():
        (home / "indexes").mkdir(parents=True)
    with (ROOT / "corpus" / "questions.jsonl").open(encoding="utf-8") as file:
        questions = [json.loads(line) for line in file]

    costs: dict[str, dict[str, list[ProcessCost]]] = {n: {"index": [], "ask": []} for n in trees}
    for name, tree in trees.items():
        check_tree(tree, homes[name])
    for name, tree in trees.items():  # not counted: compiles modules, fills caches
        run(tree, homes[name], "index", "corpus")
        run(tree, homes[name], "ask", QUESTION)
    for number in range(options.rounds):
        for name, tree in trees.items():
            shutil.rmtree(homes[name] / "indexes")
            (homes[name] / "indexes").mkdir()
            costs[name]["index"].append(run(tree, homes[name], "index", "corpus"))
            costs[name]["ask"].append(run(tree, homes[name], "ask", QUESTION))
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in trees}
    for _ in range(min(3, options.rounds)):
        for name, tree in trees.items():
            rates[name].append(questions_per_second(tree, homes[name], options.seconds))

    answers = {name: corpus_answers(tree, homes[name], questions) for name, tree in trees.items()}
    result: dict[str, Any] = {"revision": options.revision}
    print(f"{'':24}{'before':>10}{'after':>10}{'ratio':>8}")

    def line(label: str, before: float, after: float, form: str) -> None:
        result[label] = [round(before, 4), round(after, 4)]
        ratio = f"{after / before:8.2f}" if before else ""
        print(f"{label:24}{before:>10{form}}{after:>10{form}}{ratio}")

    for job in ("index", "ask"):
        for field, scale, unit in (
            ("wall_s", 1, "s"),
            ("cpu_s", 1, "CPU s"),
            ("peak_bytes", 2**20, "MiB"),
        ):
            before, after = (
                median(getattr(c, field) for c in costs[name][job]) / scale for name in trees
            )
            line(f"{job}, {unit}", before, after, ".3f" if scale == 1 else ".0f")
    for part, label in enumerate(("serve, questions/s", "serve once warm, /s")):
        line(label, *(median(rate[part] for rate in rates[name]) for name in trees), ".1f")
    plain = {n: [re.sub(r"\s+", " ", a[1]) for a in answers[n]] for n in trees}
    equal = sum(b == a for b, a in zip(plain["before"], plain["after"], strict=True))
    answerable = [
        n for n, q in enumerate(questions) if q.get("answerable", True) and q.get("quote")
    ]

    def share(name: str, part: int) -> float:
        def holds(number: int) -> bool:
            quote = re.sub(r"\s+", " ", questions[number]["quote"])
            texts = answers[name][number][part]
            texts = [texts] if isinstance(texts, str) else texts
            return any(quote in re.sub(r"\s+", " ", text) for text in texts)

        return sum(map(holds, answerable)) / max(1, len(answerable))

    line("same answer text", len(questions), equal, ".0f")
    line("answered", *(sum(a[0] for a in answers[n]) for n in trees), ".0f")
    line("gold quote in top 5", share("before", 2), share("after", 2), ".3f")
    if options.publish:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
