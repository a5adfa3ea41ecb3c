"""Results as JSON for those who ask.

Knows: what of an answer, a hit, a document is told, and under which name.
Does not know: who asks; what must not be seen was never found.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from rag_infer.serve.upload_ids import shown_document

if TYPE_CHECKING:
    from rag_infer import Answer, Citation, Claim, Hit, Summary
    from rag_infer.types import ContextPlan, ToolResult
    from rag_infer.userdata.conversations import ConversationTurn


TOOL = "tool"  # the format of a citation that leads to what a tool gave back, and to no page


def place(citation: Citation) -> str:
    """Where a person should look, by the name that a person gave."""
    if citation.format == TOOL:
        return citation.location
    full = citation.location
    return shown_document(citation.span.document_id) + full.removeprefix(citation.span.document_id)


def answer(found: Answer) -> dict[str, Any]:
    return {
        "question": found.question,
        "text": found.text,
        "answered": found.answered,
        "reason": found.reason,
        "generator": found.model,
        "probability": found.probability,
        "citations": [_citation(c) for c in found.citations],
        "claims": [_claim(c) for c in found.claims],
        "hits": [hit(h) for h in found.hits],
        "short": asdict(found.short_answer) if found.short_answer else None,
        "results": [_result(result) for result in found.tool_results],
        "searched": found.rewritten_question,
        "usage": asdict(found.usage),
        "warnings": list(found.warnings),
        "context": None if found.context is None else context(found.context),
    }


def _claim(found: Claim) -> dict[str, Any]:
    return {
        "text": found.text,
        "citations": list(found.citations),
        "verdict": found.verdict,
        "probability": found.probability,
        "reason": found.reason,
        "spans": [asdict(span) for span in found.evidence],
    }


def _result(found: ToolResult) -> dict[str, Any]:
    return {
        "tool": found.name,
        "arguments": dict(found.arguments),
        "text": found.text,
        "failed": found.is_error,
        "seconds": found.seconds,
    }


def _citation(found: Citation) -> dict[str, Any]:
    tool = found.format == TOOL
    return {
        "number": found.number,
        "place": place(found),
        "name": found.location if tool else shown_document(found.span.document_id),
        "heading": list(found.heading),
        "page_label": found.page_label,
        "format": found.format,
        **asdict(found.span),
    }


def turn(kept: ConversationTurn) -> dict[str, Any]:
    """A turn of a conversation; its sources by the names that people gave."""
    sources = [
        asdict(source)
        | {
            "name": shown_document(source.document_id),
            "place": shown_document(source.document_id)
            + source.location.removeprefix(source.document_id),
        }
        for source in kept.sources
    ]
    return asdict(kept) | {"sources": sources}


def hit(found: Hit) -> dict[str, Any]:
    chunk = found.chunk
    return {
        "document": chunk.document_id,
        "name": shown_document(chunk.document_id),
        "title": found.title,
        "page": chunk.page_number,
        "page_label": found.page_label,
        "format": found.format,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "heading": list(chunk.heading),
        "score": found.score,
        "dense": found.dense,
        "lexical": found.lexical,
        "rerank": found.rerank,
    }


def context(plan: ContextPlan) -> dict[str, Any]:
    return {
        "window": plan.window,
        "reserve": plan.reserve,
        "tokens": plan.tokens,
        "layers": [{"name": name, "tokens": tokens} for name, tokens in plan.layers],
        "left_out": [asdict(left) for left in plan.omitted[:50]],
    }


def document(row: Any, mine: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": shown_document(row.id),
        "title": row.title,
        "format": row.format,
        "bytes": row.bytes,
        "private": bool(row.labels),
        "mine": mine,
    }


def link(base: str, index: str, citation: Citation) -> str:
    """The page of this server that shows the quoted words."""
    span = citation.span
    asked = {"index": index, "document": span.document_id, "page": span.page_number,
             "start": span.start, "end": span.end}  # fmt: skip
    return f"{base}#{urlencode(asked)}"


def with_sources(found: Answer) -> str:
    """The answer as text alone, its sources listed below it."""
    lines = [found.text]
    if not found.answered and found.reason:
        lines.append(f"({found.reason})")
    if found.citations:
        lines.append("")
        lines += [f"[{c.number}] {place(c)}: “{' '.join(c.span.quote.split())}”"
                  for c in found.citations]  # fmt: skip
    return "\n".join(lines)


def summary(made: Summary) -> dict[str, Any]:
    """A summary: points with the numbers of their citations, and what was read."""
    return {
        "document": made.document_id,
        "name": shown_document(made.document_id),
        "points": [_claim(point) for point in made.points],
        "citations": [_citation(one) for one in made.citations],
        "coverage": asdict(made.coverage),
        "warnings": list(made.warnings),
    }
