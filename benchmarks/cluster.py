"""What a bucket and a Ray cluster cost beside indexing here, and how that grows with tasks.

    python benchmarks/cluster.py [--files 16] [--tasks 1 2 4 8] [--publish]

The same generated notes are indexed into a folder; into a bucket of moto's server by this process;
and into one by Ray on two workers of this machine, in several numbers of tasks. Printed as they
come: seconds of the clock and of processors (of this process and its children; workers of Ray are
none of these) for the start of Ray, for all tasks, and for the commit. On one machine a cluster
cannot be faster: what it costs is what is measured. ``MOTO_SERVER`` names the server.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peers.toolkits import keep

from rag_infer import Index
from rag_infer.embed import load_embedder
from rag_infer.jobs.engines import TaskEngine, open_engine
from rag_infer.jobs.index_job import JobOptions, index_into_bucket

_WORDS = "harbor ledger copper winter engine garden signal market bridge river paper lamp".split()
Row = dict[str, Any]


def write_notes(folder: Path, files: int) -> int:
    """Notes of about 3 kB each; their bytes in all."""
    draw = random.Random(23)
    folder.mkdir()
    total = 0
    for number in range(files):
        words = [draw.choice(_WORDS) + str(draw.randrange(1000)) for _ in range(350)]
        total += (folder / f"n{number:04d}.md").write_text(" ".join(words))
    return total


def processor_s() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


@contextmanager
def timed(row: Row, name: str) -> Iterator[None]:
    """Adds seconds of the clock to a row."""
    begin = time.perf_counter()
    yield
    row[f"{name}_s"] = round(time.perf_counter() - begin, 2)


def job(engine: TaskEngine, folder: Path, address: str, task_bytes: int) -> Row:
    """The seconds of a job: until its last task, and after that."""
    begin, processor = time.perf_counter(), processor_s()
    last = [begin]

    def note(_: object) -> None:
        last[0] = time.perf_counter()

    options = JobOptions(task_bytes=task_bytes)
    report = index_into_bucket([str(folder)], address, engine, options, on_progress=note)
    end = time.perf_counter()
    assert not report.failed
    return {
        "chunks": report.chunks, "tasks_s": round(last[0] - begin, 2),
        "commit_s": round(end - last[0], 2), "total_s": round(end - begin, 2),
        "processor_s": round(processor_s() - processor, 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--tasks", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import ray

    from tests.store import s3_server

    rows: list[Row] = []

    def note(row: Row) -> None:
        row["load"] = round(os.getloadavg()[0], 1)
        print(*(f"{key} {value}" for key, value in row.items()), sep="  ", flush=True)
        rows.append(row)

    with tempfile.TemporaryDirectory(prefix="rag-") as name:
        top = Path(name)
        total = write_notes(top / "notes", arguments.files)
        load_embedder().embed(["warm"] * 9)  # the runtime is loaded before anything is measured
        with s3_server.running(top / "log") as endpoint:
            os.environ.update(s3_server.SECRETS, AWS_ENDPOINT_URL=endpoint)
            s3_server.make_bucket(endpoint, "bench")
            row: Row = {"to": "folder"}
            processor = processor_s()
            with timed(row, "total"):
                row["chunks"] = Index.open(top / "index", create=True).add(top / "notes").chunks
            note(row | {"processor_s": round(processor_s() - processor, 2)})
            sizes = {tasks: -(-total // tasks) for tasks in arguments.tasks}
            for tasks, size in sizes.items():
                where = f"s3://bench/local{tasks}"
                figures = job(open_engine("local"), top / "notes", where, size)
                note({"to": "bucket, local", "tasks": tasks, **figures})
            row = {"to": "start of Ray"}
            with timed(row, "total"):
                ray.init(
                    num_cpus=2, log_to_driver=False, logging_level="ERROR",
                    include_dashboard=False, object_store_memory=80 * 2**20,
                )  # fmt: skip
            note(row)
            for tasks, size in sizes.items():
                figures = job(open_engine("ray"), top / "notes", f"s3://bench/ray{tasks}", size)
                note({"to": "bucket, Ray", "tasks": tasks, **figures})
            ray.shutdown()
    results = {"files": arguments.files, "bytes": total, "cores": os.cpu_count(), "rows": rows}
    keep("cluster", results, publish=arguments.publish)


if __name__ == "__main__":
    main()
