"""Splits a text into claims and attributes each to the passages that support it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_infer.cite.claim_verifier import ClaimVerdict, Verifier, strip_markup
from rag_infer.cite.text_normalization import content, words
from rag_infer.sentences import sentences
from rag_infer.types import Claim, Span

_NUMBER = re.compile(r"`[^`\n]*`|\[(\d{1,4})\]")  # in code it is an index
_LEADING = re.compile(r"(?:\[\d{1,4}\]\s*)+")
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_MAX_SENTENCES_PER_CLAIM = (
    12  # sentences that a claim is held against, by words in common, beside those it cites
)
_MAX_EXHAUSTIVE_SENTENCES = 120  # so many sentences are all looked at


@dataclass(frozen=True, slots=True)
class EvidencePassage:
    """Words that may support a claim, where they begin on their page, and the number they go by."""

    number: int
    document: str
    page: int
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: EvidencePassage
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]

    @property
    def span(self) -> Span:
        at = self.passage.start
        return Span(
            self.passage.document, self.passage.page, at + self.start, at + self.end, self.text
        )


def split(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of a text without its citation numbers, and those numbers.

    Blocks of code are no claims. A number after the full stop belongs to the sentence before it.
    """
    claims: list[tuple[str, tuple[int, ...]]] = []
    prose = _HEADING.sub(r"\n\n\g<0>\n\n", _FENCE.sub("\n\n", text))
    for start, end in sentences(prose):
        sentence = prose[start:end].strip()
        leading = _LEADING.match(sentence)
        if leading and claims:
            text_before, numbers = claims[-1]
            claims[-1] = (text_before, _distinct((*numbers, *_numbers(leading[0]))))
            sentence = sentence[leading.end() :].strip()
        if sentence:
            plain = re.sub(r"\s+([.,;:!?])", r"\1", _NUMBER.sub(_code_alone, sentence)).strip()
            claims.append((plain, _numbers(sentence)))
    return [(text_before, numbers) for text_before, numbers in claims if text_before]


def attribute_claims(
    text: str, passages: Sequence[EvidencePassage], verifier: Verifier
) -> tuple[Claim, ...]:
    """The claims of a text, each judged against the sentences of ``passages``.

    All claims are checked against the same sentences. A claim's numbers are those that stand in it,
    and those of the passages that support it.
    """
    claims = split(text)
    pool = [
        _Sentence(passage, start, end)
        for passage in passages
        for start, end in sentences(passage.text)
    ]
    candidates = _near(claims, pool)
    verdicts = verifier.check([claim for claim, _ in claims], [s.text for s in candidates])
    known_numbers = {passage.number for passage in passages}
    return tuple(
        _claim(claim, tuple(n for n in numbers if n in known_numbers), judged, candidates)
        for (claim, numbers), judged in zip(claims, verdicts, strict=True)
    )


def _claim(
    text: str, numbers: tuple[int, ...], verdict: ClaimVerdict, pool: Sequence[_Sentence]
) -> Claim:
    evidence = [pool[i] for i in verdict.evidence]
    if verdict.verdict in ("supported", "partial"):
        numbers = _distinct((*numbers, *(s.passage.number for s in evidence[:1])))
    return Claim(
        text,
        numbers,
        verdict.verdict,
        verdict.probability,
        verdict.reason,
        tuple(s.span for s in evidence),
    )


def _near(
    claims: Sequence[tuple[str, tuple[int, ...]]], pool: Sequence[_Sentence]
) -> Sequence[_Sentence]:
    """The sentences worth an embedding: few passages whole, of many those that share words."""
    if len(pool) <= _MAX_EXHAUSTIVE_SENTENCES:
        return pool
    keys = [_keys(s.text) for s in pool]
    indices: set[int] = set()
    for claim, numbers in claims:
        own = _keys(strip_markup(claim))
        shared = [len(own & there) / (1 + len(own)) for there in keys]
        cited = [s.passage.number in numbers for s in pool]
        order = sorted(range(len(pool)), key=lambda i: (-shared[i], i))
        indices.update(order[:_MAX_SENTENCES_PER_CLAIM])
        indices.update([i for i in order if cited[i]][:_MAX_SENTENCES_PER_CLAIM])
    return [pool[i] for i in sorted(indices)]


def _keys(text: str) -> set[str]:
    return {w.key for w in content(words(text))}


def _numbers(text: str) -> tuple[int, ...]:
    return _distinct(int(n) for n in _NUMBER.findall(text) if n)


def _code_alone(match: re.Match[str]) -> str:
    return "" if match[1] else match[0]


def _distinct(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(numbers))
