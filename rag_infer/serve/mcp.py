"""The index as tools for other programs, by the Model Context Protocol.

Knows: the tools' names, what each takes and gives.
Does not know: how a question is answered, which client calls.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from rag_infer.errors import InputError, RagError
from rag_infer.settings import index_path

if TYPE_CHECKING:
    from rag_infer import Filter, Index
    from rag_infer.settings import ModelProfile

P = ParamSpec("P")
R = TypeVar("R")
_ABOUT = (
    "Documents of this user, searched on this machine. Every answer names file, page and the exact "
    "words; read_page gives the whole page around them."
)


def _told(tool: Callable[P, R]) -> Callable[P, R]:
    """Errors of ours in their own words; the SDK keeps the words of all others to itself."""

    @functools.wraps(tool)
    def run(*given: P.args, **named: P.kwargs) -> R:
        try:
            return tool(*given, **named)
        except RagError as error:
            raise ToolError(str(error)) from error

    return run


@functools.cache
def _opened(index: str) -> Index:
    from rag_infer import Index

    return Index.open(index)


def make(
    index: str, llm: str, models: Mapping[str, ModelProfile], groups: frozenset[str] | None
) -> MCPServer[Any]:
    """The server. ``groups`` are those of the asker, None for the owner of the index.

    What searches is imported when the first tool is used: a client waits for a server to start, and
    starts all it knows at once. Raises NoIndexError.
    """
    if not index_path(index).is_dir():
        _opened(index)  # says what there is instead

    def at_hand() -> tuple[Index, Filter]:
        from rag_infer import Filter

        return _opened(index), Filter(groups=groups)

    server: MCPServer[Any] = MCPServer("rag-infer", instructions=_ABOUT, log_level="ERROR")
    logging.getLogger("mcp").setLevel(logging.ERROR)

    @server.tool()
    @_told
    def search(query: str, k: int = 5) -> list[dict[str, Any]]:
        """Passages nearest to a query, best first. "a phrase" must occur, -word must not."""
        if not 1 <= k <= 50:
            raise InputError("k is from 1 to 50")
        from rag_infer.serve import serializers

        opened, seen = at_hand()
        return [serializers.hit(hit) for hit in opened.search(query, k, filter=seen)]

    @server.tool()
    @_told
    def ask(question: str) -> dict[str, Any]:
        """An answer from the documents, quoted and cited, or that they do not answer."""
        from rag_infer import AskOptions
        from rag_infer.serve import serializers

        opened, seen = at_hand()
        options = AskOptions(filter=seen, llm=llm, model_profiles=models)
        told = serializers.answer(opened.ask(question, options))
        return {key: told[key] for key in ("text", "answered", "reason", "citations", "claims")}

    @server.tool()
    @_told
    def summarize(document: str, bullets: int = 5, question: str | None = None) -> dict[str, Any]:
        """The main points of a whole document, each with its place; question: what it is for."""
        if not 1 <= bullets <= 50:
            raise InputError("bullets is from 1 to 50")
        from rag_infer.retrieve import document_access
        from rag_infer.serve import serializers
        from rag_infer.summary.pipeline import SummaryOptions, summarize_indexed

        opened, seen = at_hand()
        row = document_access.document(opened.engine.snapshot, document, seen)
        options = SummaryOptions(bullets=bullets, question=question)
        return serializers.summary(summarize_indexed(opened.engine, row.id, options))

    @server.tool()
    @_told
    def read_page(document: str, page: int = 1) -> dict[str, Any]:
        """The whole text of a page; document is what search and ask call it."""
        from rag_infer.retrieve import document_access

        opened, seen = at_hand()
        found = document_access.page(opened.engine.snapshot, document, page, seen)
        return {
            "document": found.document, "page": found.number, "pages": found.pages,
            "label": found.label, "title": found.title, "text": found.text,
        }  # fmt: skip

    return server
