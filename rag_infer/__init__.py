"""rag-infer: ask your own documents, with citations to the exact words.

Public names are handed out here, each at its first use, so that importing the package costs
nothing. Everything else may change between versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_infer.answering.options import AskOptions
    from rag_infer.api import Index, Status
    from rag_infer.errors import RagError
    from rag_infer.ingest.pipeline import IngestReport, Progress
    from rag_infer.read import ReadOptions
    from rag_infer.retrieve import Filter
    from rag_infer.summary.pipeline import SummaryOptions, summarize
    from rag_infer.tools import Tool, tool
    from rag_infer.types import (
        Answer,
        Chunk,
        Citation,
        Claim,
        Document,
        Hit,
        Page,
        Span,
        Summary,
        ToolResult,
    )

_HOMES = {
    "Answer": "types",
    "AskOptions": "answering.options",
    "Chunk": "types",
    "Citation": "types",
    "Claim": "types",
    "Document": "types",
    "Filter": "retrieve",
    "Hit": "types",
    "Index": "api",
    "IngestReport": "ingest.pipeline",
    "Page": "types",
    "Progress": "ingest.pipeline",
    "RagError": "errors",
    "ReadOptions": "read",
    "Span": "types",
    "Status": "api",
    "Summary": "types",
    "SummaryOptions": "summary.pipeline",
    "Tool": "tools",
    "ToolResult": "types",
    "summarize": "summary.pipeline",
    "tool": "tools",
}

__all__ = [
    "Answer",
    "AskOptions",
    "Chunk",
    "Citation",
    "Claim",
    "Document",
    "Filter",
    "Hit",
    "Index",
    "IngestReport",
    "Page",
    "Progress",
    "RagError",
    "ReadOptions",
    "Span",
    "Status",
    "Summary",
    "SummaryOptions",
    "Tool",
    "ToolResult",
    "summarize",
    "tool",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'rag_infer' has no attribute {name!r}")
    return getattr(import_module(f"rag_infer.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
