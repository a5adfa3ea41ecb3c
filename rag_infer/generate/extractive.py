"""Answers made of the documents' own sentences, each with its place.

Knows: which sentences answer, and when none does.
Does not know: how passages were found, language models.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.cite.question import Question, offers, read
from rag_infer.cite.words import words
from rag_infer.embed import Embedder
from rag_infer.sentences import sentences
from rag_infer.types import Answer, Citation, Claim, Hit, Span

_PASSAGES = 5
_EMBEDDED = 12
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    start: int
    end: int
    text: str
    rank: int
    covered: float
    passage: float
    offers: float


def extract(
    question: str, hits: Sequence[Hit], embedder: Embedder, *, threshold: float | None = None
) -> Answer:
    """The sentences of ``hits`` that answer, word for word, or a refusal with its reason."""
    asked = read(question)
    weights = _weights(asked, hits)
    candidates = _candidates(asked, hits[:_PASSAGES], weights)
    candidates.sort(key=lambda c: -(c.covered + 0.3 * c.passage + 0.2 * c.offers))
    candidates = candidates[:_EMBEDDED]
    if not candidates:
        return _refusal(question, hits, "nothing relevant was found")
    rows = embedder.embed_queries([question, *(c.text for c in candidates)])
    cosines = rows[1:] @ rows[0]
    scored = sorted(
        zip(candidates, cosines, strict=True),
        key=lambda pair: -_score(pair[0], float(pair[1])),
    )
    best, cosine = scored[0]
    probability = _probability(best, float(cosine))
    if probability < (THRESHOLD if threshold is None else threshold):
        near = best.covered > 0.3 or cosine > 0.4
        why = "passages on the subject were found, but none that answers" if near else ""
        return _refusal(question, hits, why or "nothing relevant was found")
    chosen = [c for c, v in scored[:3] if _score(c, float(v)) > 0.8 * _score(best, float(cosine))]
    return _answer(question, chosen, hits, probability)


def _weights(asked: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """Rarity of the question's words among the passages."""
    found = [{w.key for w in words(h.chunk.text)} for h in hits]
    return {
        k: math.log(1 + (len(found) + 1) / (0.5 + sum(k in f for f in found))) for k in asked.keys
    }


def _covered(keys: Sequence[str], held: set[str], weights: dict[str, float]) -> float:
    total = sum(weights[k] for k in keys)
    return sum(weights[k] for k in keys if k in held) / total if total else 0.0


def _candidates(
    asked: Question, hits: Sequence[Hit], weights: dict[str, float]
) -> list[_Candidate]:
    found: list[_Candidate] = []
    for rank, hit in enumerate(hits):
        text = hit.chunk.text
        heading = {w.key for w in words(" ".join(hit.chunk.heading))}
        passage = _covered(asked.keys, heading | {w.key for w in words(text)}, weights)
        for start, end in sentences(text):
            sentence = text[start:end]
            own = words(sentence)
            if len(own) < 3 or sentence.strip("# ") in hit.chunk.heading:
                continue
            covered = _covered(asked.keys, {w.key for w in own}, weights)
            found.append(
                _Candidate(
                    hit, start, end, sentence, rank, covered, passage, offers(asked, sentence, own)
                )
            )
    return found


def _score(candidate: _Candidate, cosine: float) -> float:
    return (
        candidate.covered
        + 0.4 * candidate.passage
        + 0.35 * candidate.offers
        + 1.2 * cosine
        - 0.05 * candidate.rank
    )


def _probability(candidate: _Candidate, cosine: float) -> float:
    logit = -4.2 + 2.2 * candidate.passage + 2.0 * candidate.covered + 3.5 * cosine
    return 1 / (1 + math.exp(-logit - candidate.offers))


def _answer(
    question: str, chosen: Sequence[_Candidate], hits: Sequence[Hit], probability: float
) -> Answer:
    citations = []
    claims = []
    for number, candidate in enumerate(chosen, 1):
        chunk = candidate.hit.chunk
        span = Span(
            chunk.document,
            chunk.page,
            chunk.start + candidate.start,
            chunk.start + candidate.end,
            candidate.text,
        )
        citations.append(
            Citation(number, span, chunk.heading, candidate.hit.page_label, candidate.hit.format)
        )
        claims.append(Claim(candidate.text, (number,), "supported", probability))
    text = " ".join(f"{claim.text} [{claim.citations[0]}]" for claim in claims)
    return Answer(question, text, True, "extractive", tuple(citations), tuple(claims), tuple(hits))


def _refusal(question: str, hits: Sequence[Hit], reason: str) -> Answer:
    return Answer(
        question,
        "The documents do not answer this.",
        False,
        "extractive",
        hits=tuple(hits),
        reason=reason,
    )
