"""What does one change cost, among many files that did not change?

    python benchmarks/syncing.py                  10,000 files; about three minutes
    python benchmarks/syncing.py --files 1000

Whole ``rag index`` processes over a folder of small files: nothing changed, one file changed, one
new, one moved, one deleted; and, to compare, a folder that holds one such file alone. Medians of
five. Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data) for its text.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from peers.measured import machine
from peers.toolkits import OFFLINE, keep

CORPORA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "chunking_eval" / "corpora"
RAG = Path(sys.executable).with_name("rag")
CHARACTERS = 600
ROUNDS = 5
AIM = 3.0  # times the file alone: "about the time of that file"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not CORPORA.is_dir():
        sys.exit(f"{CORPORA} is not there; set RAG_EVAL_DATA")
    text = "\n".join(p.read_text("utf-8") for p in sorted(CORPORA.glob("*.md")))
    with tempfile.TemporaryDirectory(prefix="syncing-") as scratch:
        report = measured(Path(scratch), text, options.files)
    report |= {"machine": machine()}
    keep("syncing", report, publish=options.publish)


def measured(scratch: Path, text: str, files: int) -> dict[str, object]:
    folder, single_folder = scratch / "many", scratch / "alone"
    folder.mkdir()
    single_folder.mkdir()

    def written(number: int) -> str:
        at = number * 131 % (len(text) - CHARACTERS)
        return f"# Note {number}\n\n{text[at : at + CHARACTERS]}\n"

    for number in range(files):
        (folder / f"{number:05}.md").write_text(written(number), "utf-8")
    first, counts = indexed(scratch, folder, "many")
    print(f"{files} files, {counts['chunks']} chunks at first: {first:.1f} s", flush=True)
    turn = iter(range(files, 10 * files))

    def change(_: int) -> None:
        (folder / "00007.md").write_text(written(next(turn)), "utf-8")

    def add(_: int) -> None:
        number = next(turn)
        (folder / f"{number:05}.md").write_text(written(number), "utf-8")

    def move(round_: int) -> None:
        (folder / f"{100 + round_:05}.md").rename(folder / f"moved-{round_}.md")

    def delete(round_: int) -> None:
        (folder / f"{200 + round_:05}.md").unlink()

    def rewrite(_: int) -> None:
        (single_folder / "one.md").write_text(written(next(turn)), "utf-8")

    rewrite(0)
    indexed(scratch, single_folder, "alone")
    cases: dict[str, tuple[Path, str, Callable[[int], None]]] = {
        "that file alone": (single_folder, "alone", rewrite),
        "nothing": (folder, "many", lambda _: None),
        "one file changed": (folder, "many", change),
        "one file new": (folder, "many", add),
        "one file moved": (folder, "many", move),
        "one file deleted": (folder, "many", delete),
    }
    times: dict[str, list[float]] = {name: [] for name in cases}
    embedded: dict[str, int] = {}
    for round_ in range(ROUNDS):
        for name, (source, index, act) in cases.items():
            act(round_)
            seconds, counts = indexed(scratch, source, index)
            times[name].append(seconds)
            embedded[name] = int(str(counts["embedded"]))
    rows = {name: median(durations) for name, durations in times.items()}
    base = rows["that file alone"]
    for name, seconds in rows.items():
        print(
            f"{name:18}{seconds:7.2f} s  {seconds / base:5.2f} of the file alone  "
            f"{embedded[name]} chunks embedded"
        )
    ratio = rows["one file changed"] / base
    print(f"aim: at most {AIM:.0f} times the file alone: {'met' if ratio <= AIM else 'NOT met'}")
    return {"files": files, "first_s": first, "seconds": rows, "embedded": embedded}


def indexed(scratch: Path, folder: Path, index: str) -> tuple[float, dict[str, object]]:
    start = time.perf_counter()
    done = subprocess.run(
        [RAG, "index", folder, "--index", scratch / f"index-{index}", "--json"],
        env={**os.environ, **OFFLINE}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return time.perf_counter() - start, json.loads(done.stdout)


if __name__ == "__main__":
    main()
