"""How fast do documents get into an index, and in how much memory?

    python benchmarks/indexing.py                     vectors and whole folder; about 12 minutes
    python benchmarks/indexing.py --only embed        only vectors: chunks/s and cosines
    python benchmarks/indexing.py --only folder       only whole folders, all toolkits
    python benchmarks/indexing.py --curve             1 to 100 MB of text, ours; about an hour
    python benchmarks/indexing.py --curve --random-vectors    all but the model; minutes
    python benchmarks/indexing.py ... --publish       also the kept results and the plots

Vectors: the same chunk texts through our embedder and through SentenceTransformer.encode (fp32, its
default batch of 32, and the batch that is best for it), each in a process of its own, in turns.
Folder: files to a saved index, whole processes, a fresh index each time, the same weights. The
peers' chunks have about 1,000 characters, which MiniLM reads whole; without overlap, which would
only give them more to embed. Curve: a folder grown from the same text, no chunk twice in it.

Linux. Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data), the peers
(sh benchmarks/peers/setup.sh) for folders and, to draw, matplotlib (the extra `bench`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from peers.grown import grow
from peers.measured import Cost, machine, run, summary
from peers.toolkits import HERE, OFFLINE, OURS, PLOTS, keep, toolkits

CORPORA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "chunking_eval" / "corpora"
ENCODERS = HERE / "encoders.py"
REFERENCE = "SentenceTransformer"
LIMIT = 3 * 3600.0  # seconds for one process, so that a hang is named, not waited for
BATCHES = [32, 8, 64, 128]  # the first is its default
AIM_RATE, AIM_COSINE, AIM_FOLDER, AIM_MIB = 4.0, 0.999, 0.25, 1e9 / 2**20

# A stand-in for the model that costs nothing; everything else is as in `rag index`.
RANDOM_VECTORS = """
import sys
import numpy as np
from rag_infer import Index
from rag_infer.embed import load_embedder
class Random(type(load_embedder())):
    def embed(self, texts):
        rows = np.random.default_rng(len(texts)).normal(size=(len(texts), self.dimension))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
embedder = load_embedder()
embedder.__class__ = Random
report = Index.open(sys.argv[2], create=True, embedder=embedder).add(sys.argv[1])
print(report.chunks, "chunks")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=CORPORA)
    parser.add_argument("--only", choices=("embed", "folder"))
    parser.add_argument("--rounds", type=int, default=3, help="of vectors; folders take one")
    parser.add_argument("--folder-rounds", type=int, default=1)
    parser.add_argument("--texts", type=int, default=400, help="chunk texts to embed")
    parser.add_argument("--tokens", type=int, nargs="*", default=[0, 240], help="0: our default")
    parser.add_argument("--embedder", nargs="*", default=["minilm"], help="ours, as for --embedder")
    parser.add_argument("--characters", type=int, default=1000, help="in a peer's chunk")
    parser.add_argument("--curve", type=float, nargs="*", metavar="MB", help="sizes to grow to")
    parser.add_argument("--random-vectors", action="store_true")
    parser.add_argument("--publish", action="store_true", help="write the kept results and plots")
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.exit(f"{options.folder} is not there; set RAG_EVAL_DATA or give --folder")
    with tempfile.TemporaryDirectory(prefix="indexing-") as scratch:
        if options.curve is not None:
            curve(options, Path(scratch))
            return
        if options.only != "folder":
            vectors(options, Path(scratch))
        if options.only != "embed":
            folders(options, Path(scratch))


# Vectors


def vectors(options: argparse.Namespace, scratch: Path) -> None:
    results: dict[str, Any] = {"what": "chunk texts to vectors", "machine": machine(), "sizes": []}
    for tokens in options.tokens:
        row = same_texts(options, scratch, tokens)
        results["sizes"].append(row)
        show_vectors(row)
    keep("indexing_embed", results, publish=options.publish)


