"""Search of the same vectors and texts by LanceDB, Chroma, Qdrant (local) and tantivy.

    python benchmarks/scale.py 100000                     makes the index that is taken
    python benchmarks/scale_peers.py 100000               all of them beside ours
    python benchmarks/scale_peers.py 100000 --python ENV/bin/python   theirs in another environment

Each runs in a fresh process, with its own defaults, over the chunks of the index that scale.py
made: their vectors, or for tantivy their texts. Prints for each the time to build, the size on
disk, the time to open, the processor time and p50 of one search (ten nearest vectors; ten best
texts), recall@10 against exact search, resident memory after it, and the time to add one chunk so
that it is found. "ours" is vector search alone, and "ours-words" BM25 alone, for comparison with
tantivy. Chroma's graph takes too long to build beyond 120,000 vectors, Qdrant's
local store beyond 20,000.
Needs the evaluation data and, for theirs: pip install lancedb chromadb qdrant-client tantivy.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

OUT = Path(__file__).parent / "out" / "scale"
QUERIES = 100
NEAREST = 10
MAX_CHUNKS = {"chroma": 120_000, "qdrant": 20_000}  # beyond them they take too long to build
ENGINES = ("ours", "lancedb", "chroma", "qdrant", "ours-words", "tantivy")

Search = Callable[[int], Sequence[int]]


def export(count: int) -> Path:
    """The vectors, texts and questions of an index of scale.py, as files that all can read."""
    import scale

    from rag_infer.embed import load_embedder
    from rag_infer.index.snapshot import Snapshot

    folder = OUT / f"peers-{count}"
    if (folder / "exact.npy").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    embedder = load_embedder()
    texts, _ = scale.base(embedder)
    questions = scale.questions(texts)[:QUERIES]
    queries = embedder.embed_queries(questions)
    snapshot = Snapshot(OUT / f"index-{count}")
    vectors = np.concatenate([np.asarray(s.vectors) for s in snapshot.segments])
    with (folder / "texts.jsonl").open("w") as out:
        for segment in snapshot.segments:
            for start in range(0, segment.chunks, 1000):
                rows = segment.catalogue.chunks(range(start, min(start + 1000, segment.chunks)))
                for row in rows:
                    out.write(json.dumps(segment.read(row.byte_start, row.byte_end)) + "\n")
    (folder / "questions.json").write_text(json.dumps(questions))
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "queries.npy", queries)
    exact = [np.argpartition(-(vectors @ query), NEAREST)[:NEAREST] for query in queries]
    np.save(folder / "exact.npy", np.stack(exact))
    return folder


class Ours:
    """Vector search of an index that scale.py made."""

    def __init__(self, data: Path) -> None:
        self.folder = OUT / f"index-{data.name.removeprefix('peers-')}"
        self.queries = np.load(data / "queries.npy")

    def open(self) -> Search:
        from rag_infer.index import vector_search
        from rag_infer.index.snapshot import Snapshot

        snapshot = Snapshot(self.folder)
        before = np.cumsum([0, *(s.chunks for s in snapshot.segments)])
        masks = [None] * len(snapshot.segments)

        def search(number: int) -> Sequence[int]:
            hits = vector_search.search(snapshot.segments, masks, self.queries[number], NEAREST)
            return (before[hits.segments] + hits.rows).tolist()

        return search


class OurWords(Ours):
    """BM25 of the same index."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.questions = json.loads((data / "questions.json").read_text())

    def open(self) -> Search:
        from collections import Counter

        from rag_infer.index import bm25, lexical_search
        from rag_infer.index.analyzer import terms
        from rag_infer.index.snapshot import Snapshot
        from rag_infer.index.term_statistics import View

        snapshot = Snapshot(self.folder)
        parts = [segment.postings for segment in snapshot.segments]
        view = View(parts, [None] * len(parts))
        before = np.cumsum([0, *(s.chunks for s in snapshot.segments)])

        def search(number: int) -> Sequence[int]:
            scorer = bm25.Scorer(view, Counter(terms(self.questions[number])))
            hits = lexical_search.best(scorer, NEAREST)
            return (before[hits.segments] + hits.rows).tolist()

        return search


