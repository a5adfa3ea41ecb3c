"""What each embedder costs: to start, to index, to ask, in time and memory, side by side.

    python benchmarks/embedders.py                    MiniLM and the multilingual one
    python benchmarks/embedders.py --publish          keeps the figures in results/embedders.json
    python benchmarks/embedders.py --embedder FOLDER  another one; may be given several times

Each figure is of processes of their own, by turns, the median of ROUNDS: ``import`` of the library
and one question embedded; an index of PASSAGES paragraphs of XQuAD (Artetxe et al. 2020) opened and
one question asked; these paragraphs indexed. Time is of the processor (user and system) and of the
clock, memory the largest resident size. The load of the machine is printed: clock times mean little
where it is above the number of cores. Needs the evaluation data (RAG_EVAL_DATA, default
../shared/data).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "xquad"
RESULTS = Path(__file__).parent / "results" / "embedders.json"
PASSAGES, ROUNDS, LANGUAGE = 60, 3, "de"
QUESTION = "Wer schrieb das?"
_PRELUDE = """
import resource, sys, time
started = time.perf_counter()
"""
_REPORT = """
usage = resource.getrusage(resource.RUSAGE_SELF)
import json
print(json.dumps({
    "clock_s": round(time.perf_counter() - started, 3),
    "processor_s": round(usage.ru_utime + usage.ru_stime, 3),
    "memory_mib": round(usage.ru_maxrss / 1024),
}))
"""
STEPS = {
    "embed": """
from rag_infer.embed import load_embedder
load_embedder(sys.argv[1]).embed_queries([sys.argv[4]])
""",
    "index": """
from rag_infer import Index
index = Index.open(sys.argv[3], create=True, embedder=sys.argv[1])
index.add(sys.argv[2])
""",
    "ask": """
from rag_infer import Index
Index.open(sys.argv[3]).ask(sys.argv[4])
""",
}


def paragraphs() -> list[dict[str, str]]:
    with gzip.open(DATA / LANGUAGE / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file][:PASSAGES]


def run(step: str, arguments: list[str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", f"{_PRELUDE}{STEPS[step]}{_REPORT}", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(embedders: list[str], scratch: Path) -> list[dict[str, Any]]:
    path = scratch / "paragraphs.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) for row in paragraphs())
    path.write_text("\n".join(lines) + "\n", "utf-8")
    rounds: dict[tuple[str, str], list[dict[str, float]]] = {}
    for number in range(ROUNDS):
        for embedder in embedders:
            index = scratch / f"{Path(embedder).name}-{number}"
            for step in STEPS:
                own = run(step, [embedder, str(path), str(index), QUESTION])
                rounds.setdefault((embedder, step), []).append(own)
    return [
        {"embedder": embedder, "step": step}
        | {name: statistics.median(r[name] for r in own) for name in own[0]}
        for (embedder, step), own in rounds.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--embedder", action="append", help="name or folder")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    embedders = options.embedder or ["minilm", "multilingual"]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        for embedder in embedders:  # weights are converted once a machine, which is not counted
            run("embed", [embedder, "", "", QUESTION])
        rows = measure(embedders, Path(scratch))
    print(f"{PASSAGES} paragraphs, load {load:.1f}, {os.cpu_count()} cores")
    print(f"{'embedder':<16}{'step':<8}{'processor s':>13}{'clock s':>10}{'MiB':>7}")
    for row in rows:
        print(
            f"{Path(row['embedder']).name:<16}{row['step']:<8}{row['processor_s']:>13.2f}"
            f"{row['clock_s']:>10.2f}{row['memory_mib']:>7.0f}"
        )
    if options.publish:
        figures = {
            "passages": PASSAGES,
            "load": round(load, 1),
            "cores": os.cpu_count(),
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
