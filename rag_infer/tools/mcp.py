"""Tools of MCP servers: programs started here and asked over stdio, or servers asked over HTTP."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from rag_infer.errors import InputError, MissingDependencyError
from rag_infer.private_mode import refuse_in_private_mode
from rag_infer.redaction import mask_command
from rag_infer.settings import ToolServer
from rag_infer.tools import Tool, untitled

_MAX_TOOLS_PER_SERVER = 64  # tools of a server
_MAX_DESCRIPTION_CHARS = 1000  # characters of a description


@contextmanager
def opened(servers: Sequence[ToolServer]) -> Iterator[list[Tool]]:
    """The tools of servers, as long as they are needed; programs started for it end with it.

    Raises InputError for a server that cannot be reached or has a tool that is not there,
    MissingDependencyError without the extra ``mcp``.
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
        tools: list[Tool] = []
        for server in servers:
            tools += _tools(server, portal, stack)
        yield tools
    finally:
        # Not by ``with``: what is raised in it would come out wrapped in groups of the transport's.
        stack.close()


def _tools(server: ToolServer, portal: Any, stack: ExitStack) -> list[Tool]:
    import mcp
    from mcp.client.stdio import stdio_client

    where = server.url or shlex.join(mask_command(server.command))
    target: Any = server.url
    if target is None:
        refuse_in_private_mode(f"the program '{where}'")
        program, *arguments = server.command
        started = mcp.StdioServerParameters(command=program, args=arguments, env=dict(server.env))
        log = open(os.devnull, "w")  # noqa: SIM115, PTH123 - its log is not for who asks
        target = stdio_client(started, errlog=stack.enter_context(log))

    async def listed(client: Any) -> list[Any]:
        page = await client.list_tools()
        tools = list(page.tools)
        while page.next_cursor and len(tools) < _MAX_TOOLS_PER_SERVER:
            page = await client.list_tools(cursor=page.next_cursor)
            tools += page.tools
        return tools

    try:
        client = mcp.Client(target, read_timeout_seconds=server.timeout)
        session = stack.enter_context(portal.wrap_async_context_manager(client))
        descriptions = portal.call(listed, session)
    except Exception as error:  # transports, processes and the protocol raise their own
        raise InputError(
            f"the MCP server '{server.name}' cannot be used: {_reason(error)}",
            where=where,
            hint=f"see [mcp.{server.name}] in the settings",
        ) from error
    names = {tool.name for tool in descriptions}
    if missing := [name for name in server.tools if name not in names]:
        raise InputError(
            f"the MCP server '{server.name}' has no tool '{missing[0]}'",
            hint=f"it has: {', '.join(sorted(names))}",
        )
    selected = [tool for tool in descriptions if not server.tools or tool.name in server.tools]
    return [_tool(server, tool, session, portal) for tool in selected[:_MAX_TOOLS_PER_SERVER]]


def _tool(server: ToolServer, description: Any, client: Any, portal: Any) -> Tool:
    async def ask(arguments: dict[str, Any]) -> Any:
        return await client.call_tool(description.name, arguments)

    def call(arguments: Mapping[str, Any]) -> str:
        return _text(portal.call(ask, dict(arguments)))

    summary = " ".join((description.description or description.title or description.name).split())[
        :_MAX_DESCRIPTION_CHARS
    ]
    schema = untitled(description.input_schema or {"type": "object", "properties": {}})
    return Tool(_qualified_name(server.name, description.name), summary, schema, call)


def _qualified_name(server: str, name: str) -> str:
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


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
