"""Shards over HTTP: a slow replica is overtaken, a lost one is passed by, a wrong key refused."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")

import httpx
import uvicorn

from rag_infer.errors import IndexStorageError, InputError
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.serve.auth import single_user
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.shard_app import create_shard_app
from rag_infer.shards.hedging import Replicas
from rag_infer.shards.http_transport import HttpShards, parse_addresses
from rag_infer.shards.partition import Shard
from rag_infer.shards.router import ShardError, ShardRouter, missing_note
from rag_infer.shards.shard_scorer import STATISTICS
from tests.index.conftest import EMBEDDER, entry
from tests.property.test_access import Seeded

KEY = "a-key-of-shards-0123456789"
STAFF = SearchOptions(filter=Filter(groups=["staff"]))
ALL = {"menu", "merger", "trip"}

App = Callable[[Any, Any, Any], Awaitable[None]]


class Delayed:
    """An application whose rounds take ``seconds`` longer. ``requests`` counts them."""

    def __init__(self, app: App, seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self.requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.requests += 1
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


async def plain_app(scope: Any, receive: Any, send: Any) -> None:
    """A server of something else, which knows no route of a shard."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def running(app: App) -> Iterator[str]:
    """The address of a server of this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards") / "index"
    for name, groups in (("menu", frozenset[str]()), ("merger", {"board"}), ("trip", {"staff"})):
        with Writer(folder, EMBEDDER) as writer:
            paragraphs = [f"the {name} of autumn", f"a {name} in winter"]
            writer.add(entry(name, paragraphs, frozenset(groups)))
            writer.publish()
    return folder


def shard_app(path: Path, number: int, count: int) -> App:
    config = ServerConfig({"work": path}, path.parent / "data", single_user(KEY))
    return create_shard_app(config, Shard(number, count))


@pytest.fixture(scope="module")
def servers(path: Path) -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running(shard_app(path, n, 2))) for n in (1, 2)]


def ids(snapshot: Snapshot, router: ShardRouter) -> list[str]:
    hits = search(snapshot, Seeded(), "autumn", 9, SearchOptions(scoring=router))  # type: ignore[arg-type]
    return [hit.document_id for hit in hits]


def test_results_are_those_of_one_machine(path: Path, servers: list[str]) -> None:
    with Snapshot(path) as snapshot, HttpShards([[s] for s in servers], KEY) as shards:
        router = ShardRouter(shards)
        expected = search(snapshot, Seeded(), "autumn winter", 9, STAFF)  # type: ignore[arg-type]
        options = replace(STAFF, scoring=router)
        assert search(snapshot, Seeded(), "autumn winter", 9, options) == expected  # type: ignore[arg-type]
        assert {hit.document_id for hit in expected} == {"menu", "trip"}
        assert not router.missing_now(snapshot)
        assert shards.received_bytes > 0


def test_a_wrong_key_is_refused(path: Path, servers: list[str]) -> None:
    with Snapshot(path) as snapshot, HttpShards([[s] for s in servers], "x" * 20) as shards:
        with pytest.raises(IndexStorageError, match="shard 1 refuses the key, shard 2 refuses"):
            ids(snapshot, ShardRouter(shards))
        answer = shards.ask(STATISTICS, {0: b"{}"})[0]
        assert isinstance(answer, ShardError)
    for route in ("statistics", "state"):
        reply = httpx.post(f"{servers[0]}/api/shard/{route}?shard=1/2", trust_env=False)
        assert reply.status_code == 401
    assert httpx.get(f"{servers[0]}/metrics", trust_env=False).status_code == 401
    headers = {"authorization": f"Bearer {KEY}"}
    metrics = httpx.get(f"{servers[0]}/metrics", headers=headers, trust_env=False)
    assert "rag_shard_rounds_total" in metrics.text


def test_a_slow_replica_is_overtaken_by_another(path: Path, servers: list[str]) -> None:
    slow = Delayed(shard_app(path, 2, 2), 3.0)
    with running(slow) as address, Snapshot(path) as snapshot:
        replicas = [[servers[0]], [address, servers[1]]]
        with HttpShards(replicas, KEY) as shards:
            router = ShardRouter(shards)
            started = time.monotonic()
            complete = [set(ids(snapshot, router)) for _ in range(2)]
            seconds = time.monotonic() - started
        assert complete == [ALL, ALL]
        assert not router.notes(0.0)
        assert slow.requests >= 2  # it was asked in turn, and nobody waited for it
        assert seconds < 3.0


def test_a_replica_that_is_gone_is_passed_by(path: Path, servers: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = f"http://127.0.0.1:{free.getsockname()[1]}"
    with (
        Snapshot(path) as snapshot,
        HttpShards([[gone, servers[0]], [servers[1]]], KEY) as shards,
    ):
        router = ShardRouter(shards)
        assert set(ids(snapshot, router)) == ALL
        assert not router.notes(0.0)


def test_a_shard_without_a_server_is_noted_and_not_waited_for(
    path: Path, servers: list[str]
) -> None:
    hanging = Delayed(shard_app(path, 2, 2), 30.0)
    with running(hanging) as address, Snapshot(path) as snapshot:
        replicas = [[servers[0]], [address]]
        with HttpShards(replicas, KEY, timeout_s=0.5) as shards:
            router = ShardRouter(shards)
            for _ in range(2):
                started = time.perf_counter()
                assert set(ids(snapshot, router)) == ALL - {"merger"}
                (note,) = router.notes(started)
                assert "shard 2 took more than 0.5 s" in note
            assert hanging.requests == 1
            (note,) = router.missing_now(snapshot)
            assert "shard 2" in note


def test_servers_in_another_order_are_refused(path: Path, servers: list[str]) -> None:
    with HttpShards([[s] for s in reversed(servers)], KEY) as shards, Snapshot(path) as snapshot:
        router = ShardRouter(shards)
        reasons = "shard 1 was started as 2/2, shard 2 was started as 1/2"
        with pytest.raises(IndexStorageError, match=reasons):
            router.missing_now(snapshot)
        with pytest.raises(IndexStorageError, match=reasons):
            ids(snapshot, router)


def test_a_reason_outlives_the_time_in_which_nobody_waits(
    path: Path, servers: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each note has the reason of the first request; one line is logged."""
    with (
        running(plain_app) as address,
        Snapshot(path) as snapshot,
        HttpShards([[servers[0]], [address]], KEY) as shards,
    ):
        router = ShardRouter(shards)
        for _ in range(3):
            started = time.perf_counter()
            ids(snapshot, router)
            (note,) = router.notes(started)
            assert "1 of 2 shards of the index is missing" in note
            assert note.endswith("shard 2 is a server but no shard")
    assert [record.getMessage() for record in caplog.records] == [
        f"the shard at {address} is a server but no shard"
    ]


