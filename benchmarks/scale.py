"""Does an index stay as fast at a million chunks as at ten thousand?

    python benchmarks/scale.py                        10k, 100k and 1M chunks; about 20 minutes
    python benchmarks/scale.py 10000 100000           only these sizes
    python benchmarks/scale.py 1000000 --repeat 10    the index of that size ten times over

How the chunks are made: a few thousand real chunks of the evaluation corpora are split and embedded
once. Each further chunk is one of them with about a tenth of its words exchanged for words drawn
from all of them, and with its unit vector moved by Gaussian noise of length 0.55 and made unit
again (cosine to its origin about 0.88, neighbours of one text then lie as far apart as neighbouring
chunks do). Documents have 20 chunks. Questions are sentences of the corpora.

Prints build time, size on disk, time to open first (when all is hashed) and again, resident memory
and how much of it is not pages of mapped files,
p50 and p99 of one hybrid search and its processor time, that of its parts (embedding of the
question, vectors, words), of a batch of 32, the first and the median search under a filter that
lets a ninth of the documents through, time to add and to remove one document (its text leaves the
disk: a rewrite), and recall@10 of dense search against exact. FAISS's exact index, and up to 100k
vectors its HNSW graph (32 links, efSearch 64), search the same beside it, one thread. Draws the
growth to benchmarks/out/scale.png. Each size is measured in a fresh process. Needs the evaluation
data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joining
import numpy as np

from rag_infer.embed import Embedder, load_embedder
from rag_infer.index import bm25, lexical_search, manifest, vector_search
from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import SegmentRow, content_hash
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.term_statistics import View
from rag_infer.index.writer import Writer
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.sentences import sentences
from rag_infer.split import split
from rag_infer.types import Chunk, Document, Page

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "chunking_eval" / "corpora"
OUT = Path(__file__).parent / "out" / "scale"
BASE_CHUNKS = 3000
PER_DOCUMENT = 20
NOISE = 0.55
QUESTIONS = 200
MAX_COMPARED = 2_000_000  # vectors
MAX_GRAPH = 120_000  # vectors; a larger graph takes too long to build beside
BUILT = ("build_s", "disk_mb", "build_rss_mb")


def base(embedder: Embedder) -> tuple[list[str], np.ndarray]:
    """Real chunks and their real vectors, made once."""
    OUT.mkdir(parents=True, exist_ok=True)
    texts_file, vectors_file = OUT / "texts.json", OUT / "vectors.npy"
    if texts_file.is_file() and vectors_file.is_file():
        return json.loads(texts_file.read_text()), np.load(vectors_file)
    texts: list[str] = []
    for path in sorted(DATA.glob("*.md")):
        document = Document(path.name, "markdown", "", (Page(1, path.read_text("utf-8")),))
        texts += [chunk.text for chunk in split(document, embedder)]
    random.Random(1).shuffle(texts)
    texts = texts[:BASE_CHUNKS]
    vectors = embedder.embed(texts)
    texts_file.write_text(json.dumps(texts))
    np.save(vectors_file, vectors)
    return texts, vectors


def entries(texts: list[str], vectors: np.ndarray, count: int) -> Iterator[SegmentRow]:
    rng = random.Random(count)
    noise = np.random.default_rng(count)
    words = [word for text in texts for word in text.split()]
    for number in range(0, count, PER_DOCUMENT):
        indices = [rng.randrange(len(texts)) for _ in range(min(PER_DOCUMENT, count - number))]
        chunk_texts = [
            " ".join(w if rng.random() > 0.1 else rng.choice(words) for w in texts[i].split())
            for i in indices
        ]
        moved = noise.standard_normal((len(indices), vectors.shape[1])).astype(np.float32)
        moved *= NOISE / np.linalg.norm(moved, axis=1, keepdims=True)
        rows = vectors[indices] + moved
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        yield entry(f"d{number}", chunk_texts, rows)


def entry(name: str, chunk_texts: list[str], rows: np.ndarray) -> SegmentRow:
    chunks, at = [], 0
    for text in chunk_texts:
        chunks.append(Chunk(name, 1, at, at + len(text), text, ("Part",), len(text) // 4))
        at += len(text) + 2
    page = Page(1, "\n\n".join(chunk_texts))
    hashes = np.frombuffer(b"".join(content_hash(t) for t in chunk_texts), dtype="<u8").reshape(
        -1, 2
    )
    return SegmentRow(
        DocumentRow(name, name, "text", "0" * 64, at, 1),
        Document(name, "text", "0" * 64, (page,)),
        chunks,
        rows,
        hashes,
        [terms(t) for t in chunk_texts],
    )


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def anonymous_mb() -> float:
    """What only this process has in memory; the pages of mapped files the system may drop."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return float("nan")


