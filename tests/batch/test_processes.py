"""A batch that several processes share: one journal, and no kill costs more than what was sent."""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.batch.attempts import Job
from rag_infer.batch.processes import WorkerPool
from rag_infer.batch.questions import BatchQuestion
from rag_infer.batch.setup import BatchSetup
from rag_infer.errors import InputError
from rag_infer.retrieve import Filter
from tests.generate.model_server import reply, server

pytest.importorskip("openai")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc, kills processes")
QUESTIONS, CONCURRENCY = 24, 4


@pytest.fixture
def home(tmp_path: Path) -> Path:
    index = Index.open(tmp_path / "index", create=True)
    index.add_text("The shed key hangs in the porch. The boat is 31 feet long.", id="shed")
    lines = (f"Where does the shed key hang, asks {n}?\n" for n in range(QUESTIONS))
    (tmp_path / "q.txt").write_text("".join(lines), "utf-8")
    return tmp_path


def slow(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    time.sleep(0.2)
    message = {"role": "assistant", "content": "It hangs in the porch [1]."}
    choice = {"index": 0, "delta": message, "finish_reason": "stop"}
    try:
        reply(to, 200, f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n")
    except OSError:
        to.close_connection = True  # the client was killed


def command(home: Path, url: str) -> list[str]:
    return [sys.executable, "-m", "rag_infer", "batch", str(home / "q.txt"), "-o",
            str(home / "out.jsonl"), "-i", str(home / "index"), "--llm", f"{url}#m",
            "--concurrency", str(CONCURRENCY), "--processes", "2"]  # fmt: skip


def children(pid: int) -> list[int]:
    tasks = Path("/proc", str(pid), "task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def written(home: Path) -> list[str]:
    path = home / "out.jsonl"
    whole = path.read_bytes().rsplit(b"\n", 1)[0] if path.exists() else b""
    return [json.loads(line)["id"] for line in whole.splitlines()]


def test_killed_processes_lose_only_what_was_under_way(home: Path) -> None:
    with server(slow) as (url, requests):
        kills = 0
        for count in (1, 6):
            process = subprocess.Popen(command(home, url), stdout=subprocess.DEVNULL)
            while process.poll() is None and len(written(home)) < count:
                time.sleep(0.01)
            workers = children(process.pid)
            assert len(workers) == 2
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            deadline = time.monotonic() + 20
            while any(Path("/proc", str(w)).exists() for w in workers):
                assert time.monotonic() < deadline, "a process outlives the run"
                time.sleep(0.05)
        process = subprocess.Popen(
            command(home, url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None and len(written(home)) < 12:
            time.sleep(0.01)
        os.kill(children(process.pid)[0], signal.SIGKILL)  # one of the two: the run goes on
        kills += 1
        output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert sorted(written(home), key=int) == [str(n) for n in range(1, QUESTIONS + 1)]
    assert f"answers: {home / 'out.jsonl'}" in output
    # The model is also asked for search queries, without passages.
    answering = [r for r in requests if "<passage" in r["messages"][-1]["content"]]
    assert QUESTIONS <= len(answering) <= QUESTIONS + kills * CONCURRENCY


def test_a_filter_reaches_the_other_process(home: Path) -> None:
    Index.open(home / "index").add_text("The spare key lies under the mat.", id="mat")
    generation = Index.open(home / "index").engine.manifest().generation
    setup = BatchSetup(str(home / "index"), "extractive")
    row = BatchQuestion("1", "Where is the key?", Filter(paths=("mat",), since="2001"))
    everywhere = BatchQuestion("2", "Where does the shed key hang?")
    with WorkerPool(setup, "ask", 1, 2, generation) as pool:
        answer = pool(Job(row, "k")).fields["answer"]
        other = pool(Job(everywhere, "l")).fields["answer"]
    assert not any("shed" in hit["document_id"] for hit in answer["hits"])
    assert "porch" in other["text"]
    with pytest.raises(InputError, match="the index changed"):
        WorkerPool(setup, "ask", 1, 2, generation + 1)
    with pytest.raises(InputError, match="no index"):
        WorkerPool(BatchSetup(str(home / "none"), "extractive"), "ask", 1, 2, 1)


def test_the_private_mode_reaches_the_other_process(home: Path) -> None:
    arguments = [*command(home, "http://192.0.2.1:9/v1"), "--json"]
    arguments.insert(arguments.index("batch"), "--private")
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    records = [json.loads(line) for line in (home / "out.jsonl").read_text("utf-8").splitlines()]
    assert done.returncode == 1
    assert len(records) == QUESTIONS
    assert all("private mode" in record["error"] for record in records), records[0]
