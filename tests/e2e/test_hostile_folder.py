"""Every command, run in a folder of hostile modules, imports none of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mcp
import typer

from rag_infer.cli.app import application
from tests.hostile import HostileFolder
from tests.read.fixtures import WRITERS

RAG = str(Path(sys.executable).with_name("rag"))
CORPUS = Path(__file__).parents[2] / "corpus"
ORDERS = "region,price\nNorth,1200\nSouth,300\nNorth,45\n"
TOTAL = "What is the total price in orders.csv?"
STORE = "What does the KV cache store?"
BUSY = (
    (("ask", STORE, "--receipt", "receipt.json", "--html", "page.html", "--json"), None),
    (("ask", TOTAL, "--receipt", "total.json", "--csv", "total.csv"), None),
    (("search", "memory bandwidth"), None),
    (("status", "--verbose"), None),
    (("verify",), None),
    (("summarize", "notes/handbook.pdf"), None),
    (("summarize", "notes/kv-cache.md"), None),
    (("fact-check", "-"), "The KV cache stores keys and values."),
    (("config",), None),
    (("doctor",), None),
    (("tools",), None),
    (("chat",), f"{STORE}\n{TOTAL}\n"),
    (("ls",), None),
    (("ls", "--indexes"), None),
    (("version",), None),
    (("models",), None),
    (("eval", "--limit", "2"), None),
    (("tune", "--reset"), None),
    (("extract", "--field", "temperature"), None),
    (("conflicts",), None),
    (("batch", "questions.txt"), None),
    (("users", "add", "alice"), None),
)
AFTERWARDS = (
    (("replay", "receipt.json"), None),
    (("replay", "total.json"), None),
    (("logs",), None),
    (("usage",), None),
    (("chat", "--list"), None),
    (("access", "notes/a.docx", "--group", "staff"), None),
    (("remove", "notes/a.docx"), None),
)
# `serve` (and `open`, which calls it) is run with each of its routes in tests/serve, `mcp` below.
ELSEWHERE = {
    "index",
    "reindex",
    "gc",
    "upgrade",
    "push",
    "pull",
    "serve",
    "open",
    "mcp",
    "check",
    "rm",
    "list",
}  # the last three are aliases


def environment(folder: Path) -> dict[str, str]:
    variables = {"RAG_INDEXES": str(folder / "indexes"), "XDG_DATA_HOME": str(folder / "data")}
    return {**os.environ, "HF_HUB_OFFLINE": "1", **variables}


def rag(folder: Path, *arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        [RAG, *arguments], cwd=folder, env=environment(folder), input=text or "",
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


async def use_tools(folder: Path) -> None:
    server = mcp.StdioServerParameters(
        command=RAG, args=["mcp"], env=environment(folder), cwd=folder
    )
    calls: dict[str, dict[str, Any]] = {
        "search": {"query": "memory bandwidth", "top_k": 2},
        "ask": {"question": TOTAL},
        "read_page": {"document_id": "notes/handbook.pdf", "page_number": 1},
        "summarize": {"document_id": "notes/kv-cache.md", "bullets": 2},
    }
    async with mcp.Client(server) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == set(calls), "a new tool: call it here"
        for name, arguments in calls.items():
            assert not (await client.call_tool(name, arguments)).is_error, name


def test_no_command_imports_a_module_of_the_working_folder(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    notes = folder / "notes"
    notes.mkdir(parents=True)
    hostile = HostileFolder(folder, tmp_path / "marks")
    for name, write in WRITERS.items():
        (notes / name).write_bytes(write("Tea", ["Green tea is brewed at 80 degrees."]))
    (notes / "orders.csv").write_text(ORDERS)
    (notes / "handbook.pdf").write_bytes((CORPUS / "retrieval-handbook.pdf").read_bytes())
    (notes / "kv-cache.md").write_bytes((CORPUS / "kv-cache.md").read_bytes())
    (notes / "a.hostile").write_text("x")
    (folder / "questions.txt").write_text(f"{STORE}\n")

    tested = {arguments[0] for arguments, _ in (*BUSY, *AFTERWARDS)} | ELSEWHERE
    commands = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
    assert set(commands) <= tested, "a new command: run it here"
    with hostile:
        rag(folder, "index", "notes")
        with ThreadPoolExecutor(2) as threads:
            tools = threads.submit(lambda: asyncio.run(use_tools(folder)))
            printed = list(threads.map(lambda one: rag(folder, *one[0], text=one[1]), BUSY))
            tools.result()
        assert "1,545" in printed[1], "no query was run"
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda one: rag(folder, *one[0], text=one[1]), AFTERWARDS))
        rag(folder, "reindex", "--embedder", "minilm")
        rag(folder, "upgrade")
        rag(folder, "gc")
        bucket = f"file://{folder / 'bucket'}"
        rag(folder, "push", "default", bucket)
        rag(folder, "pull", bucket, "copy")
