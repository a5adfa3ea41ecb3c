"""The tools as a real MCP client meets them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

mcp = pytest.importorskip("mcp", reason="the extra mcp is not installed")

RAG = str(Path(sys.executable).with_name("rag"))
CORPUS = Path(__file__).parents[2] / "corpus"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    from rag_infer import Index

    home = tmp_path_factory.mktemp("mcp")
    with Index.open(home / "notes", create=True) as index:
        index.add(CORPUS / "kv-cache.md")
    return {**os.environ, "RAG_INDEX": str(home / "notes"), "HF_HUB_OFFLINE": "1"}


async def use(server: Any) -> None:
    async with mcp.Client(server) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == {"search", "ask", "read_page", "summarize"}
        result = await client.call_tool("search", {"query": "memory bandwidth", "top_k": 2})
        assert not result.is_error
        (hit, *_) = result.structured_content["result"]
        assert hit["document_id"] == "kv-cache.md"
        question = {"question": "Why is decoding limited by memory bandwidth?"}
        response = await client.call_tool("ask", question)
        answer = response.structured_content
        assert answer["answered"]
        (cited, *_) = answer["citations"]
        position = {"document_id": cited["document_id"], "page_number": cited["page_number"]}
        page = (await client.call_tool("read_page", position)).structured_content
        assert page["text"][cited["start"] : cited["end"]] == cited["quote"]
        response = await client.call_tool("summarize", {"document_id": "kv-cache.md", "bullets": 2})
        points = response.structured_content
        assert len(points["points"]) == 2
        assert points["citations"][0]["quote"] in page["text"]
        wrong = await client.call_tool("read_page", {"document_id": "../../etc/passwd"})
        assert wrong.is_error
        assert "not in the index" in json.dumps(wrong.model_dump(mode="json"))
        await use_resources(client, page["text"])


async def use_resources(client: Any, text: str) -> None:
    listed = await client.read_resource("rag://documents")
    (document,) = json.loads(listed.contents[0].text)
    assert document["document_id"] == "kv-cache.md"
    page = await client.read_resource(document["uri"])
    assert page.contents[0].text == text
    for wrong in ("..%2F..%2Fetc%2Fpasswd/pages/1", "kv-cache.md/pages/99"):
        with pytest.raises(mcp.MCPError):
            await client.read_resource(f"rag://documents/{wrong}")
    prompts = {prompt.name for prompt in (await client.list_prompts()).prompts}
    assert prompts == {"answer_from_documents", "summarize_document"}
    prompt = await client.get_prompt("answer_from_documents", {"question": "What is cached?"})
    assert "What is cached?" in prompt.messages[0].content.text


def test_over_stdio(environment: dict[str, str]) -> None:
    parameters = mcp.StdioServerParameters(command=RAG, args=["mcp"], env=environment)
    asyncio.run(use(parameters))


@contextmanager
def http_server(environment: dict[str, str], *options: str) -> Iterator[str]:
    """The address of ``rag mcp --http``."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [RAG, "mcp", "--http", str(port), *options], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(30)


def test_over_http(environment: dict[str, str]) -> None:
    with http_server(environment) as url:
        asyncio.run(use(url))
        # A page of another site, or a name that somebody points here, gets nothing.
        for header, wrong in (("Host", "evil.example"), ("Origin", "http://evil.example")):
            reply = httpx.post(url, json={}, headers={header: wrong}, trust_env=False)
            assert reply.status_code in (403, 421), header


def test_a_port_that_is_taken_is_an_error_in_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [RAG, "mcp", "--http", port], env=environment, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "cannot listen on this address" in done.stderr
    assert "--http" in done.stderr
    assert "listening " not in done.stderr


def test_each_user_reads_their_own_documents(environment: dict[str, str], tmp_path: Path) -> None:
    from rag_infer import Index

    with Index.open(tmp_path / "shared", create=True) as index:
        index.add(CORPUS / "kv-cache.md")
        index.add(CORPUS / "hallucination.md", groups=["board"])
    tokens = {name: f"token-of-{name}-0123456789" for name in ("alice", "bob")}
    (tmp_path / "users.toml").write_text(
        f'[users.alice]\ntoken = "{tokens["alice"]}"\ngroups = ["board"]\n'
        f'[users.bob]\ntoken = "{tokens["bob"]}"\n'
    )

    async def documents(url: str, name: str) -> set[str]:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        headers = {"Authorization": f"Bearer {tokens[name]}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            mcp.Client(streamable_http_client(url, http_client=http)) as client,
        ):
            listed = await client.read_resource("rag://documents")
            result = await client.call_tool("search", {"query": "hallucination", "top_k": 9})
        names = {row["document_id"] for row in json.loads(listed.contents[0].text)}
        assert {hit["document_id"] for hit in result.structured_content["result"]} <= names
        return names

    of_shared = {**environment, "RAG_INDEX": str(tmp_path / "shared")}
    with http_server(of_shared, "--users", str(tmp_path / "users.toml")) as url:
        assert asyncio.run(documents(url, "bob")) == {"kv-cache.md"}
        assert asyncio.run(documents(url, "alice")) == {"kv-cache.md", "hallucination.md"}
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert httpx.post(url, json={}, headers=headers, trust_env=False).status_code == 401


def test_nothing_that_searches_is_imported_before_a_tool_is_used(
    environment: dict[str, str],
) -> None:
    code = (
        "import os, sys; from rag_infer.serve import mcp; "
        "mcp.create_server(os.environ['RAG_INDEX'], 'extractive', {}, None); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert not {"numpy", "openvino", "faiss"} & set(done.stdout.split())


def test_an_index_that_is_not_there_is_told_at_once(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [RAG, "mcp", "--index", "nowhere"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == 1
    assert "nowhere" in done.stderr
