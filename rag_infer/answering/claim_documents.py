"""Claims that name the document of their source, which the supporting sentence itself does not.

"In 2023, employees had 25 days of holiday" rests on a sentence of the handbook of 2023 that names
no year, "the notice of the contract with Ash Ltd is one month" on one that says "the Customer".
What a document says of itself (name, title, parties) holds for each of its sentences. So where a
claim is not supported as it is, such a phrase is left out, and what remains is checked against the
sentences of that document alone. Only phrases behind a preposition are: who does something, or by
whom it is done, is what sentences say and not titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag_infer.cite.claim_verifier import Verifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims
from rag_infer.cite.document_context import ContextOf, DocumentContext
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.types import Claim, Hit

_NAME = r"(?:[A-Z][\w&’'/-]*\.?|(?:19|20)\d\d)(?!\w)"
_PHRASE = re.compile(
    r"(?:^|\s)(?:[Oo]f|[Ww]ith|[Ff]or|[Ii]n|[Aa]t|[Uu]nder|[Pp]er|[Vv]on|[Mm]it|[Ff]ür|[Bb]ei|[Ii]m)\s+"
    r"(?:(?:the|an?|its|our|der|dem|den|die|das)\s+)?"
    rf"(?P<name>{_NAME}(?:\s+(?:(?:of|and|und|&)\s+)?{_NAME})*),?"
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def with_document_names(
    claims: Iterable[Claim],
    passages: Sequence[EvidencePassage],
    hits: Sequence[Hit],
    context_of: ContextOf,
    verifier: Verifier,
) -> list[Claim]:
    """The claims; those that are supported but for the name of their document are so.

    Args:
        claims: As they were judged.
        passages: What the model saw.
        hits: The passages of documents among it, for what the documents say of themselves.
        context_of: What the document of a hit says of itself.
        verifier: Judges what remains of a claim.
    """
    by_document = {hit.document_id: hit for hit in reversed(hits)}

    def checked(claim: Claim) -> Claim:
        document = claim.evidence[0].document_id if claim.evidence else None
        hit = by_document.get(document) if document else None
        if claim.verdict not in ("partial", "unsupported") or hit is None:
            return claim
        remainder = _without_names(claim, context_of(hit))
        own = [passage for passage in passages if passage.document == document]
        again = attribute_claims(remainder, own, verifier) if remainder else ()
        if len(again) != 1 or again[0].verdict != "supported":
            return claim
        numbers = tuple(dict.fromkeys((*claim.citations, *again[0].citations)))
        return replace(again[0], text=claim.text, citations=numbers)

    return [checked(claim) for claim in claims]


def _without_names(claim: Claim, context: DocumentContext) -> str | None:
    """A claim without the phrases that name its document; None where it has none."""
    evidence = {w.key for w in words(claim.evidence[0].quote)}

    def shortened(match: re.Match[str]) -> str:
        keys = {w.key for w in content(words(match["name"]))}
        names_document = all(has_key(context.keys, key) for key in keys)
        years = set(_YEAR.findall(match["name"]))
        if years and set(_YEAR.findall(context.label)) != years:
            names_document = False  # a date in the opening is that of something else
        return "" if keys and names_document and not keys <= evidence else match[0]

    remainder = _PHRASE.sub(shortened, claim.text).strip()
    return None if remainder == claim.text else remainder