def build(count: int) -> dict[str, float]:
    embedder = load_embedder()
    texts, vectors = base(embedder)
    path = OUT / f"index-{count}"
    shutil.rmtree(path, ignore_errors=True)
    started = time.perf_counter()
    made_with = EmbedderEntry("minilm", embedder.name, embedder.fingerprint, embedder.dimension)
    with Writer(path, made_with) as writer:
        for one in entries(texts, vectors, count):
            writer.add(one)
        writer.publish()
    seconds = time.perf_counter() - started
    size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    return {"build_s": seconds, "disk_mb": size / 1e6, "build_rss_mb": resident_mb()}


def joined(count: int) -> Path:
    path = OUT / f"joined-{count}"
    if path.is_dir():
        return path
    shutil.copytree(OUT / f"index-{count}", path, copy_function=os.link)
    joining.join(path)
    joining.join(path)  # once joins so many chunks as there are, of some of the segments
    return path


def repeat(count: int, times: int) -> dict[str, float]:
    """An index of the same segment several times over, as hard links.

    It is that of all chunks joined: in an index of that size segments are as large.
    """
    source, path = joined(count), OUT / f"index-{count * times}"
    shutil.rmtree(path, ignore_errors=True)
    base = manifest.read(source, manifest.current_generation(source))
    started = time.perf_counter()
    copies = []
    for number in range(times):
        for entry in base.segments:
            name = f"{entry.name}x{number}"
            shutil.copytree(
                manifest.segment_path(source, entry.name),
                manifest.segment_path(path, name),
                copy_function=os.link,
            )
            copies.append(replace(entry, name=name))
    (path / manifest.GENERATIONS).mkdir()
    manifest.publish(path, replace(base, segments=tuple(copies)))
    size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    return {"build_s": time.perf_counter() - started, "disk_mb": size / 1e6}


def questions(texts: list[str]) -> list[str]:
    rng = random.Random(3)
    results = []
    while len(results) < QUESTIONS:
        text = rng.choice(texts)
        start, end = rng.choice(sentences(text) or [(0, len(text))])
        words = text[start:end].split()[:14]
        if len(words) > 4:
            results.append(" ".join(words).replace('"', "").replace(" -", " "))
    return results