class LanceDB:
    """An IVF_PQ index with cosines, refined from ten times as many rows."""

    def __init__(self, data: Path) -> None:
        self.vectors = np.load(data / "vectors.npy", mmap_mode="r")
        self.queries = np.load(data / "queries.npy")
        self.folder = data / "lancedb"

    def build(self) -> None:
        import lancedb
        import pyarrow as pa

        vectors = np.asarray(self.vectors)
        rows = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
        table = pa.table({"id": pa.array(range(len(vectors))), "vector": rows})
        made = lancedb.connect(str(self.folder)).create_table("chunks", table)
        made.create_index(metric="cosine")

    def open(self) -> Search:
        import lancedb

        self.table = lancedb.connect(str(self.folder)).open_table("chunks")

        def search(number: int) -> Sequence[int]:
            query = self.table.search(self.queries[number]).metric("cosine").limit(NEAREST)
            return query.refine_factor(10).select(["id"]).to_arrow()["id"].to_pylist()

        return search

    def add(self) -> None:
        self.table.add([{"id": -1, "vector": self.vectors[0].tolist()}])


class Chroma:
    """Its HNSW graph with cosines."""

    def __init__(self, data: Path) -> None:
        self.vectors = np.load(data / "vectors.npy", mmap_mode="r")
        self.queries = np.load(data / "queries.npy")
        self.folder = data / "chroma"

    def _collection(self) -> Any:
        import chromadb

        client = chromadb.PersistentClient(
            str(self.folder), settings=chromadb.Settings(anonymized_telemetry=False)
        )
        return client.get_or_create_collection("chunks", metadata={"hnsw:space": "cosine"})

    def build(self) -> None:
        collection = self._collection()
        for start in range(0, len(self.vectors), 5000):
            rows = self.vectors[start : start + 5000]
            numbers = [str(start + n) for n in range(len(rows))]
            collection.add(ids=numbers, embeddings=np.asarray(rows))

    def open(self) -> Search:
        self.collection = self._collection()

        def search(number: int) -> Sequence[int]:
            result = self.collection.query(
                query_embeddings=self.queries[number][None, :], n_results=NEAREST, include=[]
            )
            return [int(id_) for id_ in result["ids"][0]]

        return search

    def add(self) -> None:
        self.collection.add(ids=["-1"], embeddings=np.asarray(self.vectors[:1]))


class Qdrant:
    """Its local store: exact search with NumPy."""

    def __init__(self, data: Path) -> None:
        self.vectors = np.load(data / "vectors.npy", mmap_mode="r")
        self.queries = np.load(data / "queries.npy")
        self.folder = data / "qdrant"

    def build(self) -> None:
        from qdrant_client import QdrantClient, models

        client = QdrantClient(path=str(self.folder))
        client.create_collection(
            "chunks",
            models.VectorParams(size=self.vectors.shape[1], distance=models.Distance.COSINE),
        )
        for start in range(0, len(self.vectors), 5000):
            rows = np.asarray(self.vectors[start : start + 5000])
            numbers = list(range(start, start + len(rows)))
            client.upsert("chunks", models.Batch(ids=numbers, vectors=rows.tolist()))
        client.close()

    def open(self) -> Search:
        from qdrant_client import QdrantClient

        self.client = QdrantClient(path=str(self.folder))

        def search(number: int) -> Sequence[int]:
            points = self.client.query_points(
                "chunks", query=self.queries[number].tolist(), limit=NEAREST
            )
            return [point.id for point in points.points]

        return search

    def add(self) -> None:
        from qdrant_client import models

        rows = [self.vectors[0].tolist()]
        self.client.upsert("chunks", models.Batch(ids=[len(self.vectors)], vectors=rows))


