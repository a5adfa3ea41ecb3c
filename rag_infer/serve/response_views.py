"""Results as the server shows them: documents by the names that their owners gave.

What a user may not read never gets here: searches and lookups go through the user's filter.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from rag_infer.conflicts.results import ConflictReport
from rag_infer.extraction.results import Extraction
from rag_infer.index.catalog import DocumentRow
from rag_infer.responses import (
    AnswerResponse,
    CitationResponse,
    ConflictReportResponse,
    ExtractionResponse,
    HitResponse,
    SummaryResponse,
)
from rag_infer.serve.auth import User
from rag_infer.serve.rest_responses import (
    ConversationTurnResponse,
    UserDocumentResponse,
)
from rag_infer.serve.upload_ids import display_document, owner_of
from rag_infer.types import Answer, Citation, Hit, Summary
from rag_infer.userdata.conversations import ConversationTurn

TOOL_FORMAT = "tool"  # of a citation of what a tool returned, which has no page
MAX_OMITTED_ITEMS = 50


def _display_location(document_id: str, location: str) -> str:
    return display_document(document_id) + location.removeprefix(document_id)


def hit_response(hit: Hit) -> HitResponse:
    """A hit with its document's display name."""
    return _named_hit(HitResponse.model_validate(hit))


def _named_hit(hit: HitResponse) -> HitResponse:
    return hit.model_copy(
        update={
            "name": display_document(hit.document_id),
            "location": _display_location(hit.document_id, hit.location),
        }
    )


def _named_citation(citation: CitationResponse) -> CitationResponse:
    if citation.format == TOOL_FORMAT:
        return citation.model_copy(update={"name": citation.location})
    return citation.model_copy(
        update={
            "name": display_document(citation.document_id),
            "location": _display_location(citation.document_id, citation.location),
        }
    )


def citation_response(citation: Citation) -> CitationResponse:
    """A citation with its document's display name."""
    return _named_citation(CitationResponse.model_validate(citation))


def answer_response(answer: Answer) -> AnswerResponse:
    """An answer with display names, and without its prompt."""
    response = AnswerResponse.model_validate(answer)
    context = response.context
    if context is not None:
        omitted = context.omitted[:MAX_OMITTED_ITEMS]
        context = context.model_copy(update={"prompt": None, "omitted": omitted})
    return response.model_copy(
        update={
            "hits": [_named_hit(hit) for hit in response.hits],
            "citations": [_named_citation(citation) for citation in response.citations],
            "context": context,
        }
    )


def summary_response(summary: Summary) -> SummaryResponse:
    """A summary with display names."""
    response = SummaryResponse.model_validate(summary)
    return response.model_copy(
        update={
            "name": display_document(response.document_id),
            "citations": [_named_citation(citation) for citation in response.citations],
        }
    )


def extraction_response(extraction: Extraction) -> ExtractionResponse:
    """An extraction with display names."""
    response = ExtractionResponse.model_validate(extraction)
    rows = []
    for row in response.rows:
        cells = [
            cell.model_copy(update={"citation": cell.citation and _named_citation(cell.citation)})
            for cell in row.cells
        ]
        name = display_document(row.document_id)
        rows.append(row.model_copy(update={"name": name, "cells": cells}))
    return response.model_copy(update={"rows": rows})


def conflicts_response(report: ConflictReport) -> ConflictReportResponse:
    """Statements that differ, with display names."""
    response = ConflictReportResponse.model_validate(report)
    for conflict in response.conflicts:
        for number, statement in enumerate(conflict.statements):
            citation = _named_citation(statement.citation)
            conflict.statements[number] = statement.model_copy(update={"citation": citation})
    return response


def turn_response(turn: ConversationTurn) -> ConversationTurnResponse:
    """A turn of a conversation with display names."""
    response = ConversationTurnResponse.model_validate(named_turn(turn))
    sources = [
        source.model_copy(update={"name": display_document(source.document_id)})
        for source in response.sources
    ]
    return response.model_copy(update={"sources": sources})


def named_turn(turn: ConversationTurn) -> ConversationTurn:
    """A turn whose sources are located by display names."""
    sources = tuple(
        replace(source, location=_display_location(source.document_id, source.location))
        for source in turn.sources
    )
    return replace(turn, sources=sources)


def document_response(row: DocumentRow, user: User) -> UserDocumentResponse:
    """A document as a user sees it: of its groups, those that the user is in."""
    response = UserDocumentResponse.model_validate(
        {
            "id": row.id,
            "title": row.title,
            "format": row.format,
            "bytes": row.bytes,
            "sha256": row.sha256,
            "groups": row.labels if user.labels is None else row.labels & user.groups,
            "metadata": dict(row.metadata),
            "copies": row.copies,
            "is_private": bool(row.labels),
            "is_own": user.labels is None or owner_of(row.file) == user.name,
        }
    )
    return response.model_copy(update={"name": display_document(row.id)})


def citation_link(base_url: str, index: str, citation: Citation) -> str:
    """The URL of the page of this server that shows the quoted words."""
    span = citation.span
    query = {
        "index": index,
        "document_id": span.document_id,
        "page_number": span.page_number,
        "start": span.start,
        "end": span.end,
    }
    return f"{base_url}#{urlencode(query)}"


def answer_with_sources(answer: Answer) -> str:
    """The answer as plain text, its sources listed below it."""
    lines = [answer.text]
    if answer.reason:
        lines.append(f"({answer.reason})")
    if answer.grade_note:
        lines.append(f"({answer.grade_note})")
    if answer.citations:
        lines.append("")
    for citation in map(citation_response, answer.citations):
        quote = " ".join(citation.quote.split())
        lines.append(f"[{citation.number}] {citation.location}: “{quote}”")
    return "\n".join(lines)
