"""Claims of a generated answer, checked against the passages and tool results in its prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_infer.cite.claim_verifier import Verifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims
from rag_infer.types import Citation, Claim, ContextPlan, Span


def extract_claims(text: str, plan: ContextPlan, verifier: Verifier) -> tuple[Claim, ...]:
    """The claims of a text, each with its verdict and the spans that support it."""
    return attribute_claims(text, list(_evidence_passages(plan)), verifier)


def citations(claims: Sequence[Claim], plan: ContextPlan) -> tuple[Citation, ...]:
    """Each passage or tool result that a claim cites, with the span that supports it best."""
    result = []
    for number in sorted({n for claim in claims for n in claim.citations}):
        passages = [p for p in _evidence_passages(plan) if p.number == number]
        if not passages:
            continue  # what a tool that failed returned supports nothing
        candidates = [
            (claim.probability or 0.0, span, passage)
            for claim in claims
            if number in claim.citations and claim.verdict in ("supported", "partial")
            for span in claim.evidence
            for passage in passages
            if (span.document_id, span.page_number) == (passage.document, passage.page)
            and passage.start <= span.start < passage.start + len(passage.text)
        ]
        first = passages[0]
        full_span = Span(
            first.document, first.page, first.start, first.start + len(first.text), first.text
        )
        _, span, passage = max(
            candidates, key=lambda found: found[0], default=(0.0, full_span, first)
        )
        result.append(_citation(number, span, passage, plan))
    return tuple(result)


def _citation(number: int, span: Span, passage: EvidencePassage, plan: ContextPlan) -> Citation:
    """With the heading and label of its page, where it is one's; a search finds pages as well."""
    hits = [p.hit for p in plan.passages if p.number == number]
    hits += [hit for r in plan.tool_results if r.number == number for hit in r.result.hits]
    for hit in hits:
        if (hit.chunk.document_id, hit.chunk.page_number) == (passage.document, passage.page):
            return Citation(number, span, hit.chunk.heading, hit.page_label, hit.format)
    return Citation(number, span, format="tool")


def _evidence_passages(plan: ContextPlan) -> Iterator[EvidencePassage]:
    """The words that the model saw, under their numbers; a search gave several under one."""
    for passage in plan.passages:
        chunk = passage.hit.chunk
        text = chunk.text[passage.start : passage.end]  # what was shown of it
        yield EvidencePassage(
            passage.number, chunk.document_id, chunk.page_number, chunk.start + passage.start, text
        )
    for tool_result in plan.tool_results:
        result = tool_result.source
        if result.is_error:
            continue
        result_text = result.text[tool_result.start : tool_result.end]
        chunks = [hit.chunk for hit in result.hits if hit.chunk.text in result_text]
        for chunk in chunks:
            yield EvidencePassage(
                tool_result.number, chunk.document_id, chunk.page_number, chunk.start, chunk.text
            )
        if not chunks:
            yield EvidencePassage(
                tool_result.number, result.location, 1, tool_result.start, result_text
            )
