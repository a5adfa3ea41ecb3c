"""The result of a computation as a source of an answer."""

from __future__ import annotations

from rag_infer.types import Citation, Span, ToolResult


def cited_result(number: int, result: ToolResult) -> Citation:
    """The result of a tool as a source."""
    span = Span(result.location, 1, 0, len(result.text), result.text)
    return Citation(number, span, format="tool")
