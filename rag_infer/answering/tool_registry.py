"""The tools of an answer: of the package, of MCP servers, and functions of the caller.

Tools of the package are bound to an index and to what the user is authorized to read of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import Filter
from rag_infer.settings import OWN_TOOLS, Settings, ToolServer
from rag_infer.table_qa.index_tables import tables
from rag_infer.table_qa.sql_tables import sql_tables
from rag_infer.tools import Tool, ToolOutput, ToolSpec, tool
from rag_infer.tools.sql_client import SqlTable, ask

if TYPE_CHECKING:
    from rag_infer.engine import Engine

_MAX_DESCRIBED_TABLES, _MAX_DESCRIBED_COLUMNS = 12, 24


@contextmanager
def open_tools(names: Sequence[str], servers: Mapping[str, ToolServer]) -> Iterator[list[ToolSpec]]:
    """Names as given to a command, as ``Index.ask`` takes them.

    Names of MCP servers become their tools, which live as long as the context; ``all`` is every
    tool of the package.

    Raises:
        InputError: A name is unknown, or a server cannot be reached.
    """
    if not names:
        yield []
        return
    from rag_infer.tools import mcp

    expanded = [n for name in names for n in (OWN_TOOLS if name == "all" else (name,))]
    for name in expanded:
        if name not in OWN_TOOLS and name not in servers:
            raise unknown_tool(name, (*OWN_TOOLS, *servers))
    unique = list(dict.fromkeys(expanded))
    with mcp.opened([servers[name] for name in unique if name in servers]) as server_tools:
        own: list[ToolSpec] = [name for name in unique if name in OWN_TOOLS]
        yield [*own, *server_tools]


def resolve_tool_names(
    requested: Sequence[str] | None, settings: Settings, llm: str, *, schema: bool = False
) -> Sequence[str]:
    """The names of the tools that an answer by this model may call: requested, else configured.

    An answer by a schema calls no configured tools, and an extractive answer none at all.

    Raises:
        InputError: Tools were requested for an extractive answer.
    """
    if llm != EXTRACTIVE:
        return requested or (() if schema else settings.tools)
    if requested:
        raise InputError("tools require a language model", code="tools_need_llm")
    return ()


def bind_tools(engine: Engine, filter: Filter, specs: Sequence[ToolSpec]) -> list[Tool]:
    """Tools for one question; ``filter`` is what the user is authorized to read.

    Raises:
        InputError: A name is unknown or used by two tools, or a function cannot be a tool.
    """
    tools = [_bind(engine, filter, spec) for spec in specs]
    names = [each.name for each in tools]
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two tools are called '{duplicate}'", code="duplicate_tool")
    return tools


def table_tool(sources: Sequence[SqlTable]) -> Tool:
    """SQL over these tables."""

    def table(query: Annotated[str, "one SELECT in the SQL of DuckDB"]) -> ToolOutput:
        """Computes over the tables of the documents with SQL."""
        lowered = query.lower()
        documents = [t.document for t in sources if t.name.lower() in lowered]
        return ToolOutput(ask(sources, query).text(), documents=tuple(dict.fromkeys(documents)))

    bound = tool(table)
    described = [
        f'"{t.name}" ({", ".join(t.columns[:_MAX_DESCRIBED_COLUMNS])}; {len(t.rows)} rows)'
        for t in sources[:_MAX_DESCRIBED_TABLES]
    ]
    count = len(sources) - _MAX_DESCRIBED_TABLES
    more = f" and {count} more" if count > 0 else ""
    tables_text = "; ".join(described) + more if sources else "none"
    return Tool(
        bound.name,
        f"{bound.description} One SELECT; names in double quotes. Tables: {tables_text}.",
        bound.parameters,
        bound.call,
    )


def _bind(engine: Engine, filter: Filter, spec: ToolSpec) -> Tool:
    if isinstance(spec, Tool):
        return spec
    if not isinstance(spec, str):
        return tool(spec)
    if spec == "calculator":
        from rag_infer.tools.calculator import calculator

        return tool(calculator)
    if spec == "search":
        return _search_tool(engine, filter)
    if spec == "table":
        return table_tool(sql_tables(tables(engine.snapshot, filter)))
    raise unknown_tool(spec, OWN_TOOLS)


def unknown_tool(name: str, available: Sequence[str]) -> InputError:
    return InputError(
        f"there is no tool '{name}'",
        hint=f"available: {', '.join(available)}",
        code="unknown_tool",
    )


def _search_tool(engine: Engine, filter: Filter) -> Tool:
    from pydantic import Field

    def search(query: str, k: int = 5) -> ToolOutput:
        """Finds passages of the documents when the given ones do not answer. Plain words."""
        hits = engine.search(query, k, filter=filter)
        text = "\n\n".join(f"{hit.location}:\n{hit.chunk.text}" for hit in hits)
        return ToolOutput(text or "no passages were found", tuple(hits))

    search.__annotations__["k"] = Annotated[int, Field(ge=1, le=20)]
    return tool(search)