def measure(count: int) -> dict[str, float]:
    path = OUT / f"index-{count}"
    embedder = load_embedder()
    started = time.perf_counter()
    Snapshot(path).close()  # checks the hash of every file that is new
    opened_first = time.perf_counter() - started
    started = time.perf_counter()
    snapshot = Snapshot(path)
    opened = time.perf_counter() - started
    texts, _ = base(embedder)
    queries = questions(texts)
    search(snapshot, embedder, queries[0], 10)
    times = []
    cpu = time.process_time()
    for question in queries:
        started = time.perf_counter()
        search(snapshot, embedder, question, 10)
        times.append(time.perf_counter() - started)
    cpu = (time.process_time() - cpu) / len(queries)
    filtered = filtered_search(snapshot, embedder, queries)
    started = time.perf_counter()
    for question in queries[:32]:
        search(snapshot, embedder, question, 10)
    batch = time.perf_counter() - started
    rss, anonymous = resident_mb(), anonymous_mb()
    vector = embedder.embed_queries(queries[: 50 if count <= MAX_COMPARED else 5])
    masks = [None] * len(snapshot.segments)
    started, dense_cpu = time.perf_counter(), time.process_time()
    results = [vector_search.search(snapshot.segments, masks, q, 10) for q in vector]
    dense_s = (time.perf_counter() - started) / len(vector)
    dense_cpu = (time.process_time() - dense_cpu) / len(vector)
    view = View([s.postings for s in snapshot.segments], masks)
    started, lexical_cpu = time.perf_counter(), time.process_time()
    for question in queries[:50]:
        lexical_search.best(bm25.Scorer(view, Counter(terms(question))), 100)
    lexical_s = (time.perf_counter() - started) / 50
    lexical_cpu = (time.process_time() - lexical_cpu) / 50
    embed_cpu = time.process_time()
    for question in queries[:50]:
        embedder.embed_queries([question])
    embed_cpu = (time.process_time() - embed_cpu) / 50
    recall = 0.0
    for query, hits in zip(vector, results, strict=True):
        every = np.concatenate([np.asarray(s.vectors) @ query for s in snapshot.segments])
        tenth = np.partition(every, -10)[-10]
        recall += float((hits.scores[:10] >= tenth - 1e-5).sum()) / 10 / len(vector)
    milliseconds = np.array(times) * 1000
    segments = len(snapshot.segments)
    compared = {}
    if count <= MAX_COMPARED:  # they hold all vectors in memory
        compared = peers(np.concatenate([np.asarray(s.vectors) for s in snapshot.segments]), vector)
    snapshot.close()
    return {
        "open_first_ms": opened_first * 1000,
        "open_ms": opened * 1000,
        "rss_mb": rss,
        "anonymous_mb": anonymous,
        "p50_ms": float(np.percentile(milliseconds, 50)),
        "p99_ms": float(np.percentile(milliseconds, 99)),
        "batch32_ms": batch * 1000,
        "cpu_ms": cpu * 1000,
        **filtered,
        "dense_ms": dense_s * 1000,
        "dense_cpu_ms": dense_cpu * 1000,
        "lexical_ms": lexical_s * 1000,
        "lexical_cpu_ms": lexical_cpu * 1000,
        "embed_cpu_ms": embed_cpu * 1000,
        "recall_at_10": recall,
        "segments": segments,
        **compared,
        # Ids of a repeated index repeat too: nothing can be joined there.
        **(change(path, embedder) if count <= MAX_COMPARED else {}),
    }


def filtered_search(snapshot: Snapshot, embedder: Embedder, queries: list[str]) -> dict[str, float]:
    """The first search under a filter, which works out what it lets through, and those after it."""
    options = SearchOptions(filter=Filter(paths=["d1*"], groups=["staff"]))
    times = []
    for question in queries[:100]:
        started = time.perf_counter()
        search(snapshot, embedder, question, 10, options)
        times.append((time.perf_counter() - started) * 1000)
    return {"filter_first_ms": times[0], "filtered_p50_ms": float(np.percentile(times[1:], 50))}


def peers(vectors: np.ndarray, queries: np.ndarray) -> dict[str, float]:
    """Processor time of one search of the same vectors by FAISS, and its recall@10."""
    import faiss

    faiss.omp_set_num_threads(1)
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    results = {}
    seconds, nearest = timed_search(exact, queries)
    results["faiss_flat_cpu_ms"] = seconds * 1000
    if len(vectors) <= MAX_GRAPH:
        graph = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efSearch = 64
        graph.add(vectors)
        seconds, rows = timed_search(graph, queries)
        results["faiss_hnsw_cpu_ms"] = seconds * 1000
        same = [len(np.intersect1d(a, b)) for a, b in zip(rows, nearest, strict=True)]
        results["faiss_hnsw_recall"] = float(np.mean(same)) / 10
    return results


def timed_search(index: Any, queries: np.ndarray) -> tuple[float, np.ndarray]:
    started = time.process_time()
    rows = np.concatenate([index.search(query[None, :], 10)[1] for query in queries])
    return (time.process_time() - started) / len(queries), rows


