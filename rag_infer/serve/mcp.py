"""The index as tools for other programs, by the Model Context Protocol (MCP)."""

from __future__ import annotations

import functools
import logging
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import quote

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.mcpserver.resources.templates import ResourceSecurity

from rag_infer.errors import InputError, RagError
from rag_infer.settings import index_path
from rag_infer.store.addresses import is_store_address

if TYPE_CHECKING:
    from rag_infer import Filter, Index
    from rag_infer.serve.mcp_sign_on import McpSignOn
    from rag_infer.settings import ModelProfile

P = ParamSpec("P")
R = TypeVar("R")
MAX_RESULTS = 50
_ANSWER_FIELDS = {"text", "answered", "reason", "citations", "claims"}
_INSTRUCTIONS = (
    "Documents of this user, searched on this machine. Every answer names file, page and the exact "
    "words; read_page returns the text of the page around them."
)


def _with_own_errors(tool: Callable[P, R]) -> Callable[P, R]:
    """Errors of this project with their message; the SDK hides the message of all others."""

    @functools.wraps(tool)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except RagError as error:
            raise ToolError(str(error)) from error

    return run


@functools.cache
def _open_index(index: str) -> Index:
    from rag_infer import Index

    return Index.open(index)


def serve_http(server: MCPServer[Any], listener: socket.socket) -> None:
    """Serves an MCP server over HTTP until the process is told to stop.

    Args:
        server: The server.
        listener: A bound socket of this machine.
    """
    import uvicorn

    config = uvicorn.Config(server.streamable_http_app(), log_level="info")
    uvicorn.Server(config).run(sockets=[listener])


def create_server(
    index: str,
    llm: str,
    model_profiles: Mapping[str, ModelProfile],
    groups: frozenset[str] | None,
    sign_on: McpSignOn | None = None,
) -> MCPServer[Any]:
    """The MCP server of an index.

    What searches is imported when the first tool is used: a client waits for a server to start, and
    starts all that it knows at once.

    Args:
        index: Name or path of the index.
        llm: The model that answers.
        model_profiles: Further models, by name.
        groups: The user's groups; None for the owner of the index.
        sign_on: Who may come over HTTP, each with the documents that they may read; None: whoever
            reaches the port, with ``groups``.

    Raises:
        IndexNotFoundError: There is no such index.
    """
    if not is_store_address(index) and not index_path(index).is_dir():
        _open_index(index)  # reports which indexes there are

    def readable() -> tuple[Index, Filter]:
        from rag_infer import Filter

        labels = groups if sign_on is None else sign_on.labels()
        return _open_index(index), Filter(groups=labels)

    server: MCPServer[Any] = MCPServer(
        "rag-infer",
        instructions=_INSTRUCTIONS,
        log_level="ERROR",
        token_verifier=sign_on,
        auth=None if sign_on is None else sign_on.settings,
    )
    logging.getLogger("mcp").setLevel(logging.ERROR)

    @server.tool()
    @_with_own_errors
    def search(query: str, top_k: int = 5) -> list[dict[str, Any]]:
        """Passages nearest to a query, best first. "a phrase" must occur, -word must not."""
        if not 1 <= top_k <= MAX_RESULTS:
            raise InputError(f"top_k must be from 1 to {MAX_RESULTS}")
        from rag_infer.serve import response_views

        target, filter_ = readable()
        hits = target.search(query, top_k, filter=filter_)
        return [response_views.hit_response(hit).model_dump(mode="json") for hit in hits]

    @server.tool()
    @_with_own_errors
    def ask(question: str) -> dict[str, Any]:
        """An answer from the documents, quoted and cited, or that they do not answer."""
        from rag_infer import AskOptions, GenerationOptions
        from rag_infer.serve import response_views

        target, filter_ = readable()
        options = AskOptions(generation=GenerationOptions(model_profiles=model_profiles))
        answer = target.ask(question, llm=llm, filter=filter_, options=options)
        response = response_views.answer_response(answer)
        return response.model_dump(mode="json", include=_ANSWER_FIELDS)

    @server.tool()
    @_with_own_errors
    def summarize(
        document_id: str, bullets: int = 5, question: str | None = None
    ) -> dict[str, Any]:
        """The main points of a document, each with its source; question: what it is for."""
        if not 1 <= bullets <= MAX_RESULTS:
            raise InputError(f"bullets must be from 1 to {MAX_RESULTS}")
        from rag_infer.retrieve import document_access
        from rag_infer.serve import response_views
        from rag_infer.summary.options import SummaryOptions
        from rag_infer.summary.pipeline import summarize_indexed

        target, filter_ = readable()
        row = document_access.document(target.engine.snapshot, document_id, filter_)
        options = SummaryOptions(bullets=bullets, question=question)
        summary = summarize_indexed(target.engine, row.id, options)
        return response_views.summary_response(summary).model_dump(mode="json")

    @server.tool()
    @_with_own_errors
    def read_page(document_id: str, page_number: int = 1) -> dict[str, Any]:
        """The text of a page; document_id is as in the results of search and ask."""
        from rag_infer.retrieve import document_access

        target, filter_ = readable()
        view = document_access.page(target.engine.snapshot, document_id, page_number, filter_)
        return {
            "document_id": document_id,
            "page_number": view.number,
            "pages": view.pages,
            "page_label": view.label,
            "title": view.title,
            "text": view.text,
        }

    _add_resources(server, readable)
    return server


def _add_resources(server: MCPServer[Any], readable: Callable[[], tuple[Index, Filter]]) -> None:
    """Adds the documents as resources, and prompts for what is usually asked of them."""

    @server.resource(
        "rag://documents", mime_type="application/json", description="The documents of the index."
    )
    def documents() -> list[dict[str, Any]]:
        target, filter_ = readable()
        return [
            {
                "document_id": row.id,
                "title": row.title,
                "format": row.format,
                "uri": _uri(row.id, 1),
            }
            for row in target.documents(filter_)
        ]

    # Ids hold slashes and dots; they are looked up in the index and are no paths.
    @server.resource(
        "rag://documents/{document_id}/pages/{page_number}",
        mime_type="text/plain",
        description="The text of a page of a document, by its id (percent-encoded).",
        security=ResourceSecurity(exempt_params={"document_id"}),
    )
    def page(document_id: str, page_number: int) -> str:
        from rag_infer.retrieve import document_access

        target, filter_ = readable()
        try:
            snapshot = target.engine.snapshot
            return document_access.page(snapshot, document_id, page_number, filter_).text
        except RagError as error:
            raise ResourceError(str(error)) from error

    @server.prompt(description="Answer from the documents, with citations.")
    def answer_from_documents(question: str) -> str:
        return (
            "Answer the question from my documents only. Call the tool `ask`; where its answer is "
            "not enough, call `search` and `read_page`. Name the file, the page and the exact "
            f"words for each statement, and say what the documents do not say.\n\n{question}"
        )

    @server.prompt(description="Summarize a document, with sources.")
    def summarize_document(document_id: str) -> str:
        return (
            f"Summarize the document {document_id} with the tool `summarize`, and name the page of "
            "each point."
        )


def _uri(document_id: str, page_number: int) -> str:
    return f"rag://documents/{quote(document_id, safe='')}/pages/{page_number}"
