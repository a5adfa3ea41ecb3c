"""``rag tools``: the tools that a model may call while answering."""

from __future__ import annotations

from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.cli.options import IndexOption, JsonOption
from rag_infer.cli.output import print_json, print_text
from rag_infer.cli.terminal import one_line, shortened, styled, wrapped

_MAX_DESCRIPTION_COLUMNS = 400


def tools(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Only these; also MCP servers.")
    ] = None,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """List the tools a model may call. Tools of configured MCP servers are included."""
    from rag_infer import Filter, Index
    from rag_infer.answering.tool_registry import bind_tools, open_tools

    configured = settings.load()
    requested = names or [*settings.OWN_TOOLS, *configured.mcp]
    with open_tools(requested, configured.mcp) as tools:
        bound_tools = bind_tools(Index.open(index or configured.index).engine, Filter(), tools)
    if json_:
        print_json([tool.definition["function"] for tool in bound_tools])
        return
    for tool in bound_tools:
        parameters = ", ".join(tool.parameters.get("properties", {}))
        print_text(f"{styled(one_line(tool.name), 'bold')}({one_line(parameters)})")
        description = shortened(one_line(tool.description), _MAX_DESCRIPTION_COLUMNS)
        print_text(styled(wrapped(description, indent="    "), "dim"))
