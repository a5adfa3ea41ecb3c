"""Tools of a real MCP server, a process of its own."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from rag_infer.errors import InputError
from rag_infer.settings import ToolServer
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.tools.mcp import opened
from rag_infer.types import ToolCall

SERVER = '''
import sys, time
from mcp.server import MCPServer

server = MCPServer("demo")
print("a line that is no message", file=sys.stderr)

@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b

@server.tool()
def fails() -> str:
    """Fails."""
    raise ValueError("no")

@server.tool()
def hangs() -> str:
    """Hangs."""
    time.sleep(60)
    return "late"

@server.tool()
def floods() -> str:
    """Writes a megabyte."""
    return "x" * 1_000_000

server.run()
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ToolServer:
    file = tmp_path_factory.mktemp("mcp") / "server.py"
    file.write_text(SERVER)
    return ToolServer("demo", (sys.executable, str(file)), timeout=20)


def test_its_tools_are_called_and_bounded(
    server: ToolServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with opened([server]) as tools:
        assert [t.name for t in tools] == ["demo_add", "demo_fails", "demo_hangs", "demo_floods"]
        assert tools[0].description == "Adds two numbers."
        assert tools[0].parameters["properties"] == {
            "a": {"type": "integer"}, "b": {"type": "integer"},
        }  # fmt: skip
        bounds = ToolLimits(chars=500)
        assert run(tools, ToolCall("demo_add", {"a": 2, "b": "3"}), bounds).text == "5"
        assert "failed: " in run(tools, ToolCall("demo_add", {"a": "x"}), bounds).text
        assert run(tools, ToolCall("demo_fails", {}), bounds).is_error
        assert "1,000,000 characters" in run(tools, ToolCall("demo_floods", {}), bounds).text
        hung = run(tools, ToolCall("demo_hangs", {}), ToolLimits(seconds=0.5))
        assert hung.text == "failed: it took longer than 0.5 s"
    assert "no message" not in capfd.readouterr().err


def test_only_those_that_are_chosen(server: ToolServer) -> None:
    one = ToolServer("my server", server.command, tools=("add",))
    with opened([one]) as tools:
        assert [t.name for t in tools] == ["my_server_add"]
    with (
        pytest.raises(InputError, match="has no tool 'subtract'"),
        opened([ToolServer("demo", server.command, tools=("subtract",))]),
    ):
        pass


@pytest.mark.parametrize(
    "server",
    [
        ToolServer("gone", ("/nonexistent/program",)),
        ToolServer("gone", url="http://127.0.0.1:9/mcp", timeout=2),
        ToolServer("gone", (sys.executable, "-c", "print('no protocol')"), timeout=2),
    ],
    ids=["no program", "no server", "no protocol"],
)
def test_a_server_that_cannot_be_used_is_one_line(server: ToolServer) -> None:
    with (
        pytest.raises(InputError, match="the MCP server 'gone' cannot be used") as caught,
        opened([server]),
    ):
        pass
    assert "[mcp.gone]" in str(caught.value)


def test_none_are_needed() -> None:
    with opened([]) as tools:
        assert tools == []
