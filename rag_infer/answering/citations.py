"""Claims and citations of a generated answer, from the passages and results the model saw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.answering.claim_documents import with_document_names
from rag_infer.answering.claim_ranges import with_ranges
from rag_infer.answering.refusal import refuses
from rag_infer.cite.citation_markers import without_markers
from rag_infer.cite.claim_verifier import Verifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.text_normalization import content, words
from rag_infer.context.passage_selection import passage_label
from rag_infer.types import Citation, Claim, ContextPlan, PromptPassage, Span

_NUMBER = re.compile(r"\[(\d{1,4})\]")
_MENTION = re.compile(r"\b(?P<noun>passage|source)\s+(?P<number>\d{1,3})\b(?!\])", re.IGNORECASE)
# "This is stated in the passage.", "This information can be found in the second passage."
_ATTRIBUTION = re.compile(
    r"(?:this|that|it|(?:this|the)\s+(?:information|fact|answer|detail|statement|figure|amount))\s+"
    r"(?:is|was|can\s+be|comes|has\s+been)\s*(?:\w+\s+)?"
    r"(?:stated|mentioned|found|given|seen|specified|described|indicated|noted|listed|provided|"
    r"confirmed|supported|shown|explained|from)\b[^\d\"“:]{0,60}"
    r"\b(?:passages?|documents?|sources?|texts?|context|in|by|from)\b[^\d\"“:]{0,60}",
    re.IGNORECASE,
)


# "Based on the passage that supports this question, a tuning costs 120 euros.", "This is stated in
# the first passage, which mentions that ...": what follows is the claim.
_PREFIX = re.compile(
    r"(?:(?<=[.!?]\s)|(?<=\n)|\A)(?:"
    r"(?:according\s+to|based\s+on|as\s+(?:stated|mentioned|described|shown)\s+in)\s+"
    r"(?:the\s+)?(?:\w+\s+)?(?:passages?|documents?|sources?|context|texts?|information)"
    r"(?:\s+(?:that|which|provided|given)\b[^,.\d\[\]]{0,60})?,\s+"
    r"|(?:this|that|it)\s+is\s+(?:stated|mentioned|said|described|found)\s+in\s+(?:the\s+)?(?:\w+\s+)?"
    r"(?:passage|document|source|text),\s+which\s+(?:says|mentions|states|shows|indicates)\s+that\s+)(?P<first>\w)",
    re.IGNORECASE,
)


def extract_claims(
    text: str, question: str, plan: ContextPlan, verifier: Verifier, context_of: ContextOf
) -> tuple[Claim, ...]:
    """The claims of a text, each with its verdict and its evidence.

    What the text says about passages instead of their subject is no claim: "according to passage
    2" is a citation, "this is stated in [1]" belongs to the sentence before, and a sentence that
    the documents do not say something stays unchecked.
    """
    count = len(plan.passages) + len(plan.tool_results)
    text = _MENTION.sub(
        lambda m: _as_marker(m, count), _PREFIX.sub(lambda m: m["first"].upper(), text)
    )
    claims: list[Claim] = []
    passages = list(_evidence(plan))
    hits = [passage.hit for passage in plan.passages]
    judged = attribute_claims(text, passages, verifier)
    named = with_document_names(judged, passages, hits, context_of, verifier)
    for claim in with_ranges(named, question, passages, verifier):
        if claims and _ATTRIBUTION.fullmatch(claim.text):
            numbers = dict.fromkeys((*claims[-1].citations, *claim.citations))
            claims[-1] = replace(claims[-1], citations=tuple(numbers))
        elif refuses(claim.text):
            claims.append(Claim(claim.text, reason="says what the documents do not tell"))
        else:
            claims.append(claim)
    return tuple(claims)


def says_anything(text: str, passages: Sequence[PromptPassage]) -> bool:
    """Whether a text says more than where passages stand: their numbers and their labels."""
    plain = without_markers(text)
    for passage in passages:
        plain = plain.replace(" ".join(passage_label(passage.hit).split()), "")
    return any(map(str.isalnum, plain))


def unsupported_numbers(text: str, claims: Sequence[Claim], plan: ContextPlan) -> tuple[int, ...]:
    """Numbers that the text gives for supported sentences and that lead to none of the evidence."""
    written = {int(n) for n in _NUMBER.findall(text)}
    supporting: set[int] = set()
    cited: set[int] = set()
    for claim in claims:
        if claim.verdict == "supported":
            cited |= set(claim.citations)
            supporting |= {n for span in claim.evidence for n in _numbers_of(span, plan)}
    return tuple(sorted(written & cited - supporting))


def missing_numbers(text: str, claims: Sequence[Claim]) -> tuple[int, ...]:
    """Numbers of supported claims that the text does not give, in order; none if it gives some."""
    if _NUMBER.search(text):
        return ()
    numbers = {n for c in claims if c.verdict in ("supported", "partial") for n in c.citations}
    return tuple(sorted(numbers))


def _as_marker(match: re.Match[str], count: int) -> str:
    number = int(match["number"])
    return f"{match['noun']} [{number}]" if 1 <= number <= count else match[0]


def _numbers_of(span: Span, plan: ContextPlan) -> Iterator[int]:
    for passage in _evidence(plan):
        same_page = (passage.document, passage.page) == (span.document_id, span.page_number)
        if same_page and passage.start <= span.start < passage.start + len(passage.text):
            yield passage.number


def citations(claims: Sequence[Claim], plan: ContextPlan, question: str) -> tuple[Citation, ...]:
    """Each cited passage or result with a span that supports a claim, or all that was visible.

    Of several claims from one passage it is the one that has most words of the question.
    """
    question_keys = _keys(question)
    cited = []
    for number in sorted({n for claim in claims for n in claim.citations}):
        passages = [p for p in _evidence(plan) if p.number == number]
        if not passages:
            continue  # a tool that failed supports nothing
        candidates = [
            (len(question_keys & _keys(claim.text)), claim.probability or 0.0, span, passage)
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
        _, _, span, passage = max(
            candidates, key=lambda candidate: candidate[:2], default=(0, 0.0, full_span, first)
        )
        cited.append(_citation(number, span, passage, plan))
    return tuple(cited)


def _keys(text: str) -> set[str]:
    return {w.key for w in content(words(text))}


def _citation(number: int, span: Span, passage: EvidencePassage, plan: ContextPlan) -> Citation:
    """With heading and label of its page, where it is of a page: a search returns pages as well."""
    hits = [p.hit for p in plan.passages if p.number == number]
    hits += [hit for r in plan.tool_results if r.number == number for hit in r.result.hits]
    for hit in hits:
        if (hit.document_id, hit.chunk.page_number) == (passage.document, passage.page):
            heading = hit.chunk.heading_at(span.start)
            return Citation(number, span, heading, hit.page_label, hit.format)
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
