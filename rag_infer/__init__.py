"""rag-infer: ask your own documents, with citations to the exact words.

Public names are handed out here, each at its first use, so that importing the package costs
nothing. Everything else may change between versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_infer.errors import RagError
    from rag_infer.pipeline.asking import AskOptions
    from rag_infer.pipeline.index import Index, Status
    from rag_infer.pipeline.ingest import IngestReport, Progress
    from rag_infer.pipeline.summary import SummaryOptions, summarize
    from rag_infer.read import ReadOptions
    from rag_infer.retrieve import Filter
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
    "AskOptions": "pipeline.asking",
    "Chunk": "types",
    "Citation": "types",
    "Claim": "types",
    "Document": "types",
    "Filter": "retrieve",
    "Hit": "types",
    "Index": "pipeline.index",
    "IngestReport": "pipeline.ingest",
    "Page": "types",
    "Progress": "pipeline.ingest",
    "RagError": "errors",
    "ReadOptions": "read",
    "Span": "types",
    "Status": "pipeline.index",
    "Summary": "types",
    "SummaryOptions": "pipeline.summary",
    "Tool": "tools",
    "ToolResult": "types",
    "summarize": "pipeline.summary",
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
