"""Claims and citations of a generated answer, from the passages and results the model saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_infer.cite.claim_verifier import Verifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims
from rag_infer.types import Citation, Claim, ContextPlan, Span


def extract_claims(text: str, plan: ContextPlan, verifier: Verifier) -> tuple[Claim, ...]:
    """The claims of a text, each with its verdict and its evidence."""
    return attribute_claims(text, list(_evidence(plan)), verifier)


def citations(claims: Sequence[Claim], plan: ContextPlan) -> tuple[Citation, ...]:
    """Each cited passage or result with the span that supports most, or all that was visible."""
    cited = []
    for number in sorted({n for claim in claims for n in claim.citations}):
        passages = [p for p in _evidence(plan) if p.number == number]
        if not passages:
            continue  # a tool that failed supports nothing
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
            candidates, key=lambda candidate: candidate[0], default=(0.0, full_span, first)
        )
        cited.append(_citation(number, span, passage, plan))
    return tuple(cited)


def _citation(number: int, span: Span, passage: EvidencePassage, plan: ContextPlan) -> Citation:
    """With heading and label of its page, where it is of a page: a search returns pages as well."""
    hits = [p.hit for p in plan.passages if p.number == number]
    hits += [hit for r in plan.tool_results if r.number == number for hit in r.result.hits]
    for hit in hits:
        if (hit.document_id, hit.chunk.page_number) == (passage.document, passage.page):
            return Citation(number, span, hit.chunk.heading, hit.page_label, hit.format)
    return Citation(number, span, format="tool")


def _evidence(plan: ContextPlan) -> Iterator[EvidencePassage]:
    """What the model saw, under its numbers; a search returned several passages under one."""
    for passage in plan.passages:
        chunk = passage.hit.chunk
        text = chunk.text[passage.start : passage.end]
        yield EvidencePassage(
            passage.number, chunk.document_id, chunk.page_number, chunk.start + passage.start, text
        )
    for prompt_result in plan.tool_results:
        result = prompt_result.source
        if result.is_error:
            continue
        text = result.text[prompt_result.start : prompt_result.end]
        chunks = [hit.chunk for hit in result.hits if hit.chunk.text in text]
        for chunk in chunks:
            yield EvidencePassage(
                prompt_result.number, chunk.document_id, chunk.page_number, chunk.start, chunk.text
            )
        if not chunks:
            yield EvidencePassage(
                prompt_result.number, result.location, 1, prompt_result.start, text
            )