def change(path: Path, embedder: Embedder) -> dict[str, float]:
    """One document in, and one of the old ones out, each as its own writer."""
    made_with = EmbedderEntry("minilm", embedder.name, embedder.fingerprint, embedder.dimension)
    new = ["A document that was not there before.", "It has two chunks."]
    started = time.perf_counter()
    with Writer(path, made_with) as writer:
        writer.add(entry(f"new-{time.time_ns()}", new, embedder.embed(new)))
        writer.publish()
    added = time.perf_counter() - started
    started = time.perf_counter()
    with Writer(path, made_with) as writer:
        location, _ = next(writer.base.documents())
        writer.remove([location])
        writer.publish(purge=True)
    return {"add_s": added, "remove_s": time.perf_counter() - started}


def draw(rows: list[dict[str, float]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 6), constrained_layout=True)
    table_rows = [
        ("p50_ms", "one search, p50 (ms)"), ("open_ms", "open (ms)"), ("rss_mb", "memory (MB)"),
        ("build_s", "build (s)"), ("disk_mb", "on disk (MB)"), ("remove_s", "remove one (s)"),
    ]  # fmt: skip
    for axis, (key, title) in zip(axes.flat, table_rows, strict=True):
        axis.plot([r["chunks"] for r in rows], [r[key] for r in rows], "o-", color="#2563eb")
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("chunks", fontsize=9)
        axis.grid(alpha=0.3, which="both", linewidth=0.5)
        for row in rows:
            axis.annotate(f"{row[key]:.3g}", (row["chunks"], row[key]), fontsize=8,
                          textcoords="offset points", xytext=(4, 5))  # fmt: skip
    figure.savefig(OUT.parent / "scale.png", dpi=120)


def measured(count: int, step: str) -> dict[str, float]:
    """What a step says, run in a process of its own."""
    command = [sys.executable, __file__, str(count), "--step", step]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--step", choices=["build", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--repeat", type=int, help="link each segment so many times, then measure")
    parser.add_argument("--keep", action="store_true", help="do not build what is there")
    parser.add_argument("--publish", action="store_true", help="keep table and plot in results/")
    indices = parser.parse_args()
    if indices.step:
        step = build if indices.step == "build" else measure
        print(json.dumps(step(indices.sizes[0])))
        return
    if indices.repeat:
        times = indices.repeat
        for count in indices.sizes:
            row = {"chunks": count * times, "repeated": times, **repeat(count, times)}
            row |= measured(count * times, "measure")
            print(json.dumps({k: round(v, 3) for k, v in row.items()}), flush=True)
        return
    rows = []
    output_path = OUT.parent / "scale.json"
    earlier = (
        {r["chunks"]: r for r in json.loads(output_path.read_text())}
        if output_path.is_file()
        else {}
    )
    for count in indices.sizes:
        row: dict[str, float] = {"chunks": count}
        steps = (
            ["measure"]
            if indices.keep and (OUT / f"index-{count}").is_dir()
            else ["build", "measure"]
        )
        if "build" not in steps:  # then its figures are those of when it was built
            row |= {k: v for k, v in earlier.get(count, {}).items() if k in BUILT}
        for step in steps:
            row |= measured(count, step)
        rows.append(row)
        print(json.dumps({k: round(v, 3) for k, v in row.items()}), flush=True)
    keys = [k for k in rows[-1] if k != "chunks"]
    print(f"\n{'':<14}" + "".join(f"{int(r['chunks']):>14,}" for r in rows))
    for key in keys:
        print(f"{key:<14}" + "".join(f"{r.get(key, float('nan')):>14.3f}" for r in rows))
    (OUT.parent / "scale.json").write_text(json.dumps(rows, indent=1))
    if len(rows) > 1 and all("build_s" in r for r in rows):
        draw(rows)
    if indices.publish:
        results = Path(__file__).parent / "results"
        for name in ("scale.json", "scale.png"):
            shutil.copy(OUT.parent / name, results / name)


if __name__ == "__main__":
    main()
