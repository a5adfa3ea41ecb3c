"""``--shards`` finds what the command finds alone, and says what is missing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")

from rag_infer import Index, TextDocument
from tests.command import run_command
from tests.shards.test_http_transport import KEY, running, shard_app

WORDS = ("canteen", "soup")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "index"
    index = Index.open(path, create=True)
    for name, text in (("menu", "The canteen serves soup."), ("trip", "The bus to the canteen.")):
        index.add_documents([TextDocument(name, text)])
    return path


@pytest.fixture(scope="module")
def servers(path: Path) -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running(shard_app(path, n, 2))) for n in (1, 2)]


def environment(path: Path) -> dict[str, str]:
    return {**os.environ, "RAG_SHARD_KEY": KEY, "RAG_INDEX": str(path)}


def test_search_and_ask_through_shards(path: Path, servers: list[str]) -> None:
    shards = ",".join(servers)
    for command in (("search", *WORDS), ("ask", "What does the canteen serve?")):
        alone, through = (
            run_command(*command, "--json", *options, cwd=path.parent, env=environment(path))
            for options in ((), ("--shards", shards))
        )
        assert alone.returncode == through.returncode == 0, through.stderr
        results = [json.loads(done.stdout) for done in (alone, through)]
        for result in results:
            if isinstance(result, dict):
                result.pop("usage")
        assert results[0] == results[1]


def test_a_missing_shard_is_said(path: Path, servers: list[str]) -> None:
    lost = f"{servers[0]},http://127.0.0.1:9"
    options = ("--shards", lost)
    env = environment(path)
    done = run_command("search", *WORDS, *options, cwd=path.parent, env=env)
    assert "1 of 2 shards of the index is missing" in done.stderr
    done = run_command("ask", "What does the canteen serve?", *options, cwd=path.parent, env=env)
    assert "1 of 2 shards of the index is missing" in done.stdout + done.stderr


def test_shards_need_their_key(path: Path, servers: list[str]) -> None:
    env = {name: value for name, value in environment(path).items() if name != "RAG_SHARD_KEY"}
    options = ("--shards", ",".join(servers))
    done = run_command("search", *WORDS, *options, cwd=path.parent, env=env)
    assert (done.returncode, "RAG_SHARD_KEY" in done.stderr) == (2, True)
    for words in (("--shard", "1/2"), ("--shards", "http://a"), ("--shard", "3/2")):
        done = run_command("serve", *words, cwd=path.parent, env=env)
        assert done.returncode == 2
        assert words[0] in done.stderr
