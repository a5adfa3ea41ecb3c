"""Which lexical engine? Ours, bm25s, tantivy and SQLite FTS5 on the same chunks, in one run.

    python benchmarks/lexical.py                   10k and 1M chunks, about ten minutes
    python benchmarks/lexical.py 10000             only that size
    python benchmarks/lexical.py --publish         keeps the table in results/

Chunks are abstracts of scifact; beyond their number, each is one of them with its words drawn
again from the whole collection's words (so lists of postings are as long as those of real text).
Every engine gets the text in the same analysis where it can be told to: English stop words and
Snowball stems (FTS5 has Porter's only, and no stop words: they are left out of the questions).

Prints time to build, to open, to add one document so that it is found, p50 and p99 of the best 100
for a question, resident memory after that, size on disk, and, at the size of the collection itself,
nDCG@10. bm25s has no way to add: its figure is that of building again, as is told by its README.
Each engine runs in a fresh process. Needs the evaluation data and bm25s, tantivy (pip install).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from retrieval import load, ndcg, whole
from scale import resident_mb

from rag_infer.index import bm25, lexical_search
from rag_infer.index.analyzer import STOP_WORDS, terms
from rag_infer.index.array_file import ArrayFile, ArrayFileWriter
from rag_infer.index.postings import PostingsBuilder, load_postings
from rag_infer.index.term_statistics import View

OUT = Path(__file__).parent / "out" / "lexical"
PART = 65_536  # chunks of a segment, as in the product
DEPTH = 100

Search = Callable[[str], Sequence[int]]


def texts(documents: Sequence[str], count: int) -> Iterator[str]:
    yield from documents[:count]
    rng = random.Random(count)
    words = [word for text in documents for word in text.split()]
    for number in range(len(documents), count):
        length = len(documents[number % len(documents)].split())
        yield " ".join(rng.choices(words, k=length))


class Ours:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, documents: Iterator[str]) -> None:
        builder, number = PostingsBuilder(), 0
        for number, text in enumerate(documents, 1):
            builder.add([terms(text)], [number])
            if number % PART == 0:
                self._save(builder)
                builder = PostingsBuilder()
        if number % PART:
            self._save(builder)

    def _save(self, builder: PostingsBuilder) -> None:
        writer = ArrayFileWriter(self.folder / f"s{sum(1 for _ in self.folder.glob('s*')):04d}")
        for name, array in builder.build().arrays().items():
            writer.add(name, array)
        writer.close()

    def open(self) -> Search:
        parts = [load_postings(ArrayFile(path)) for path in sorted(self.folder.glob("s*"))]
        before = np.cumsum([0, *(len(part.lengths) for part in parts)])
        view = View(parts, [None] * len(parts))

        def search(question: str) -> list[int]:
            hits = lexical_search.best(bm25.Scorer(view, Counter(terms(question))), DEPTH)
            return (before[hits.segments] + hits.rows).tolist()

        return search

    def add(self, text: str) -> None:
        builder = PostingsBuilder()
        builder.add([terms(text)], [0])
        self._save(builder)


class Bm25s:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _tokens(self, documents: list[str]) -> Any:
        import bm25s
        import Stemmer

        stemmer = Stemmer.Stemmer("english")
        return bm25s.tokenize(documents, stopwords="en", stemmer=stemmer, show_progress=False)

    def build(self, documents: Iterator[str]) -> None:
        import bm25s

        model = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        model.index(self._tokens(list(documents)), show_progress=False)
        model.save(str(self.folder / "index"))

    def open(self) -> Search:
        import bm25s

        model = bm25s.BM25.load(str(self.folder / "index"), mmap=True)

        def search(question: str) -> list[int]:
            ids, _ = model.retrieve(self._tokens([question]), k=DEPTH, show_progress=False)
            return [int(i) for i in ids[0]]

        return search

    add = None


class Tantivy:
    def __init__(self, folder: Path) -> None:
        import tantivy

        schema = tantivy.SchemaBuilder()
        schema.add_integer_field("number", stored=True)
        schema.add_text_field("text", tokenizer_name="en_stem", index_option="freq")
        self.index = tantivy.Index(schema.build(), path=str(folder))

    def _put(self, documents: Iterator[tuple[int, str]]) -> None:
        import tantivy

        writer = self.index.writer(heap_size=200_000_000, num_threads=1)
        for number, text in documents:
            writer.add_document(tantivy.Document(number=number, text=text))
        writer.commit()
        writer.wait_merging_threads()

    def build(self, documents: Iterator[str]) -> None:
        self._put(iter(enumerate(documents)))

    def open(self) -> Search:
        self.index.reload()
        searcher = self.index.searcher()

        def search(question: str) -> list[int]:
            words = [w for w in re.findall(r"\w+", question.lower()) if w not in STOP_WORDS]
            query = self.index.parse_query(" ".join(words), ["text"])
            ids = searcher.search(query, DEPTH).hits
            return [searcher.doc(at)["number"][0] for _, at in ids]

        return search

    def add(self, text: str) -> None:
        self._put(iter([(-1, text)]))


class Fts5:
    def __init__(self, folder: Path) -> None:
        self.db = sqlite3.connect(folder / "index.sqlite")
        self.db.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS chunks USING fts5"
            "(text, content='', tokenize='porter unicode61')"
        )

    def build(self, documents: Iterator[str]) -> None:
        rows = ((number + 1, text) for number, text in enumerate(documents))
        self.db.executemany("INSERT INTO chunks (rowid, text) VALUES (?, ?)", rows)
        self.db.commit()

    def open(self) -> Search:
        def search(question: str) -> list[int]:
            words = [w for w in re.findall(r"\w+", question.lower()) if w not in STOP_WORDS]
            query = " OR ".join(f'"{word}"' for word in words)
            if not query:
                return []
            ids = self.db.execute(
                "SELECT rowid FROM chunks WHERE chunks MATCH ? ORDER BY bm25(chunks) LIMIT ?",
                (query, DEPTH),
            )
            return [row[0] - 1 for row in ids]

        return search

    def add(self, text: str) -> None:
        self.db.execute("INSERT INTO chunks (text) VALUES (?)", (text,))
        self.db.commit()


MADE: dict[str, Callable[[Path], Any]] = {
    "ours": Ours,
    "bm25s": Bm25s,
    "tantivy": Tantivy,
    "fts5": Fts5,
}


def build(name: str, count: int) -> dict[str, float]:
    folder = OUT / f"{name}-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = load("scifact", None)
    engine = MADE[name](folder)
    started = time.perf_counter()
    engine.build(texts([whole(d) for d in data.documents], count))
    seconds = time.perf_counter() - started
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    return {"build_s": seconds, "disk_mb": size / 1e6}


def measure(name: str, count: int) -> dict[str, float]:
    data = load("scifact", None)
    queries = [text for _, text in data.questions][: 100 if count <= 100_000 else 25]
    before = resident_mb()
    started = time.perf_counter()
    engine = MADE[name](OUT / f"{name}-{count}")
    search = engine.open()
    opened = time.perf_counter() - started
    search(queries[0])
    times = []
    for question in queries:
        started = time.perf_counter()
        search(question)
        times.append((time.perf_counter() - started) * 1000)
    measured = {
        "open_ms": opened * 1000,
        "p50_ms": float(np.percentile(times, 50)),
        "p99_ms": float(np.percentile(times, 99)),
        "memory_mb": resident_mb() - before,
    }
    if engine.add is not None:
        started = time.perf_counter()
        engine.add("zyzzyva weevils were not here before")
        ids = engine.open()("zyzzyva")
        measured["add_s"] = time.perf_counter() - started
        assert len(ids) == 1
    return measured


def quality(name: str) -> float:
    """nDCG@10 over the whole collection."""
    data = load("scifact", None)
    folder = OUT / f"{name}-quality"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    engine = MADE[name](folder)
    engine.build(iter([whole(d) for d in data.documents]))
    search = engine.open()
    return float(
        np.mean(
            [
                ndcg([data.documents[i]["id"] for i in search(text)[:10]], data.relevant[question])
                for question, text in data.questions
            ]
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 1_000_000])
    parser.add_argument("--publish", action="store_true", help="keep the table in results/")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, name = options.step
        count = options.sizes[0]
        steps = {"build": build, "measure": measure}
        print(json.dumps(steps[step](name, count) if step in steps else {"ndcg": quality(name)}))
        return
    columns = ("build_s", "disk_mb", "open_ms", "add_s", "p50_ms", "p99_ms", "memory_mb", "ndcg")
    rows = []
    for count in options.sizes:
        print(f"\n{count:,} chunks\n{'':<9}" + "".join(f"{c:>10}" for c in columns))
        for name in MADE:
            row: dict[str, Any] = {"chunks": count, "engine": name}
            for step in ("build", "measure", *(["quality"] if count == options.sizes[0] else [])):
                command = [sys.executable, __file__, str(count), "--step", step, name]
                done = subprocess.run(command, check=False, capture_output=True, text=True)
                if done.returncode:
                    row["failed"] = (done.stderr.strip().splitlines() or [str(done.returncode)])[-1]
                    break
                row |= json.loads(done.stdout.splitlines()[-1])
            rows.append(row)
            cells = (f"{row[c]:>10.3f}" if c in row else f"{'-':>10}" for c in columns)
            print(f"{name:<9}" + "".join(cells) + f" {row.get('failed', '')}"[:60], flush=True)
            shutil.rmtree(OUT / f"{name}-{count}", ignore_errors=True)
            shutil.rmtree(OUT / f"{name}-quality", ignore_errors=True)
    if options.publish:
        results = Path(__file__).parent / "results" / "lexical.json"
        results.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
