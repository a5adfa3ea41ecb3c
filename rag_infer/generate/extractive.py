"""Answers made of the documents' own sentences, each with its place.

Knows: which sentences to quote, and when none answers.
Does not know: how passages were found, language models, what makes a sentence an answer
(``cite.evidence``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_infer.cite.evidence import (
    Sentence,
    answer_features,
    fitted,
    rarity,
    read_sentences,
)
from rag_infer.cite.question import read
from rag_infer.embed import Embedder
from rag_infer.types import Answer, Citation, Claim, Hit, Span

_PASSAGES = 5
_EMBEDDED = 12  # sentences whose own vectors are looked at
_QUOTED = 3
_NEARLY = 0.6  # of the best sentence's probability
_ROOM = 400  # characters: what is quoted beside the best sentence must leave it short


def extract(
    question: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    *,
    threshold: float | None = None,
) -> Answer:
    """The sentences of ``hits`` that answer, word for word, or a refusal with its reason.

    ``share`` tells the share of all passages that hold a word. ``threshold`` is the probability of
    being right from which on an answer is given, the fitted one if None.
    """
    model = fitted()
    asked = read(question)
    weights = rarity(asked, share)
    found = read_sentences(asked, hits[:_PASSAGES], weights)
    if not found:
        return _refusal(question, hits, "nothing relevant was found")
    found.sort(key=lambda s: -model.rank.probability(s.features))
    found = found[:_EMBEDDED]
    rows = embedder.embed_queries([question, *(s.text for s in found)])
    cosines = rows[1:] @ rows[0]
    ranked = sorted(
        (
            (own, model.rank.probability(own.features))
            for own in (s.with_cosine(float(c)) for s, c in zip(found, cosines, strict=True))
        ),
        key=lambda pair: -pair[1],
    )
    probability = model.answer.probability(answer_features(asked, ranked))
    if probability < (model.threshold if threshold is None else threshold):
        on_subject = max(s.hit.dense or 0.0 for s, _ in ranked) > 0.35
        return _refusal(
            question,
            hits,
            "passages on the subject were found, but none that answers"
            if on_subject
            else "nothing relevant was found",
        )
    best = ranked[0][1]
    chosen = [ranked[0][0]]
    for sentence, own in ranked[1:_QUOTED]:
        length = sum(len(s.text) for s in chosen) + len(sentence.text)
        if own >= _NEARLY * best and length <= _ROOM:
            chosen.append(sentence)
    return _answer(question, chosen, hits, probability)


def _answer(
    question: str, chosen: Sequence[Sentence], hits: Sequence[Hit], probability: float
) -> Answer:
    citations = []
    claims = []
    for number, sentence in enumerate(chosen, 1):
        chunk = sentence.hit.chunk
        span = Span(
            chunk.document,
            chunk.page,
            chunk.start + sentence.start,
            chunk.start + sentence.end,
            sentence.text,
        )
        citations.append(
            Citation(number, span, chunk.heading, sentence.hit.page_label, sentence.hit.format)
        )
        claims.append(Claim(sentence.text, (number,), "supported", probability))
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
