"""What a search costs through shards, and what merging ranked lists would find instead.

    python benchmarks/shards.py                  an index of a million chunks (benchmarks/scale.py)
    python benchmarks/shards.py --size 100000    another one of scale.py
    python benchmarks/shards.py --publish        keep the figures in results/shards.json

Two measurements, each with the same questions for every way:

**Merging.** An index of five corpora of different subjects (chunking_eval), a segment each, in 2, 4
and 5 shards. How many of one machine's ten best chunks are found by the rounds of this project; by
shards that each rank their own chunks with the statistics of their own, the lists merged by score;
and by raw scores of all shards, but with the statistics of each, fused at the router.

**Cost.** A large index in 1, 2 and 4 shards, processes of `rag serve --shard`, against one process
without shards, turn by turn: median time and processor time of a search (the question's vector is
made once before), of the router and of all shards together, and bytes of a question in both
directions. All on one machine and its cores: what the network would add is not in it, and nothing
can become faster than the cores allow. Needs the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from scale import OUT as SCALE
from scale import base, questions

from rag_infer import Filter, Index
from rag_infer.embed import Embedder
from rag_infer.index.snapshot import Place, Snapshot
from rag_infer.index.term_statistics import View
from rag_infer.retrieve import SearchOptions, search
from rag_infer.retrieve.candidates import candidates
from rag_infer.retrieve.query_context import query_context
from rag_infer.retrieve.query_languages import language_groups
from rag_infer.retrieve.query_parser import parse
from rag_infer.retrieve.scoring import (
    ChunkQuery,
    Nominations,
    Numbers,
    RawScores,
    SegmentScoring,
    local_scoring,
)
from rag_infer.retrieve.search_scope import SearchScope, search_scope
from rag_infer.shards.http_transport import HttpShards
from rag_infer.shards.partition import segments_by_shard
from rag_infer.shards.router import ShardRouter

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "chunking_eval"
OUT = Path(__file__).parent / "out" / "shards"
RESULTS = Path(__file__).parent / "results" / "shards.json"
TOP, DEPTH, WEIGHT = 10, 100, 0.5
MERGED_QUESTIONS, TIMED_QUESTIONS = 118, 100
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


# Merging


def subject_index() -> Index:
    """A segment for each corpus."""
    path = OUT / "index"
    if path.is_dir():
        return Index.open(path)
    from rag_infer.index import writer

    writer._SEGMENTS_PER_MERGE = 100  # segments of their own subject stay apart
    index = Index.open(path, create=True)
    for corpus in sorted((DATA / "corpora").glob("*.md")):
        index.add(corpus)
    return index


class ShardsInProcess:
    """Rounds of shards of this process."""

    def __init__(self, shards: Sequence[tuple[tuple[int, ...], SegmentScoring]]) -> None:
        self._shards = shards

    def nominations(self) -> Sequence[Nominations]:
        return [scoring.nominate() for _, scoring in self._shards]

    def raw_scores(self, segments: Numbers, rows: Numbers) -> RawScores:
        dense = np.zeros(len(rows), dtype=np.float32)
        lexical = dense.copy()
        for numbers, scoring in self._shards:
            own = np.isin(segments, numbers)
            scores = scoring.raw_scores(segments[own], rows[own])
            dense[own], lexical[own] = scores.dense, scores.lexical
        return RawScores(dense, lexical)


def merging() -> list[dict[str, Any]]:
    """Of the true ten best, how many each way of putting shards together finds."""
    index = subject_index()
    snapshot, embedder = index.engine.snapshot, index.engine.embedder
    lines = (DATA / "questions.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    texts = texts[:: len(texts) // MERGED_QUESTIONS][:MERGED_QUESTIONS]
    scope = search_scope(snapshot, Filter())
    queries = []
    for text in texts:
        context = query_context(snapshot, embedder, scope, text, (), WEIGHT, local_scoring)
        queries.append((ChunkQuery(context.vector, context.query, DEPTH), context.weight))
    rows = []
    for count in (2, 4, 5):
        cut = [numbers for numbers in segments_by_shard(snapshot.manifest, count) if numbers]
        totals = dict.fromkeys(("rounds", "separate_statistics", "merged_lists"), 0.0)
        same_first = dict.fromkeys(totals, 0)
        for query, weight in queries:
            expected = top(candidates(local_scoring(snapshot, scope, query), DEPTH, weight))
            views = [(numbers, own_view(snapshot, scope, numbers)) for numbers in cut]
            total = reduce(add, [view.statistics(query.words) for _, view in views])
            own, exchanged = (
                [(n, SegmentScoring(snapshot, n, view, query, counts)) for n, view in views]
                for counts in (None, total)
            )
            lists = [
                candidate
                for _, scoring in own
                for candidate in candidates(scoring, DEPTH, weight)[:TOP]
            ]
            ways = {
                "rounds": top(candidates(ShardsInProcess(exchanged), DEPTH, weight)),
                "separate_statistics": top(candidates(ShardsInProcess(own), DEPTH, weight)),
                "merged_lists": top(sorted(lists, key=lambda c: -c.score)),
            }
            for way, places in ways.items():
                totals[way] += len(set(places) & set(expected))
                same_first[way] += places[:1] == expected[:1]
        row: dict[str, Any] = {"shards": count, "questions": len(queries)}
        for way, total in totals.items():
            row[f"{way}_of_10"] = round(total / len(queries), 2)
            row[f"{way}_same_first"] = same_first[way]
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def own_view(snapshot: Snapshot, scope: SearchScope, numbers: tuple[int, ...]) -> View:
    segments = [snapshot.segments[number] for number in numbers]
    return View(
        [segment.postings for segment in segments],
        [scope.masks[number] for number in numbers],
        language_groups(segments, scope.languages.names),
    )


def top(ranked: Sequence[Any]) -> list[Place]:
    return [candidate.place for candidate in ranked[:TOP]]


# Cost


class CachedQuestions:
    """The embedder, each question of which was embedded before: shards change nothing there."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        searched = [parse(text).text for text in texts]
        self._rows = dict(zip(searched, embedder.embed_queries(searched), strict=True))
        self.name, self.fingerprint = embedder.name, embedder.fingerprint
        self.dimension = embedder.dimension

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._rows[text] for text in texts])


