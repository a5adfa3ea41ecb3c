"""A batch on a cluster: one journal here, and no death of a worker loses or doubles a row."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.batch.journal import AnswerJournal
from rag_infer.batch.questions import read_batch
from rag_infer.batch.run import BatchOptions, run_batch
from rag_infer.batch.setup import BatchSetup
from rag_infer.errors import ClusterError
from rag_infer.jobs.engines import LocalEngine
from rag_infer.jobs.index_job import index_into_bucket
from tests.generate.model_server import reply, server

pytest.importorskip("openai")
pytestmark = pytest.mark.cluster
QUESTIONS, CONCURRENCY = 12, 4


def slow(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    time.sleep(0.2)
    message = {"role": "assistant", "content": "The office in Oslo sold 4 boats in May [1]."}
    choice = {"index": 0, "delta": message, "finish_reason": "stop"}
    try:
        reply(to, 200, f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n")
    except OSError:
        to.close_connection = True  # the worker was killed


def worker_processes(cluster: Any) -> list[int]:
    """The processes of workers of a batch on this cluster."""
    numbers = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            raylet = Path("/proc", parent, "cmdline").read_bytes()
            is_ours = cluster.head_node.get_session_dir_path().encode() in raylet
            if is_ours and b"_BatchWorker" in (path / "cmdline").read_bytes():
                numbers.append(int(path.name))
    return numbers


def test_a_killed_worker_loses_and_doubles_nothing(
    cluster: Any, notes: Path, tmp_path: Path, bucket: str
) -> None:
    index_into_bucket([str(notes)], bucket, LocalEngine())
    file, output = tmp_path / "q.txt", tmp_path / "out.jsonl"
    file.write_text(
        "".join(f"How many boats sold the Oslo office, {n}?\n" for n in range(QUESTIONS))
    )
    killed: list[int] = []

    def kill(done: int, total: int) -> None:
        if done == 3:
            killed.append(pid := worker_processes(cluster)[0])
            os.kill(pid, signal.SIGKILL)

    with server(slow) as (url, requests), AnswerJournal(output) as journal:
        setup = BatchSetup(bucket, f"{url}#m")
        index = setup.open()
        options = BatchOptions(setup.settings(), CONCURRENCY, setup=setup, engine="ray")
        report = run_batch(index, read_batch(file), journal, options, kill)
    assert len(killed) == 1
    assert (report.answered + report.declined, report.failed, report.remaining) == (QUESTIONS, 0, 0)
    records = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert sorted(int(record["id"]) for record in records) == list(range(1, QUESTIONS + 1))
    assert all("Oslo" in record["answer"]["text"] for record in records)
    answering = [r for r in requests if "<passage" in r["messages"][-1]["content"]]
    assert QUESTIONS <= len(answering) <= QUESTIONS + CONCURRENCY


def test_what_cannot_be_worked_with_is_one_error(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    index = Index.open(tmp_path / "index", create=True)
    index.add_text("The shed key hangs in the porch.", id="shed")
    (tmp_path / "q.txt").write_text("Where does the key hang?\n")
    rows = read_batch(tmp_path / "q.txt")
    setup = BatchSetup(str(tmp_path / "index"), "extractive")
    options = BatchOptions(setup.settings(), 1, setup=setup, engine="ray")

    class Holder:
        def ready(self) -> None: ...

    remote: Any = ray.remote(num_cpus=1)(Holder)
    holders = [remote.remote() for _ in range(2)]
    ray.get([holder.ready.remote() for holder in holders])
    monkeypatch.setenv("RAG_CLUSTER_WAIT_S", "1")
    try:
        with (
            AnswerJournal(tmp_path / "out.jsonl") as journal,
            pytest.raises(ClusterError, match="1 CPU of the cluster did not become free in 1 s"),
        ):
            run_batch(index, rows, journal, options)
    finally:
        for holder in holders:
            ray.kill(holder)
    assert (tmp_path / "out.jsonl").read_text() == ""
