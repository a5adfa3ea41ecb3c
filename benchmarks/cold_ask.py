"""How long does one question take, from return key to prompt, and how much memory?

    python benchmarks/cold_ask.py                     corpus/, 7 rounds, about 6 minutes
    python benchmarks/cold_ask.py --folder notes/ --question "..." --rounds 3
    python benchmarks/cold_ask.py --profile           only ours: where its time goes
    python benchmarks/cold_ask.py --publish           also the kept results and the plot

Each run is a whole process: `rag ask`, or the smallest script with which a user of another toolkit
opens a saved index, embeds the question with the same weights, and prints the best passage and
five sources. All answer by quoting; no language model runs. Files are in the page cache: each
toolkit has one run that does not count, then they take turns. All of them index the folder's .md
and .txt files, which all of them read alike.

Linux. Needs the peers (sh benchmarks/peers/setup.sh) and, to draw, matplotlib (the extra `bench`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from peers.measured import Cost, machine, run, summary
from peers.toolkits import OFFLINE, OURS, PLOTS, Command, Toolkit, keep, toolkits

AIM_SECONDS, AIM_MIB, AIM_SHARE = 1.0, 300.0, 0.1
SUFFIXES = {".md", ".txt"}

# Runs the command's own main with clocks around its steps; a step leaves out those within it.
STAGES = """
import sys, time
marks, running = {}, []
def charge(name, seconds): marks[name] = marks.get(name, 0.0) + seconds
def clocked(name, call):
    def timed(*args, **options):
        running.append(0.0)
        started = time.perf_counter()
        try:
            return call(*args, **options)
        finally:
            spent = time.perf_counter() - started
            charge(name, spent - running.pop())
            if running:
                running[-1] += spent
    return timed
def imports():
    import rag_infer.cli.app, rag_infer.api, rag_infer.answering.pipeline
clocked("import command and library", imports)()
from rag_infer import cli, retrieve
from rag_infer.embed import openvino_bert
from rag_infer.api import Index
from rag_infer.engine import Engine
encoder, snapshot = openvino_bert.OpenVinoEmbedder, Engine.snapshot.fget
Engine.snapshot = property(clocked("open the index", snapshot))
encoder.__init__ = clocked("load the tokenizer", encoder.__init__)
encoder.embed_queries = clocked("embed the question, weights included", encoder.embed_queries)
encoder.embed = clocked("embed sentences of the answer", encoder.embed)
search = retrieve.search
for module in [m for n, m in sys.modules.items() if n.startswith("rag_infer")]:
    if getattr(module, "search", None) is search:
        module.search = clocked("retrieve", search)
Index.ask = clocked("answer, without the steps above", Index.ask)
sys.argv = ["rag", "ask", sys.argv[2], "--index", sys.argv[1]]
try:
    clocked("parse, print", cli.main)()
except SystemExit as ended:
    assert not ended.code, ended.code
finally:
    for name, seconds in marks.items():
        print(f"\\0{1000 * seconds:.1f}\\t{name}")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("corpus"))
    parser.add_argument("--question", default="Why is decoding limited by memory bandwidth?")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--profile", action="store_true", help="only ours, stage by stage")
    parser.add_argument("--publish", action="store_true", help="write the kept results and plot")
    options = parser.parse_args()
    measured = toolkits()[:1] if options.profile else toolkits()
    where = machine()
    with tempfile.TemporaryDirectory(prefix="cold-ask-") as scratch:
        folder = text_files(options.folder, Path(scratch) / "corpus")
        for toolkit in measured:
            print(f"indexing with {toolkit.name} ...", file=sys.stderr)
            run(toolkit.index(folder, Path(scratch) / toolkit.name), env=OFFLINE)
        if options.profile:
            profile(Path(scratch) / OURS, options.question, options.rounds)
            return
        costs = rounds(measured, Path(scratch), options.question, options.rounds)
    results = {
        "what": "one question, whole process, files in the page cache",
        "machine": where,
        "question": options.question,
        "toolkits": {t.name: {"version": t.version, **summary(costs[t.name])} for t in measured},
    }
    show(results)
    keep("cold_ask", results, publish=options.publish)
    if options.publish:
        draw(results, PLOTS / "cold_ask.png")


