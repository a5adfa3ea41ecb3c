"""The tools of an answer: those that come with the package, bound to an index and to what the asker
may see of it, those of MCP servers, and functions that are handed in.

Knows: which names there are and what each becomes.
Does not know: how a tool is run, models.
"""

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

Given = str | Tool | Callable[..., Any]
_LISTED, _COLUMNS = 12, 24  # tables and columns that a description names


@contextmanager
def open_tools(names: Sequence[str], servers: Mapping[str, ToolServer]) -> Iterator[list[Given]]:
    """Names as they were given to a command, as ``AskOptions.tools`` takes them.

    Names of MCP servers become their tools, which live as long as the context; ``all`` is every
    tool of the package. Raises InputError for a name that is none, and for a server that cannot be
    reached.
    """
    if not names:
        yield []
        return
    from rag_infer.tools import mcp

    chosen = [n for name in names for n in (OWN_TOOLS if name == "all" else (name,))]
    for name in chosen:
        if name not in OWN_TOOLS and name not in servers:
            known = ", ".join((*OWN_TOOLS, *servers))
            raise InputError(f"there is no tool '{name}'", hint=f"there are: {known}")
    chosen = list(dict.fromkeys(chosen))
    with mcp.opened([servers[name] for name in chosen if name in servers]) as foreign:
        own: list[Given] = [name for name in chosen if name in OWN_TOOLS]
        yield [*own, *foreign]


def resolve_tool_names(
    given: Sequence[str] | None, chosen: Settings, generator: str, *, schema: bool = False
) -> Sequence[str]:
    """The names of the tools that an answer by this generator may ask: as given, else as set.

    An answer by a schema asks none of those that are only set.

    Quotes are made without a model, so that there is nobody to ask them. Raises InputError when
    some were given all the same.
    """
    if generator != EXTRACTIVE:
        return given or (() if schema else chosen.tools)
    if given:
        raise InputError("tools are asked by a model", hint="choose one with --llm")
    return ()


def bind_tools(engine: Engine, chosen: Filter, given: Sequence[Given]) -> list[Tool]:
    """Tools for one question; ``chosen`` is what the asker may see.

    Raises InputError for a name that is none or that two tools have, and for a function that
    cannot be a tool.
    """
    found = [_bound(engine, chosen, each) for each in given]
    names = [each.name for each in found]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two tools are called '{double}'")
    return found


def table_tool(found: Sequence[SqlTable]) -> Tool:
    """SQL over these tables."""

    def table(query: Annotated[str, "one SELECT in the SQL of DuckDB"]) -> ToolOutput:
        """Computes over the tables of the documents with SQL."""
        lowered = query.lower()
        named = [t.document for t in found if t.name.lower() in lowered]
        return ToolOutput(ask(found, query).text(), documents=tuple(dict.fromkeys(named)))

    made = tool(table)
    listed = [
        f'"{t.name}" ({", ".join(f"{c}" for c in t.columns[:_COLUMNS])}; {len(t.rows)} rows)'
        for t in found[:_LISTED]
    ]
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    about = "; ".join(listed) + more if found else "none"
    return Tool(
        made.name,
        f"{made.description} One SELECT; names in double quotes. Tables: {about}.",
        made.parameters,
        made.call,
    )


def _bound(engine: Engine, chosen: Filter, given: Given) -> Tool:
    if isinstance(given, Tool):
        return given
    if not isinstance(given, str):
        return tool(given)
    if given == "calculator":
        from rag_infer.tools.calculator import calculator

        return tool(calculator)
    if given == "search":
        return _search_tool(engine, chosen)
    if given == "table":
        return table_tool([t.table for t in tables(engine.snapshot, chosen)])
    raise InputError(f"there is no tool '{given}'", hint=f"there are: {', '.join(OWN_TOOLS)}")


def _search_tool(engine: Engine, chosen: Filter) -> Tool:
    from pydantic import Field

    def search(query: str, k: int = 5) -> ToolOutput:
        """Finds passages of the documents, for when those at hand do not tell. Plain words."""
        hits = engine.search(query, k, filter=chosen)
        text = "\n\n".join(f"{hit.location}:\n{hit.chunk.text}" for hit in hits)
        return ToolOutput(text or "nothing was found", tuple(hits))

    search.__annotations__["k"] = Annotated[int, Field(ge=1, le=20)]
    return tool(search)
