"""What bears a written answer: its claims held to the passages and results that the model saw.

Knows: which words were shown under which number, and where they stand.
Does not know: how a claim is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_infer.cite.claim_verifier import Verifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims
from rag_infer.types import Citation, Claim, ContextPlan, Span


def extract_claims(text: str, made: ContextPlan, verifier: Verifier) -> tuple[Claim, ...]:
    """The claims of a text, each with the words that bear it."""
    return attribute_claims(text, list(_shown(made)), verifier)


def citations(claims: Sequence[Claim], made: ContextPlan) -> tuple[Citation, ...]:
    """Each passage or result that a claim leads to, with its words that bear most, or all shown."""
    cited = []
    for number in sorted({n for claim in claims for n in claim.citations}):
        shown = [p for p in _shown(made) if p.number == number]
        if not shown:
            continue  # what a tool that failed gave back bears nothing
        bearing = [
            (claim.probability or 0.0, span, passage)
            for claim in claims
            if number in claim.citations and claim.verdict in ("supported", "partly")
            for span in claim.evidence
            for passage in shown
            if (span.document_id, span.page_number) == (passage.document, passage.page)
            and passage.start <= span.start < passage.start + len(passage.text)
        ]
        first = shown[0]
        whole = Span(
            first.document, first.page, first.start, first.start + len(first.text), first.text
        )
        _, span, passage = max(bearing, key=lambda found: found[0], default=(0.0, whole, first))
        cited.append(_citation(number, span, passage, made))
    return tuple(cited)


def _citation(number: int, span: Span, passage: EvidencePassage, made: ContextPlan) -> Citation:
    """With the heading and label of its page, where it is one's; a search finds pages as well."""
    hits = [p.hit for p in made.passages if p.number == number]
    hits += [hit for r in made.tool_results if r.number == number for hit in r.result.hits]
    for hit in hits:
        if (hit.chunk.document_id, hit.chunk.page_number) == (passage.document, passage.page):
            return Citation(number, span, hit.chunk.heading, hit.page_label, hit.format)
    return Citation(number, span, format="tool")


def _shown(made: ContextPlan) -> Iterator[EvidencePassage]:
    """The words that the model saw, under their numbers; a search gave several under one."""
    for passage in made.passages:
        chunk = passage.hit.chunk
        words = chunk.text[passage.start : passage.end]  # what was shown of it
        yield EvidencePassage(
            passage.number, chunk.document_id, chunk.page_number, chunk.start + passage.start, words
        )
    for placed in made.tool_results:
        result = placed.source
        if result.is_error:
            continue
        told = result.text[placed.start : placed.end]
        whole = [hit.chunk for hit in result.hits if hit.chunk.text in told]
        for chunk in whole:
            yield EvidencePassage(
                placed.number, chunk.document_id, chunk.page_number, chunk.start, chunk.text
            )
        if not whole:
            yield EvidencePassage(placed.number, result.location, 1, placed.start, told)