def test_of_many_missing_shards_some_are_named() -> None:
    note = missing_note(dict.fromkeys(range(900), "does not answer"), 1000)
    assert note.startswith("900 of 1000 shards of the index are missing")
    assert note.endswith("shard 4 does not answer, and 896 more")


def test_a_shard_without_work_says_so(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shard_app(path, 3, 3)
    assert not caplog.records
    shard_app(path, 4, 4)
    assert caplog.messages == ["shard 4/4 has nothing to score: the index has 3 segments"]
    caplog.clear()
    shard_app(path.parent / "mistyped", 1, 2)
    assert caplog.messages == ["there is no index 'work' here yet: the shard answers nothing"]
    assert not (path.parent / "mistyped").exists()


def test_another_generation_is_said(servers: list[str]) -> None:
    with HttpShards([[s] for s in servers], KEY) as shards:
        assert set(shards.missing("0" * 64).values()) == {
            "has another index, or another generation of it"
        }


def test_replicas_are_asked_in_turn_and_failures_last() -> None:
    replicas = Replicas(["a", "b", "c"])
    assert [replicas.order()[0] for _ in range(6)] == ["b", "c", "a"] * 2
    replicas.note_failure("b", "does not answer")
    assert all(replicas.order()[-1] == "b" for _ in range(3))
    assert not replicas.all_failed


def test_a_second_replica_is_asked_after_most_answers_have_come() -> None:
    replicas = Replicas(["a", "b"])
    before = replicas.hedge_after_s("scores")
    for milliseconds in range(1, 101):
        replicas.note_time("scores", milliseconds / 1000)
    assert replicas.hedge_after_s("scores") == pytest.approx(0.095, abs=0.002)
    assert replicas.hedge_after_s("statistics") == before


def test_addresses_as_they_are_typed() -> None:
    typed = "http://a:8001, https://b:8002/|http://c:8002"
    assert parse_addresses(typed) == [("http://a:8001",), ("https://b:8002", "http://c:8002")]
    for text in (
        "",
        "a:8001",
        "ftp://a",
        "http://",
        "http://a,,http://b",
        "http://u@a",
        "http://a?x",
    ):
        with pytest.raises(InputError, match="not the address"):
            parse_addresses(text)
