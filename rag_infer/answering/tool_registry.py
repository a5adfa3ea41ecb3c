"""The tools of an answer: built-in ones bound to an index, MCP tools, a user's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import Filter
from rag_infer.settings import OWN_TOOLS, Settings, ToolServer
from rag_infer.table_qa.index_tables import tables
from rag_infer.tools import Tool, ToolOutput, tool
from rag_infer.tools.sql_client import SqlTable, ask

if TYPE_CHECKING:
    from rag_infer.engine import Engine

ToolSpec = str | Tool | Callable[..., Any]
_MAX_LISTED_TABLES, _MAX_LISTED_COLUMNS = 12, 24  # in the description of the table tool


@contextmanager
def open_tools(names: Sequence[str], servers: Mapping[str, ToolServer]) -> Iterator[list[ToolSpec]]:
    """Names as they were given to a command, as ``AskOptions.tools`` takes them.

    Names of MCP servers become their tools, which live as long as the context; ``all`` is every
    tool of the package. Raises InputError for a name that is none, and for a server that cannot be
    reached.
    """
    if not names:
        yield []
        return
    from rag_infer.tools import mcp

    requested = [n for name in names for n in (OWN_TOOLS if name == "all" else (name,))]
    for name in requested:
        if name not in OWN_TOOLS and name not in servers:
            available = ", ".join((*OWN_TOOLS, *servers))
            raise InputError(f"there is no tool '{name}'", hint=f"there are: {available}")
    requested = list(dict.fromkeys(requested))
    with mcp.opened([servers[name] for name in requested if name in servers]) as mcp_tools:
        own_tools: list[ToolSpec] = [name for name in requested if name in OWN_TOOLS]
        yield [*own_tools, *mcp_tools]


def resolve_tool_names(
    names: Sequence[str] | None, settings: Settings, llm: str, *, schema: bool = False
) -> Sequence[str]:
    """The names of the tools that an answer by this generator may ask: as given, else as set.

    An answer by a schema asks none of those that are only set.

    Quotes are made without a model, so that there is nobody to ask them. Raises InputError when
    some were given all the same.
    """
    if llm != EXTRACTIVE:
        return names or (() if schema else settings.tools)
    if names:
        raise InputError("tools require a language model", hint="choose one with --llm")
    return ()


def bind_tools(engine: Engine, filter: Filter, specs: Sequence[ToolSpec]) -> list[Tool]:
    """Tools for one question; ``filter`` is what the user may read.

    Raises InputError for a name that is none or that two tools have, and for a function that
    cannot be a tool.
    """
    tools = [_bound(engine, filter, spec) for spec in specs]
    names = [spec.name for spec in tools]
    if duplicate := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two tools are called '{duplicate}'")
    return tools


def table_tool(tables: Sequence[SqlTable]) -> Tool:
    """SQL over these tables."""

    def table(query: Annotated[str, "one SELECT in the SQL of DuckDB"]) -> ToolOutput:
        """Computes over the tables of the documents with SQL."""
        lowered = query.lower()
        documents = [t.document for t in tables if t.name.lower() in lowered]
        return ToolOutput(ask(tables, query).text(), documents=tuple(dict.fromkeys(documents)))

    base = tool(table)
    descriptions = [
        f'"{t.name}" ({", ".join(t.columns[:_MAX_LISTED_COLUMNS])}; {len(t.rows)} rows)'
        for t in tables[:_MAX_LISTED_TABLES]
    ]
    more = (
        f" and {len(tables) - _MAX_LISTED_TABLES} more" if len(tables) > _MAX_LISTED_TABLES else ""
    )
    summary = "; ".join(descriptions) + more if tables else "none"
    return Tool(
        base.name,
        f"{base.description} One SELECT; names in double quotes. Tables: {summary}.",
        base.parameters,
        base.call,
    )


def _bound(engine: Engine, filter: Filter, spec: ToolSpec) -> Tool:
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
        return table_tool([t.table for t in tables(engine.snapshot, filter)])
    raise InputError(f"there is no tool '{spec}'", hint=f"there are: {', '.join(OWN_TOOLS)}")


def _search_tool(engine: Engine, filter: Filter) -> Tool:
    from pydantic import Field

    def search(query: str, k: int = 5) -> ToolOutput:
        """Searches the documents for passages. Use it when the given passages do not answer."""
        hits = engine.search(query, k, filter=filter)
        text = "\n\n".join(f"{hit.location}:\n{hit.chunk.text}" for hit in hits)
        return ToolOutput(text or "nothing was found", tuple(hits))

    search.__annotations__["k"] = Annotated[int, Field(ge=1, le=20)]
    return tool(search)