def same_texts(options: argparse.Namespace, scratch: Path, tokens: int) -> dict[str, Any]:
    """Seconds of every encoder on the same texts, and how near our vectors are to the reference."""
    source = scratch / f"texts-{tokens}.json"
    size = [str(tokens)] if tokens else []
    texts = _encode("texts", options.folder, source, str(options.texts), *size)
    seconds: dict[str, list[tuple[float, float]]] = {}
    batches = BATCHES
    for number in range(options.rounds):
        print(f"vectors, round {number + 1} of {options.rounds} ...", file=sys.stderr)
        for name in options.embedder:
            out = scratch / f"{Path(name).name}.npy"
            for key, value in _encode("ours", source, out, name)["seconds"].items():
                seconds.setdefault(key, []).append(value)
        out = scratch / "reference.npy"
        output = _encode("sentence-transformers", source, out, *map(str, batches))["seconds"]
        for key, value in output.items():
            seconds.setdefault(f"{REFERENCE} batch {key}", []).append(value)
        # Its best batch is known after one round; the others need not be asked again.
        best = min(batches, key=lambda b: seconds[f"{REFERENCE} batch {b}"][0])
        batches = list(dict.fromkeys([BATCHES[0], best]))

    def rate(values: list[tuple[float, float]], clock: int) -> float:
        return round(texts["texts"] / median(pair[clock] for pair in values), 1)

    return {
        **texts,
        "rounds": options.rounds,
        "chunks_per_second": {name: rate(values, 0) for name, values in seconds.items()},
        "chunks_per_cpu_second": {name: rate(values, 1) for name, values in seconds.items()},
        "cosine": {
            name: cosines(scratch / f"{Path(name).name}.npy", scratch / "reference.npy")
            for name in options.embedder
        },
    }


def _encode(*arguments: str | Path) -> dict[str, Any]:
    output = run([sys.executable, ENCODERS, *arguments], env=OFFLINE, limit=LIMIT).output
    report: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return report


def cosines(ours: Path, reference: Path) -> dict[str, float]:
    import numpy as np

    a, b = np.load(ours), np.load(reference)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    values = (a * b).sum(axis=1)
    return {"lowest": round(float(values.min()), 6), "mean": round(float(values.mean()), 6)}


def show_vectors(row: dict[str, Any]) -> None:
    rates = row["chunks_per_second"]
    peers = {name: rate for name, rate in rates.items() if name.startswith(REFERENCE)}
    default, best = peers[f"{REFERENCE} batch {BATCHES[0]}"], max(peers.values())
    print(f"\n{row['texts']} of {row['of']} chunks, {row['mean_tokens']:.0f} tokens on average")
    print(f"{'':31}{'chunks/s':>9}{'x default':>10}{'x best':>7}{'/CPU s':>7}", end="")
    print(f"{'low cos':>9}{'mean':>7}")
    for name, rate in rates.items():
        cosine = row["cosine"].get(name)
        tail = f"{cosine['lowest']:9.5f}{cosine['mean']:7.4f}" if cosine else ""
        cpu = row["chunks_per_cpu_second"][name]
        print(f"{name:31}{rate:9.1f}{rate / default:10.2f}{rate / best:7.2f}{cpu:7.1f}{tail}")
    for name, cosine in row["cosine"].items():
        met = rates[name] >= AIM_RATE * default and cosine["lowest"] >= AIM_COSINE
        aim = f"{AIM_RATE:.0f} times its default, lowest cosine {AIM_COSINE}"
        print(f"aim for {name}: {aim}: {'met' if met else 'NOT met'}")


# Whole folders


def folders(options: argparse.Namespace, scratch: Path) -> None:
    measured = toolkits(options.characters)
    where = machine()
    small = scratch / "small"
    small.mkdir()
    (small / "note.md").write_text(
        "# A note\n\nOne sentence, so that each has run once.\n", "utf-8"
    )
    costs: dict[str, list[Cost]] = {toolkit.name: [] for toolkit in measured}
    chunks: dict[str, int] = {}
    for number in range(options.folder_rounds + 1):
        for toolkit in measured:
            index = scratch / f"{toolkit.name}-{number}"
            folder = options.folder if number else small
            print(f"{folder} with {toolkit.name} ...", file=sys.stderr)
            cost = run(toolkit.index(folder, index), env=OFFLINE, sample=0.25, limit=LIMIT)
            if number:
                costs[toolkit.name].append(cost)
                chunks[toolkit.name] = _chunks(cost)
            shutil.rmtree(index)
    results = {
        "what": "files to a saved index, whole process",
        "machine": where,
        "megabytes": round(_bytes(options.folder) / 1e6, 2),
        "characters_in_a_peers_chunk": options.characters,
        "toolkits": {
            t.name: {"version": t.version, "chunks": chunks[t.name], **summary(costs[t.name])}
            for t in measured
        },
    }
    show_folders(results)
    keep("indexing_folder", results, publish=options.publish)
    if options.publish:
        draw_folders(results, PLOTS / "indexing.png")


