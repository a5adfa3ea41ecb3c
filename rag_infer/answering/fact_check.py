"""Fact-checking: the claims of a text checked against the documents."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_infer.cite.claim_verifier import Verifier, is_checkable, strip_markup
from rag_infer.cite.claims import EvidencePassage, attribute_claims, split
from rag_infer.errors import InputError
from rag_infer.retrieve import MAX_QUERY_TOKENS, Filter
from rag_infer.types import Citation, Claim, Hit, JsonResult, Verdict
from rag_infer.types.answers import claim_html, sources_html

if TYPE_CHECKING:
    from rag_infer.engine import Engine

_PASSAGES_PER_CLAIM = 6
# Operators of a query: a phrase that must occur, a word that must not.
_QUERY_OPERATORS = re.compile(r"[\"“”]|(?<!\w)-(?=\w)")


@dataclass(frozen=True, slots=True)
class FactCheckReport(JsonResult):
    """Claims of a text with their verdicts; their numbers are those of ``citations``."""

    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]

    def count(self, verdict: Verdict) -> int:
        """How many claims have a verdict."""
        return sum(claim.verdict == verdict for claim in self.claims)

    def _repr_html_(self) -> str:
        """For notebooks: each claim with its verdict, then the sources; everything is escaped."""
        claims = "".join(
            f"<li><b>{html.escape(claim.verdict)}</b>: {claim_html(claim)}"
            + (f"<br><i>{html.escape(claim.reason)}</i>" if claim.reason else "")
            + "</li>"
            for claim in self.claims
        )
        return f"<div><ul>{claims}</ul>{sources_html(self.citations)}</div>"


def fact_check(
    engine: Engine,
    text: str,
    *,
    filter: Filter | None = None,
    verifier: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> FactCheckReport:
    """Each claim of ``text`` judged against the passages of the index that are nearest to it.

    ``on_progress`` is called with the number of claims done and of all.
    Raises InputError for a text without a word; what ``Engine.search`` raises; ModelError.
    """
    sentences = [claim for claim, _ in split(text)]
    if not sentences:
        raise InputError("there is no text to check")
    checker = engine.verifier(verifier)
    claims: list[Claim] = []
    citations: dict[tuple[str, int, int], Citation] = {}
    for number, sentence in enumerate(sentences, 1):
        query = _QUERY_OPERATORS.sub(" ", strip_markup(sentence))
        # Headings, questions and fragments are not claims.
        is_searched = is_checkable(sentence) and bool(query.strip())
        # A token has a character at least, so that a claim of any length can be searched.
        query = query[:MAX_QUERY_TOKENS]
        hits = engine.search(query, _PASSAGES_PER_CLAIM, filter=filter) if is_searched else []
        claims.append(_checked_claim(sentence, hits, checker, citations))
        if on_progress is not None:
            on_progress(number, len(sentences))
    return FactCheckReport(tuple(claims), tuple(citations.values()))


def read_text(path: Path) -> str:
    """The text of a file of any format that can be indexed. Raises ReadError, InputError."""
    from rag_infer.read import SourceFile, read_files

    if not path.is_file():
        raise InputError("no such file", where=str(path))
    pages: list[str] = []
    for result in read_files([SourceFile(path, path.name)]):
        if result.error is not None:
            raise result.error
        pages += [page.text for document in result.documents for page in document.pages]
    return "\n\n".join(pages)


def _checked_claim(
    sentence: str,
    hits: list[Hit],
    checker: Verifier,
    citations: dict[tuple[str, int, int], Citation],
) -> Claim:
    passages = [
        EvidencePassage(n, h.chunk.document_id, h.chunk.page_number, h.chunk.start, h.chunk.text)
        for n, h in enumerate(hits, 1)
    ]
    claims = attribute_claims(sentence, passages, checker)
    claim = claims[0] if claims else Claim(sentence)
    if claim.verdict not in ("supported", "partial") or not claim.evidence:
        return replace(claim, text=sentence, citations=())
    best = claim.evidence[0]
    key = (best.document_id, best.page_number, best.start)
    if key not in citations:
        hit = next(
            h
            for h in hits
            if (h.chunk.document_id, h.chunk.page_number) == (best.document_id, best.page_number)
            and h.chunk.start <= best.start < h.chunk.end
        )
        number = len(citations) + 1
        citations[key] = Citation(
            number, best, hit.chunk.heading_at(best.start), hit.page_label, hit.format
        )
    return replace(claim, text=sentence, citations=(citations[key].number,))
