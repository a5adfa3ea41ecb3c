"""On a cluster of two nodes an index is what it is here; workers and nodes die, it does not."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.buckets.pull import pull
from rag_infer.embed import load_embedder
from rag_infer.index.snapshot import Snapshot
from rag_infer.jobs import index_job
from rag_infer.jobs.engines import LocalEngine, open_engine
from rag_infer.jobs.index_job import JobOptions, index_into_bucket
from rag_infer.jobs.ray_cluster import WorkerNeeds
from rag_infer.store.addresses import open_store

pytestmark = pytest.mark.cluster
SMALL = JobOptions(task_bytes=200)


class KillingEmbedder:
    """The bundled embedder, in a process that ends when it meets a word."""

    def __init__(self, word: str, once: Path | None = None) -> None:
        self._word, self._once = word, once
        self._embedder = load_embedder()

    def embed(self, texts: list[str]) -> Any:
        if any(self._word in text for text in texts) and not (self._once and self._once.exists()):
            if self._once:
                self._once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self._embedder.embed(texts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)


def killing(word: str, once: Path | None, spec: str) -> KillingEmbedder:
    return KillingEmbedder(word, once)


def documents(address: str, folder: Path) -> list[str]:
    pull(open_store(address), folder, replace_local=True)
    with Snapshot(folder) as snapshot:
        return sorted(row.id for _, row in snapshot.documents())


def test_on_ray_equals_local(cluster: Any, notes: Path, tmp_path: Path, bucket: str) -> None:
    here = f"file://{tmp_path / 'bucket'}"
    local = index_into_bucket([str(notes)], here, LocalEngine(), SMALL)
    report = index_into_bucket([str(notes)], bucket, open_engine("ray"), SMALL)
    assert (report.indexed, report.failed) == (local.indexed, ())
    assert documents(bucket, tmp_path / "a") == documents(here, tmp_path / "b")
    one, other = Index.open(tmp_path / "a"), Index.open(tmp_path / "b")
    for question in ("boats sold in Quito", "office Oslo", "report 7"):
        ranked = [(hit.document_id, hit.chunk.text) for hit in one.search(question)]
        assert ranked == [(hit.document_id, hit.chunk.text) for hit in other.search(question)]
    again = index_into_bucket([str(notes)], bucket, open_engine("ray"), SMALL)
    assert (again.unchanged, again.indexed) == (8, ())


def test_a_killed_worker_costs_an_attempt(
    cluster: Any, notes: Path, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = partial(killing, "Dakar", tmp_path / "killed")
    monkeypatch.setattr(index_job, "_embedder_of", lambda spec: partial(factory, spec))
    report = index_into_bucket([str(notes)], bucket, open_engine("ray"), SMALL)
    assert (tmp_path / "killed").exists()
    assert (len(report.indexed), report.failed, report.generation) == (8, (), 1)
    assert documents(bucket, tmp_path / "copy") == [f"notes/n{n}.md" for n in range(8)]


def test_a_file_that_kills_workers_is_left_out_alone(
    cluster: Any, notes: Path, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        index_job, "_embedder_of", lambda spec: partial(killing, "Dakar", None, spec)
    )
    for file in sorted(notes.iterdir())[4:]:
        file.unlink()
    report = index_into_bucket([str(notes)], bucket, open_engine("ray"), SMALL)
    assert [failure.id for failure in report.failed] == ["notes/n3.md"]
    assert "kills the process" in report.failed[0].reason
    assert documents(bucket, tmp_path / "copy") == [f"notes/n{n}.md" for n in range(3)]


def test_a_job_that_waits_says_for_what(
    cluster: Any, notes: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    class Holder:
        def ready(self) -> None: ...

    remote: Any = ray.remote(num_cpus=1)(Holder)
    holders = [remote.remote() for _ in range(2)]
    ray.get([holder.ready.remote() for holder in holders])
    monkeypatch.setattr("rag_infer.jobs.ray_cluster.QUIET_WAIT_S", 1.0)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        for holder in holders:
            ray.kill(holder)

    report = index_into_bucket([str(notes)], bucket, open_engine("ray"), JobOptions(), say=say)
    assert said == ["waiting for 1 CPU of the cluster"]
    assert len(report.indexed) == 8


def test_a_worker_without_work_makes_room_for_one_that_waits(
    cluster: Any, notes: Path, bucket: str
) -> None:
    import ray

    class Holder:
        def ready(self) -> None: ...

    holder = ray.remote(num_cpus=1)(Holder).remote()  # somebody else's, for good
    ray.get(holder.ready.remote())
    for note in notes.glob("*.md"):
        note.write_text(f"{note.stem} was sold. " * 100)
    try:
        report = index_into_bucket(
            [str(notes)], bucket, open_engine("ray"), JobOptions(task_bytes=8000)
        )
    finally:
        ray.kill(holder)
    assert len(report.indexed) == 8


def test_a_worker_without_work_is_used_where_the_room_for_others_went(
    cluster: Any, notes: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a node is lost while a worker waits to start on it: the other one has to do all."""
    import ray

    class Holder:
        def ready(self) -> None: ...

    slots = iter([2, 2])
    monkeypatch.setattr(WorkerNeeds, "slots", lambda *_: next(slots, 1))
    holder = ray.remote(num_cpus=1)(Holder).remote()
    ray.get(holder.ready.remote())
    reports: list[Any] = []

    def index() -> None:
        options = JobOptions(task_bytes=2000)
        reports.append(index_into_bucket([str(notes)], bucket, open_engine("ray"), options))

    for note in notes.glob("*.md"):
        note.write_text(f"{note.stem} was sold. " * 100)
    job = threading.Thread(target=index, daemon=True)
    job.start()
    job.join(60)
    is_over = not job.is_alive()
    ray.kill(holder)
    job.join(60)
    assert is_over
    assert [len(report.indexed) for report in reports] == [8]


def test_a_lost_node_costs_time_alone(
    cluster: Any, notes: Path, tmp_path: Path, bucket: str
) -> None:
    lost = threading.Event()
    (node,) = [node for node in cluster.list_all_nodes() if node != cluster.head_node]

    def lose() -> None:
        time.sleep(4)
        cluster.remove_node(node, allow_graceful=False)
        lost.set()

    threading.Thread(target=lose).start()
    for number in range(8, 24):
        (notes / f"n{number}.md").write_text(f"Boat {number} was sold. " * 200)
    report = index_into_bucket(
        [str(notes)], bucket, open_engine("ray"), JobOptions(task_bytes=2000)
    )
    assert lost.wait(60)
    cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)  # for other tests
    assert (len(report.indexed), report.failed, report.generation) == (24, (), 1)
    assert documents(bucket, tmp_path / "copy") == sorted(f"notes/n{n}.md" for n in range(24))
