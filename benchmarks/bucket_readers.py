"""Does a reader of a bucket ever see a wrong or missing hit while it is written and cleaned?

    python benchmarks/bucket_readers.py [--seconds 30] [--by job] [--publish]

A writer changes one document after the other, each by a push (or a job) of its own; a clean-up
without end joins segments, drops generations and removes files as soon as they are AGE seconds old;
readers bring their copies up to date and search. Each search has to give every document exactly
once, in a version that is no older than what was committed before the reader looked, and no newer
than what was begun. The bucket is one of moto's server (MOTO_SERVER names it; see Makefile).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag_infer import Index, TextDocument
from rag_infer.buckets import maintenance
from rag_infer.buckets.cache import BucketCache, CacheOptions
from rag_infer.buckets.joining import join_segments
from rag_infer.buckets.push import push
from rag_infer.errors import IndexConflictError, RagError
from rag_infer.jobs.engines import LocalEngine
from rag_infer.jobs.index_job import index_into_bucket
from rag_infer.store.addresses import open_store

TOWNS = "Leeds York Hull Bath Ely Truro Wells Derby Ripon Perth".split()
AGE_S = 3.0
READERS = 2
Write = Callable[[Mapping[str, str]], None]
_VERSION = re.compile(r"has (\d+) crates")


@dataclass(slots=True)
class Race:
    """What writer, clean-up and readers did, and what was wrong.

    Attributes:
        begun: The last version of each document that was begun.
        committed: The last version of each that was committed.
        commits: Pushes or jobs of the writer.
        again: Jobs that took longer than AGE, were given up by the clean-up and run again.
        joined: Segments that became part of others.
        removed: Files that clean-ups removed.
        dropped: Generations that they dropped.
        searches: Of all readers.
        generations: That readers searched.
        refused: Times that a copy could not be brought up to date, and the earlier one was read.
        errors: Wrong or missing hits, and what should not happen besides.
    """

    begun: dict[str, int] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    again: int = 0
    joined: int = 0
    removed: int = 0
    dropped: int = 0
    searches: int = 0
    generations: set[int] = field(default_factory=set)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """As they are printed."""
        return {
            "commits": self.commits, "again": self.again, "joined": self.joined,
            "removed": self.removed, "dropped": self.dropped, "searches": self.searches,
            "generations_read": len(self.generations), "refused": self.refused,
            "wrong": len(self.errors),
        }  # fmt: skip


def race(
    address: str, folder: Path, seconds: float, age_s: float = AGE_S, *, by_jobs: bool = False
) -> Race:
    """Reads, writes and cleans the index at an address for some seconds.

    Args:
        address: Of a bucket that is empty.
        folder: For documents and copies.
        seconds: For how long.
        age_s: From when on a clean-up removes what is not named.
        by_jobs: Whether the writer indexes into the bucket; it pushes an index otherwise.
    """
    result, end = Race(), threading.Event()
    write = _indexer(folder, address, result) if by_jobs else _pusher(folder, address)
    _write(result, write, dict.fromkeys(TOWNS, 0))

    def guarded(work: Any, *arguments: Any) -> None:
        try:
            work(*arguments)
        except Exception as error:
            result.errors.append(f"{work.__name__}: {type(error).__name__}: {error}")
            end.set()

    works = [(_writer, result, write, end), (_cleaner, result, address, age_s, end)]
    works += [(_reader, result, address, folder / f"copy{n}", end) for n in range(READERS)]
    threads = [threading.Thread(target=guarded, args=work) for work in works]
    for thread in threads:
        thread.start()
    end.wait(seconds)
    end.set()
    for thread in threads:
        thread.join()
    return result


def _pusher(folder: Path, address: str) -> Write:
    index, store = Index.open(folder / "index", create=True), open_store(address)

    def write(texts: Mapping[str, str]) -> None:
        index.add_documents([TextDocument(town, text) for town, text in texts.items()])
        push(index.path, store)

    return write


def _indexer(folder: Path, address: str, result: Race) -> Write:
    notes = folder / "notes"
    notes.mkdir()

    def write(texts: Mapping[str, str]) -> None:
        for town, text in texts.items():
            (notes / f"{town}.md").write_text(text)
        while True:
            try:
                index_into_bucket([str(notes)], address, LocalEngine())
                return
            except IndexConflictError:
                result.again += 1

    return write


def _write(result: Race, write: Write, versions: Mapping[str, int]) -> None:
    result.begun.update(versions)
    write({t: f"The depot in {t} has {n} crates of copper.\n" for t, n in versions.items()})
    result.committed.update(versions)


def _writer(result: Race, write: Write, end: threading.Event) -> None:
    while not end.is_set():
        result.commits += 1
        _write(result, write, {TOWNS[result.commits % len(TOWNS)]: result.commits})


def _cleaner(result: Race, address: str, age_s: float, end: threading.Event) -> None:
    store, hours = open_store(address), age_s / 3600
    while not end.wait(0.2):
        result.joined += join_segments(store)
        report = maintenance.collect_bucket(store, hours, hours)
        result.removed += report.files
        result.dropped += report.dropped


def _reader(result: Race, address: str, copy: Path, end: threading.Event) -> None:
    cache = BucketCache(open_store(address), CacheOptions(copy, 10**9))
    cache.refresh()
    index, oldest = Index.open(cache.path), dict.fromkeys(TOWNS, 0)
    while not end.is_set():
        committed = dict(result.committed)
        try:
            cache.refresh()
            oldest = committed
        except RagError:
            result.refused += 1
        hits = index.search("depot crates of copper", 2 * len(TOWNS))
        newest = dict(result.begun)
        result.searches += 1
        result.generations.add(index.engine.manifest().generation)
        names = sorted(Path(hit.document_id).stem for hit in hits)
        if names != sorted(TOWNS):
            result.errors.append(f"hits {names}")
        for hit in hits:
            town, version = Path(hit.document_id).stem, _VERSION.search(hit.chunk.text)
            if version is None or not oldest[town] <= int(version[1]) <= newest[town]:
                result.errors.append(f"{town}: {hit.chunk.text!r}, after {oldest[town]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--by", choices=["push", "job"], default="push")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from peers.toolkits import keep

    from tests.store import s3_server

    maintenance.MIN_AGE_HOURS = 0.0
    with tempfile.TemporaryDirectory(prefix="rag-race-") as name:
        folder = Path(name)
        with s3_server.running(folder / "log") as endpoint:
            os.environ.update(s3_server.SECRETS, AWS_ENDPOINT_URL=endpoint)
            s3_server.make_bucket(endpoint, "race")
            started = time.monotonic()
            result = race(
                "s3://race/index", folder, arguments.seconds, by_jobs=arguments.by == "job"
            )  # fmt: skip
            seconds = round(time.monotonic() - started, 1)
    figures = {
        "seconds": seconds,
        "age_s": AGE_S,
        "readers": READERS,
        "by": arguments.by,
        **result.figures(),
    }
    print(json.dumps(figures), flush=True)
    for error in result.errors[:20]:
        print(error)
    keep("bucket_readers", figures, publish=arguments.publish)
    sys.exit(bool(result.errors))


if __name__ == "__main__":
    main()