def show_folders(results: dict[str, Any]) -> None:
    rows = results["toolkits"]
    where = results["machine"]
    print(
        f"\n{results['megabytes']} MB, {where['cores']} cores, load before {where['load_before']}"
    )
    print(f"{'':22}{'chunks':>8}{'seconds':>9}{'CPU s':>8}{'chunks/s':>10}{'MiB':>7}{'all MiB':>9}")
    for name, row in rows.items():
        print(
            f"{name + ' ' + row['version']:22}{row['chunks']:8}{row['seconds']:9.1f}"
            f"{row['cpu_seconds']:8.1f}{row['chunks'] / row['seconds']:10.1f}"
            f"{row['peak_mib']:7.0f}{row['together_mib']:9.0f}"
        )
    best = min(row["seconds"] for name, row in rows.items() if name != OURS)
    share = rows[OURS]["seconds"] / best
    print("MiB: the largest process; all MiB: its whole family together")
    print(f"ours / best peer: {share:.2f}; aim {AIM_FOLDER}: {_met(share <= AIM_FOLDER)}")


# The curve


def curve(options: argparse.Namespace, scratch: Path) -> None:
    ours = toolkits()[0] if not options.random_vectors else None
    name = "indexing_curve" if ours else "indexing_curve_random_vectors"
    results: dict[str, Any] = {
        "what": f"{name}: a folder of text to an index, from nothing",
        "machine": machine(),
        "sizes": [],
    }
    print(f"{'MB':>6}{'files':>7}{'chunks':>9}{'seconds':>10}{'ms/chunk':>10}", end="")
    print(f"{'MiB':>7}{'all MiB':>9}{'index MB':>10}")
    for megabytes in options.curve or [1, 3, 10, 30, 100]:
        folder, index = scratch / "grown", scratch / "index"
        files = grow(options.folder, folder, megabytes)
        command = (
            ours.index(folder, index)
            if ours
            else [sys.executable, "-c", RANDOM_VECTORS, folder, index]
        )
        cost = run(command, env=OFFLINE, sample=0.25, limit=LIMIT)
        row = {
            "megabytes": megabytes,
            "files": files,
            "chunks": _chunks(cost),
            "seconds": round(cost.seconds, 1),
            "cpu_seconds": round(cost.cpu, 1),
            "ms_per_chunk": round(1000 * cost.seconds / _chunks(cost), 2),
            "peak_mib": round(cost.peak),
            "together_mib": round(cost.together),
            "index_megabytes": round(_bytes(index) / 1e6, 1),
        }
        results["sizes"].append(row)
        print(
            f"{megabytes:6g}{files:7}{row['chunks']:9}{row['seconds']:10.1f}"
            f"{row['ms_per_chunk']:10.2f}{row['peak_mib']:7}{row['together_mib']:9}"
            f"{row['index_megabytes']:10.1f}",
            flush=True,
        )
        keep(name, results, publish=options.publish)
        shutil.rmtree(folder)
        shutil.rmtree(index)
    worst = max(row["together_mib"] for row in results["sizes"])
    print(f"most memory: {worst} MiB together; aim under {AIM_MIB:.0f}: {_met(worst < AIM_MIB)}")
    if options.publish and ours:
        draw_curve(results, PLOTS / "indexing_curve.png")


def _chunks(cost: Cost) -> int:
    """Every toolkit's command ends by saying how many chunks it made."""
    counts = re.findall(r"([\d,]+) chunks(?!/s)", cost.output)
    if not counts:
        raise RuntimeError(f"no count of chunks in: {cost.output[-500:]}")
    return int(counts[-1].replace(",", ""))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _met(met: bool) -> str:
    return "met" if met else "NOT met"


# Pictures


def draw_folders(results: dict[str, Any], path: Path) -> None:
    from peers.pictures import bars

    columns = {"seconds": ("seconds", "{:.0f}"), "peak_mib": ("peak memory, MiB", "{:.0f}")}
    title = f"{results['megabytes']} MB of text into a saved index (same weights)"
    bars(title, results["toolkits"], columns, path)


def draw_curve(results: dict[str, Any], path: Path) -> None:
    from peers.pictures import lines

    rows = results["sizes"]
    memory = {
        "all processes together": [row["together_mib"] for row in rows],
        "the largest": [row["peak_mib"] for row in rows],
    }
    panels = {
        "milliseconds a chunk": {"": [row["ms_per_chunk"] for row in rows]},
        "peak memory, MiB": memory,
    }
    sizes = [row["megabytes"] for row in rows]
    lines("Indexing, as the folder grows", sizes, panels, {"peak memory, MiB": AIM_MIB}, path)


if __name__ == "__main__":
    main()
