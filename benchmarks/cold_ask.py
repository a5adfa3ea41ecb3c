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
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from peers.measured import Cost, machine, run, summary
from peers.toolkits import OFFLINE, OURS, PLOTS, Toolkit, keep, toolkits

AIM_SECONDS, AIM_MIB, AIM_SHARE = 1.0, 300.0, 0.1
SUFFIXES = {".md", ".txt"}

# What `rag ask` does, one step at a time. "answer" holds a second search, which is taken off.
STAGES = """
import os, sys, time
index, question = sys.argv[1:3]
marks = [("", time.perf_counter())]
def mark(name): marks.append((name, time.perf_counter()))
import rag_infer.cli.app; mark("import the command")
import rag_infer.pipeline.index, rag_infer.pipeline.answer; mark("import the library")
from rag_infer import Index
opened = Index.open(index); opened.snapshot; mark("open the index")
embedder = opened.embedder; mark("load tokenizer")
embedder.embed_queries([question]); mark("load weights, embed question")
opened.search(question, 5); mark("search (embeds again)")
opened.ask(question); mark("answer (searches again)")
for (_, before), (name, at) in zip(marks, marks[1:]):
    print(f"{1000 * (at - before):.1f}\\t{name}")
print(f"{len(sys.modules)}\\tmodules")
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
    found = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix in SUFFIXES]
    if not found:
        sys.exit(f"{folder} holds no {' or '.join(sorted(SUFFIXES))} files; see --folder")
    for path in found:
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
    """Our own time by stage, and the modules whose import takes longest."""
    python = Path(sys.executable)
    empty = [run([python, "-c", "pass"]) for _ in range(count)]
    stages: dict[str, list[float]] = {}
    for _ in range(count):
        shown = run([python, "-c", STAGES, index, question]).output
        for line in shown.splitlines()[-8:]:
            value, _, name = line.partition("\t")
            stages.setdefault(name, []).append(float(value))
    whole = [run([python.with_name("rag"), "ask", question, "--index", index]) for _ in empty]
    print(f"\nfastest of {count}, milliseconds")
    print(f"{1000 * min(c.seconds for c in empty):8.1f}  python -c pass")
    for name, values in stages.items():
        print(f"{min(values):8.1f}  {name}")
    print(f"{1000 * min(c.seconds for c in whole):8.1f}  whole `rag ask`", end=", ")
    print(f"{min(c.peak for c in whole):.0f} MiB")
    command = [python, "-X", "importtime", python.with_name("rag"), "ask", question, "-i", index]
    written = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    own: dict[str, tuple[int, int]] = {}
    for line in written.splitlines():
        parts = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and parts[0].strip().isdigit():
            package = parts[2].strip().split(".")[0]
            spent, modules = own.get(package, (0, 0))
            own[package] = (spent + int(parts[0]), modules + 1)
    print("\nimports by package: milliseconds (with -X importtime's own cost), modules")
    for package, (spent, modules) in sorted(own.items(), key=lambda i: -i[1][0])[:20]:
        print(f"{spent / 1000:8.1f}{modules:6}  {package}")


def draw(results: dict[str, Any], path: Path) -> None:
    """Two rows of bars: seconds and MiB."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = results["toolkits"]
    names = list(reversed(rows))
    colours = ["#1f6feb" if name == OURS else "#b8bfc8" for name in names]
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 2.6), sharey=True)
    for axis, key, title, form in (
        (axes[0], "seconds", "seconds", "{:.2f}"),
        (axes[1], "peak_mib", "peak memory, MiB", "{:.0f}"),
    ):
        values = [rows[name][key] for name in names]
        bars = axis.barh(names, values, color=colours, height=0.62)
        axis.bar_label(bars, [form.format(v) for v in values], padding=4, fontsize=9)
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_xlim(0, 1.18 * max(values))
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.tick_params(length=0)
        axis.set_xticks([])
    figure.suptitle(
        "One question, as a whole process, same weights", fontsize=11, x=0.02, ha="left"
    )
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)
    print(f"drawn: {path}")


if __name__ == "__main__":
    main()
