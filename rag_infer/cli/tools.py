"""``rag tools``: what a model may ask on its way to an answer.

Knows: how tools are listed.
Does not know: what they do.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.cli import output
from rag_infer.cli.options import IndexOption, JsonOption
from rag_infer.cli.terminal import one_line, shortened, styled, wrapped


def tools(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Only these; also MCP servers.")
    ] = None,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """List the tools that --tool offers to a model, those of configured MCP servers included."""
    from rag_infer import Filter, Index
    from rag_infer.answering.tool_registry import bind_tools, open_tools

    chosen = settings.load()
    wanted = names or [*settings.OWN_TOOLS, *chosen.mcp]
    with open_tools(wanted, chosen.mcp) as given:
        found = bind_tools(Index.open(index or chosen.index).engine, Filter(), given)
    if json_:
        listed = [output.plain(tool.definition["function"]) for tool in found]
        sys.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")
        return
    for tool in found:
        taken = ", ".join(tool.parameters.get("properties", {}))
        sys.stdout.write(f"{styled(one_line(tool.name), 'bold')}({one_line(taken)})\n")
        about = shortened(one_line(tool.description), 400)
        sys.stdout.write(styled(wrapped(about, indent="    "), "dim") + "\n")