class Tantivy:
    """BM25 over the texts, English stems."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "tantivy"
        self.texts = data / "texts.jsonl"
        self.questions = json.loads((data / "questions.json").read_text())

    def _index(self) -> Any:
        import tantivy

        schema = tantivy.SchemaBuilder()
        schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
        schema.add_integer_field("id", stored=True)
        self.folder.mkdir(exist_ok=True)
        return tantivy.Index(schema.build(), path=str(self.folder))

    def build(self) -> None:
        import tantivy

        writer = self._index().writer()
        with self.texts.open() as lines:
            for number, line in enumerate(lines):
                writer.add_document(tantivy.Document(text=json.loads(line), id=number))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> Search:
        import re

        self.index = self._index()
        searcher = self.index.searcher()

        def search(number: int) -> Sequence[int]:
            words = " ".join(re.findall(r"\w+", self.questions[number]))
            hits = searcher.search(self.index.parse_query(words, ["text"]), NEAREST).hits
            return [searcher.doc(address)["id"][0] for _, address in hits]

        return search

    def add(self) -> None:
        import tantivy

        writer = self.index.writer()
        writer.add_document(tantivy.Document(text="one more", id=-1))
        writer.commit()


KINDS: dict[str, type] = {
    "ours": Ours, "ours-words": OurWords, "lancedb": LanceDB, "chroma": Chroma,
    "qdrant": Qdrant, "tantivy": Tantivy,
}  # fmt: skip


def measure(name: str, data: Path) -> dict[str, Any]:
    engine = KINDS[name](data)
    row: dict[str, Any] = {"engine": name}
    if hasattr(engine, "build"):
        shutil.rmtree(engine.folder, ignore_errors=True)
        started, cpu = time.perf_counter(), time.process_time()
        engine.build()
        row["build_s"] = time.perf_counter() - started
        row["build_cpu_s"] = time.process_time() - cpu
    files = [path for path in engine.folder.rglob("*") if path.is_file()]
    row["disk_mb"] = sum(path.stat().st_size for path in files) / 1e6
    started = time.perf_counter()
    search = engine.open()
    search(0)
    row["open_and_first_ms"] = (time.perf_counter() - started) * 1000
    exact = np.load(data / "exact.npy")
    times, same = [], 0
    cpu = time.process_time()
    for number in range(QUERIES):
        started = time.perf_counter()
        found = search(number)
        times.append((time.perf_counter() - started) * 1000)
        same += len(set(found) & set(exact[number].tolist()))
    row["cpu_ms"] = (time.process_time() - cpu) / QUERIES * 1000
    row["p50_ms"], row["p99_ms"] = (float(np.percentile(times, p)) for p in (50, 99))
    if name not in ("tantivy", "ours-words"):
        row["recall_at_10"] = same / (QUERIES * NEAREST)
    status = Path("/proc/self/status").read_text()
    row["rss_mb"] = int(status.split("VmHWM:")[1].split()[0]) / 1024
    if hasattr(engine, "add"):
        started = time.perf_counter()
        engine.add()
        row["add_s"] = time.perf_counter() - started
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("chunks", type=int)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--python", default=sys.executable, help="that has their packages")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--publish", action="store_true", help="keep the rows in results/")
    arguments = parser.parse_args()
    if arguments.engine:
        data = OUT / f"peers-{arguments.chunks}"
        print(json.dumps(measure(arguments.engine, data)))
        return
    export(arguments.chunks)
    rows = []
    for name in arguments.engines:
        if arguments.chunks > MAX_CHUNKS.get(name, arguments.chunks):
            continue
        python = sys.executable if name.startswith("ours") else arguments.python
        command = [python, __file__, str(arguments.chunks), "--engine", name]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            print(name, "failed:", done.stderr.strip().splitlines()[-1:], flush=True)
            continue
        row = {"chunks": arguments.chunks, **json.loads(done.stdout.splitlines()[-1])}
        rows.append(row)
        values = {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}
        print(json.dumps(values), flush=True)
    if arguments.publish:
        path = Path(__file__).parent / "results" / "scale_peers.json"
        earlier = json.loads(path.read_text()) if path.is_file() else []
        others = [row for row in earlier if row["chunks"] != arguments.chunks]
        path.write_text(json.dumps([*others, *rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
