"""What tables cost: indexing filings beside another revision, and asking about tables.

    python benchmarks/table_cost.py 4978c28 [--files N] [--rounds N] [--write FILE]

Indexing: `rag index` of a folder of quarterly reports (``sec10q`` of RAG_EVAL_DATA, default
``../shared/data``) by the working tree and by the other revision, in whole processes that take
turns, with this environment's packages; the processor time of the best round counts. The aim: at
most 25 % more than the revision given, 4978c28 being the last one that read no tables from PDFs.

Asking: in one open index of everyday tables (``benchmarks/everyday_tables``) and in one of those
filings, the questions about its tables are asked with ``compute`` and without, in turns, warm. The
aim: a median of at most 50 ms more. A question that is computed is not searched for, so that the
difference may be below zero.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from peers.measured import run

from rag_infer import AskOptions, Index

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")).resolve()
EVERYDAY = Path(__file__).with_name("everyday_tables")
COMMAND = "from rag_infer.cli import main; main()"
AIM_SHARE, AIM_MS = 25.0, 50.0


def indexing(revision: str, files: Sequence[Path], rounds: int) -> dict[str, Any]:
    """Processor seconds of `rag index` of both trees."""
    with tempfile.TemporaryDirectory() as temporary:
        other, folder = Path(temporary) / "other", Path(temporary) / "files"
        folder.mkdir()
        for file in files:
            shutil.copy(file, folder)
        subprocess.run(
            ["git", "-C", ROOT, "worktree", "add", "--detach", other, revision],
            check=True, capture_output=True,
        )  # fmt: skip
        seconds: dict[str, list[float]] = {"before": [], "after": []}
        try:
            for number in range(rounds):
                for name, tree in (("before", other), ("after", ROOT)):
                    home = Path(temporary) / f"{name}{number}"
                    env = {
                        "PYTHONPATH": str(tree), "RAG_INDEXES": str(home / "indexes"),
                        "XDG_DATA_HOME": str(home / "data"),
                        "XDG_CONFIG_HOME": str(home / "config"),
                        "XDG_CACHE_HOME": str(home / "cache"),
                    }  # fmt: skip
                    cost = run([sys.executable, "-P", "-c", COMMAND, "index", folder], env=env)
                    seconds[name].append(cost.cpu)
                    print(f"{name} {cost.seconds:.1f} s, processor {cost.cpu:.1f} s", flush=True)
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", other], check=True)
    before, after = min(seconds["before"]), min(seconds["after"])
    return {
        "revision": revision, "files": len(files),
        "processor_s_before": round(before, 1), "processor_s": round(after, 1),
        "percent_slower": round(100 * (after / before - 1), 1),
    }  # fmt: skip


def asking(folder: Path, questions: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of a question with computation from tables and without."""
    with tempfile.TemporaryDirectory() as temporary:
        index = Index.open(Path(temporary) / "index", create=True)
        index.add(folder)
        plain, computed = AskOptions(compute=False), AskOptions()
        for options in (plain, computed):
            for question in questions[:5]:
                index.ask(question, options=options)
        more, without, answered = [], [], 0
        for question in questions:
            started = time.perf_counter()
            index.ask(question, options=plain)
            middle = time.perf_counter()
            answer = index.ask(question, options=computed)
            ended = time.perf_counter()
            answered += answer.table is not None
            without.append(1000 * (middle - started))
            more.append(1000 * (ended - middle) - without[-1])
    more.sort()
    return {
        "questions": len(questions), "from_tables": answered,
        "ms_without": round(median(without), 1), "ms_more_median": round(median(more), 1),
        "ms_more_p90": round(more[int(0.9 * len(more))], 1),
    }  # fmt: skip


def everyday_questions() -> list[str]:
    return [
        line.split("\t")[2]
        for line in (EVERYDAY / "dev.tsv").read_text(encoding="utf-8").splitlines()
    ]


def filing_questions() -> list[str]:
    lines = (DATA / "sec10q" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("revision", nargs="?", default="4978c28")
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--questions", type=int, default=40, help="on filings")
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    files = sorted((DATA / "sec10q" / "pdfs").glob("*.pdf"))[: args.files]
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            shutil.copy(file, folder)
        results["asking_everyday"] = asking(EVERYDAY / "dev", everyday_questions())
        print(json.dumps(results["asking_everyday"]), flush=True)
        results["asking_filings"] = asking(Path(folder), filing_questions()[: args.questions])
        print(json.dumps(results["asking_filings"]), flush=True)
    results["indexing"] = indexing(args.revision, files, args.rounds)
    print(json.dumps(results["indexing"]))
    slower = results["indexing"]["percent_slower"]
    print(f"aim: at most {AIM_SHARE:.0f} % slower: {'met' if slower <= AIM_SHARE else 'NOT met'}")
    worst = max(results[name]["ms_more_median"] for name in ("asking_everyday", "asking_filings"))
    print(f"aim: at most {AIM_MS:.0f} ms more: {'met' if worst <= AIM_MS else 'NOT met'}")
    if args.write:
        args.write.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
