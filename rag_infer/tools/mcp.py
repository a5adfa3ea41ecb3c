"""Tools of MCP servers: programs started here and asked over stdio, or servers asked over HTTP.

Knows: the Model Context Protocol through the ``mcp`` SDK, names that do not clash.
Does not know: which servers there are, what their tools do. What they say of themselves is shown to
the model as it is told any other text: it is data.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from rag_infer.errors import InputError, MissingDependencyError
from rag_infer.settings import ToolServer
from rag_infer.tools import Tool, untitled

_MOST = 64  # tools of a server
_ABOUT = 1000  # characters of a description


@contextmanager
def opened(servers: Sequence[ToolServer]) -> Iterator[list[Tool]]:
    """The tools of servers, as long as they are needed; programs started for it end with it.

    Raises InputError for a server that cannot be reached or has a tool that is not there,
    MissingExtraError without the extra ``mcp``.
    """
    if not servers:
        yield []
        return
    try:
        import mcp  # noqa: F401
        from anyio.from_thread import start_blocking_portal
    except ImportError:
        raise MissingDependencyError(
            "asking MCP servers for tools needs an optional package", extra="mcp"
        ) from None
    stack = ExitStack()
    try:
        portal = stack.enter_context(start_blocking_portal())
        found: list[Tool] = []
        for server in servers:
            found += _tools(server, portal, stack)
        yield found
    finally:
        # Not by ``with``: what is raised in it would come out wrapped in groups of the transport's.
        stack.close()


def _tools(server: ToolServer, portal: Any, stack: ExitStack) -> list[Tool]:
    import mcp
    from mcp.client.stdio import stdio_client

    where = server.url or shlex.join(server.command)
    target: Any = server.url
    if target is None:
        program, *arguments = server.command
        started = mcp.StdioServerParameters(command=program, args=arguments, env=dict(server.env))
        silent = open(os.devnull, "w")  # noqa: SIM115, PTH123 - its log is not for who asks
        target = stdio_client(started, errlog=stack.enter_context(silent))

    async def listed(client: Any) -> list[Any]:
        page = await client.list_tools()
        found = list(page.tools)
        while page.next_cursor and len(found) < _MOST:
            page = await client.list_tools(cursor=page.next_cursor)
            found += page.tools
        return found

    try:
        client = mcp.Client(target, read_timeout_seconds=server.timeout)
        entered = stack.enter_context(portal.wrap_async_context_manager(client))
        told = portal.call(listed, entered)
    except Exception as error:  # transports, processes and the protocol raise their own
        raise InputError(
            f"the MCP server '{server.name}' cannot be used: {_why(error)}",
            where=where,
            hint=f"see [mcp.{server.name}] in the settings",
        ) from error
    known = {tool.name for tool in told}
    if missing := [name for name in server.tools if name not in known]:
        raise InputError(
            f"the MCP server '{server.name}' has no tool '{missing[0]}'",
            hint=f"it has: {', '.join(sorted(known))}",
        )
    chosen = [tool for tool in told if not server.tools or tool.name in server.tools]
    return [_tool(server, tool, entered, portal) for tool in chosen[:_MOST]]


def _tool(server: ToolServer, told: Any, client: Any, portal: Any) -> Tool:
    async def ask(arguments: dict[str, Any]) -> Any:
        return await client.call_tool(told.name, arguments)

    def call(arguments: Mapping[str, Any]) -> str:
        return _text(portal.call(ask, dict(arguments)))

    about = " ".join((told.description or told.title or told.name).split())[:_ABOUT]
    schema = untitled(told.input_schema or {"type": "object", "properties": {}})
    return Tool(_named(server.name, told.name), about, schema, call)


def _named(server: str, name: str) -> str:
    """A name that chat templates and servers take: letters, digits, ``_`` and ``-``, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", f"{server}_{name}")[:64]


def _text(result: Any) -> str:
    """The text of a result; what is no text is named. Raises what the tool says went wrong."""
    parts = [getattr(part, "text", None) or f"({part.type})" for part in result.content]
    text = "\n".join(parts)
    if result.is_error:
        raise InputError(text or "the tool failed")
    if not text and result.structured_content is not None:
        import json

        return json.dumps(result.structured_content, ensure_ascii=False)
    return text


def _why(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