@contextmanager
def shard_processes(path: Path, count: int, key: str) -> Iterator[list[tuple[str, int]]]:
    """Addresses and process ids of the shards."""
    processes = []
    try:
        for number in range(1, count + 1):
            command = [sys.executable, "-m", "rag_infer", "serve", "--port", "0", "-i", str(path)]
            process = subprocess.Popen(
                [*command, "--shard", f"{number}/{count}"],
                env={**os.environ, "RAG_SHARD_KEY": key},
                stderr=subprocess.PIPE,
                text=True,
            )
            assert process.stderr is not None
            line = next(line for line in process.stderr if line.startswith("listening"))
            processes.append((line.split()[1].rstrip("/"), process))
        yield [(address, process.pid) for address, process in processes]
    finally:
        for _, process in processes:
            process.terminate()
            process.wait()


def cpu_s(process_id: int) -> float:
    """Processor time of another process so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def cost(size: int) -> list[dict[str, Any]]:
    """Each question through one machine and through the shards, in turn."""
    path = SCALE / f"index-{size}"
    index = Index.open(path)
    texts = questions(base(index.engine.embedder)[0])[:TIMED_QUESTIONS]
    snapshot = index.engine.snapshot
    embedder: Any = CachedQuestions(index.engine.embedder, texts)
    options = SearchOptions()
    rows = []
    for count in (1, 2, 4):
        key = secrets.token_urlsafe(24)
        with shard_processes(path, count, key) as processes:
            transport = HttpShards([[address] for address, _ in processes], key)
            router = ShardRouter(transport)
            sharded = replace(options, scoring=router)

            def run(text: str, way: SearchOptions) -> Any:
                return search(snapshot, embedder, text, TOP, way)

            for text in texts[:10]:  # pages of the files come into memory
                run(text, options)
                run(text, sharded)
            transport.sent_bytes = transport.received_bytes = 0
            own: list[tuple[float, float]] = []
            through: list[tuple[float, float]] = []
            equal = 0
            before = sum(cpu_s(process_id) for _, process_id in processes)
            for text in texts:
                expected = timed(lambda text=text: run(text, options), own)
                equal += timed(lambda text=text, way=sharded: run(text, way), through) == expected
            shards_cpu = sum(cpu_s(process_id) for _, process_id in processes) - before
            transport.close()
        row = {
            "chunks": size,
            "shards": count,
            "questions": len(texts),
            "equal": equal,
            "missing": len(router.notes(0.0)),
            "one_machine_p50_ms": median_ms([wall for wall, _ in own]),
            "one_machine_cpu_ms": mean_ms([cpu for _, cpu in own]),
            "p50_ms": median_ms([wall for wall, _ in through]),
            "router_cpu_ms": mean_ms([cpu for _, cpu in through]),
            "shards_cpu_ms": round(1000 * shards_cpu / len(texts), 2),
            "sent_bytes": transport.sent_bytes // len(texts),
            "received_bytes": transport.received_bytes // len(texts),
            "load": round(os.getloadavg()[0], 1),
        }
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def timed(call: Callable[[], Any], times: list[tuple[float, float]]) -> Any:
    started, cpu = time.perf_counter(), time.process_time()
    result = call()
    times.append((time.perf_counter() - started, time.process_time() - cpu))
    return result


def median_ms(seconds: Sequence[float]) -> float:
    return round(1000 * statistics.median(seconds), 2)


def mean_ms(seconds: Sequence[float]) -> float:
    return round(1000 * statistics.fmean(seconds), 2)


def main() -> None:
    """Prints both measurements as they come."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--fresh", action="store_true", help="build the index of subjects anew")
    parser.add_argument("--publish", action="store_true", help="keep the figures in results/")
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(OUT, ignore_errors=True)
    results = {"cores": os.cpu_count(), "merging": merging(), "cost": cost(arguments.size)}
    if arguments.publish:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
