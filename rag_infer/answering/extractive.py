"""Answers made of the documents' own sentences, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag_infer.cite.answerability import AnswerabilityResult, judge, load_answerability_model
from rag_infer.cite.claim_features import figures
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, words
from rag_infer.embed import Embedder
from rag_infer.types import Answer, Citation, Claim, Hit, Span

_QUOTED = 3
_NEARLY = 0.6  # of the best sentence's probability
_ROOM = 400  # characters: what is quoted beside the best sentence must leave it short
_FEW_WORDS = 8
_LIKELY = 0.5  # of the question's words, what two sentences that disagree must have near them
_SURE = 0.6  # from here on 87 % of the reader's words are the answer or most of it
_COMPARED = frozenset({"person", "time", "place", "number"})
_NAMED = frozenset({"person", "time", "place", "number", "thing", "anything"})


def extract(
    question: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    *,
    after: tuple[str, float] | None = None,
    threshold: float | None = None,
) -> Answer:
    """The sentences of ``hits`` that answer, word for word, or a refusal with its reason.

    ``share`` tells the share of all passages that hold a word. ``after`` is another way to read
    the question, which leaves something unsaid, and its weight, 0 to 1: the weighed mean of the
    probabilities decides, and the surer one's sentences are quoted. ``threshold`` is the
    probability of being right from which on an answer is given, the fitted one if None.
    """
    result = judge(question, hits, embedder, share)
    if after is not None:
        alternative = judge(after[0], hits, embedder, share)
        mean = (1 - after[1]) * result.probability + after[1] * alternative.probability
        result = replace(
            max(result, alternative, key=lambda each: each.probability), probability=mean
        )
    if not result.ranked:
        return _refusal(question, hits, "nothing relevant was found")
    if result.probability < (
        load_answerability_model().threshold if threshold is None else threshold
    ):
        on_subject = max(s.hit.dense or 0.0 for s, _ in result.ranked) > 0.35
        return _refusal(
            question,
            hits,
            "passages on the subject were found, but none that answers"
            if on_subject
            else "nothing relevant was found",
        )
    answer = _answer(question, result, hits)
    # What "and for the full year?" asks for is in the turn before: its few words would be a guess.
    return answer if after is None else replace(answer, short_answer=None)


def _answer(question: str, result: AnswerabilityResult, hits: Sequence[Hit]) -> Answer:
    citations = []
    claims = []
    rivals = _disagreeing(result)
    quoted = list(rivals) or _chosen(result)
    for number, sentence in enumerate(quoted, 1):
        span = _span(sentence, sentence.start, sentence.end)
        hit = sentence.hit
        citations.append(Citation(number, span, hit.chunk.heading, hit.page_label, hit.format))
        # Verbatim: what may be wrong is that it answers, which is the answer's probability.
        claims.append(Claim(sentence.text, (number,), "supported", 1.0, None, (span,)))
    text = " ".join(f"{claim.text} [{claim.citations[0]}]" for claim in claims)
    against = " and ".join(f"“{_words(s)}” [{n}]" for n, s in enumerate(rivals, 1))
    return Answer(
        question,
        text,
        True,
        "extractive",
        tuple(citations),
        tuple(claims),
        tuple(hits),
        reason=f"the sources disagree: {against}" if rivals else None,
        probability=result.probability,
        short_answer=None if rivals else _short(result, quoted[0]),
    )


def _chosen(result: AnswerabilityResult) -> list[Sentence]:
    best, probability = result.ranked[0]
    selected = [best]
    for sentence, own in result.ranked[1:_QUOTED]:
        length = sum(len(s.text) for s in selected) + len(sentence.text)
        if own >= _NEARLY * probability and length <= _ROOM:
            selected.append(sentence)
    return selected


def _disagreeing(result: AnswerabilityResult) -> tuple[Sentence, ...]:
    """Two likely sentences of different documents in which the reader finds different answers.

    Only where answers can be compared: figures by their value, names by their words.
    """
    best, probability = result.ranked[0]
    if result.profile.kind not in _COMPARED or not _tells(best):
        return ()
    for other, own in result.ranked[1:]:
        if own < _NEARLY * probability:
            break
        other_document = other.hit.chunk.document_id != best.hit.chunk.document_id
        if other_document and _tells(other) and _differ(_words(best), _words(other)):
            return best, other
    return ()


def _tells(sentence: Sentence) -> bool:
    has_reading = sentence.short is not None and sentence.feature("reader") > 0
    return has_reading and sentence.feature("near") >= _LIKELY


def _words(sentence: Sentence) -> str:
    start, end = sentence.short or (0, 0)
    return sentence.hit.chunk.text[start:end]


def _differ(one: str, other: str) -> bool:
    first, second = figures(one), figures(other)
    if first and second:
        return not any(f.among(second) for f in first)
    if first or second:
        return False
    keys = [{w.key for w in content(words(text))} for text in (one, other)]
    return all(keys) and keys[0].isdisjoint(keys[1])


def _short(result: AnswerabilityResult, best: Sentence) -> Span | None:
    """The reader's few words, where the question asks for a few and it is sure that they are."""
    if best.short is None or result.probability < _SURE or result.profile.kind not in _NAMED:
        return None
    if best.feature("reader") <= 0:
        return None
    span = _span(best, *best.short)
    return span if len(span.quote.split()) <= _FEW_WORDS else None


def _span(sentence: Sentence, start: int, end: int) -> Span:
    chunk = sentence.hit.chunk
    return Span(
        chunk.document_id,
        chunk.page_number,
        chunk.start + start,
        chunk.start + end,
        chunk.text[start:end],
    )


def _refusal(question: str, hits: Sequence[Hit], reason: str) -> Answer:
    return Answer(
        question,
        "The documents do not answer this.",
        False,
        "extractive",
        hits=tuple(hits),
        reason=reason,
    )