def text_files(folder: Path, copy: Path) -> Path:
    """A copy of a folder's plain text files, whose formats no toolkit needs more packages for."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix in SUFFIXES]
    if not paths:
        sys.exit(f"{folder} holds no {' or '.join(sorted(SUFFIXES))} files; see --folder")
    for path in paths:
        target = copy / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return copy


def rounds(
    measured: list[Toolkit], scratch: Path, question: str, count: int
) -> dict[str, list[Cost]]:
    """Every toolkit once a round, each round begun by the next one; the first does not count."""
    costs: dict[str, list[Cost]] = {toolkit.name: [] for toolkit in measured}
    for number in range(count + 1):
        print(f"round {number} of {count} ...", file=sys.stderr)
        start = number % len(measured)
        for toolkit in measured[start:] + measured[:start]:
            cost = run(toolkit.ask(scratch / toolkit.name, question), env=OFFLINE)
            if not cost.output.strip():
                sys.exit(f"{toolkit.name} printed no answer")
            if number:
                costs[toolkit.name].append(cost)
    return costs


def show(results: dict[str, Any]) -> None:
    rows = results["toolkits"]
    peers = [row for name, row in rows.items() if name != OURS]
    best_seconds = min(row["seconds"] for row in peers)
    best_mib = min(row["peak_mib"] for row in peers)
    where = results["machine"]
    print(f"\n{where['processor']}, {where['cores']} cores, load before {where['load_before']}")
    print(f"\n{'':22}{'seconds':>9}{'fastest':>9}{'slowest':>9}{'CPU s':>8}{'MiB':>8}")
    for name, row in rows.items():
        print(
            f"{name + ' ' + row['version']:22}{row['seconds']:9.2f}{row['fastest']:9.2f}"
            f"{row['slowest']:9.2f}{row['cpu_seconds']:8.2f}{row['peak_mib']:8.0f}"
        )
    ours = rows[OURS]
    print(f"\nours / best peer: {ours['seconds'] / best_seconds:.3f} of the time,", end=" ")
    print(f"{ours['peak_mib'] / best_mib:.2f} of the memory")
    met = (
        ours["seconds"] <= AIM_SHARE * best_seconds
        and ours["seconds"] < AIM_SECONDS
        and ours["peak_mib"] < AIM_MIB
    )
    aim = f"at most {AIM_SHARE} of the time, under {AIM_SECONDS:.0f} s and {AIM_MIB:.0f} MiB"
    print(f"aim: {aim}: {'met' if met else 'NOT met'}")


def profile(index: Path, question: str, count: int) -> None:
    """Our own time by stage, with threads as they come and with one, and the dearest imports."""
    python = Path(sys.executable)
    command: Command = [python.with_name("rag"), "ask", question, "--index", index]
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    columns: list[dict[str, float]] = []
    for env in ({}, one_thread):
        stages: dict[str, list[float]] = {}
        for _ in range(count):
            empty = run([python, "-c", "pass"], env=env)
            stages.setdefault("python -c pass", []).append(1000 * empty.seconds)
            output = run([python, "-c", STAGES, index, question], env=env).output
            for line in output.splitlines():
                if line.startswith("\0"):
                    value, _, name = line[1:].partition("\t")
                    stages.setdefault(name, []).append(float(value))
            total = run(command, env=env)
            stages.setdefault("whole `rag ask`", []).append(1000 * total.seconds)
            stages.setdefault("whole `rag ask`, processor", []).append(1000 * total.cpu)
            stages.setdefault("peak memory, MiB", []).append(total.peak)
        columns.append({name: median(values) for name, values in stages.items()})
    print(f"\nmedian of {count}, milliseconds{'as is':>26}{'1 thread':>10}")
    for name, value in columns[0].items():
        print(f"  {name:44}{value:8.1f}{columns[1].get(name, 0.0):10.1f}")
    written = run([python, "-X", "importtime", *command]).output
    own: dict[str, tuple[int, int]] = {}
    for line in written.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and parts[0].strip().isdigit():
            package = parts[2].strip().split(".")[0]
            seconds, modules = own.get(package, (0, 0))
            own[package] = (seconds + int(parts[0]), modules + 1)
    print("\nimports by package: milliseconds (with -X importtime's own cost), modules")
    for package, (seconds, modules) in sorted(own.items(), key=lambda i: -i[1][0])[:16]:
        print(f"{seconds / 1000:8.1f}{modules:6}  {package}")


def draw(results: dict[str, Any], path: Path) -> None:
    from peers.pictures import bars

    columns = {"seconds": ("seconds", "{:.2f}"), "peak_mib": ("peak memory, MiB", "{:.0f}")}
    title = "One question, from return key to prompt (same weights, no language model)"
    bars(title, results["toolkits"], columns, path)


if __name__ == "__main__":
    main()
