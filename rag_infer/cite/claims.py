"""From a text to its claims, each beside the words of the passages that bear it.

Knows: which pieces of a text are claims, which sentences of the passages each is held against, how
a judgement leads to spans and numbers.
Does not know: how a claim is judged (``verify``), how passages were found or shown.
"""

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
_EACH = 12  # sentences that a claim is held against, by words in common, beside those it cites
_FEW = 120  # so many sentences are all looked at


@dataclass(frozen=True, slots=True)
class EvidencePassage:
    """Words that may bear a claim, where they begin on their page, and the number they go by."""

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
    found: list[tuple[str, tuple[int, ...]]] = []
    prose = _HEADING.sub(r"\n\n\g<0>\n\n", _FENCE.sub("\n\n", text))
    for start, end in sentences(prose):
        sentence = prose[start:end].strip()
        leading = _LEADING.match(sentence)
        if leading and found:
            said, numbers = found[-1]
            found[-1] = (said, _distinct((*numbers, *_numbers(leading[0]))))
            sentence = sentence[leading.end() :].strip()
        if sentence:
            plain = re.sub(r"\s+([.,;:!?])", r"\1", _NUMBER.sub(_code_alone, sentence)).strip()
            found.append((plain, _numbers(sentence)))
    return [(said, numbers) for said, numbers in found if said]


def attribute_claims(
    text: str, passages: Sequence[EvidencePassage], verifier: Verifier
) -> tuple[Claim, ...]:
    """The claims of a text, each judged against the sentences of ``passages``.

    All claims are held against the same sentences. A claim's numbers are those that stand in it,
    and those of the passages that bear it.
    """
    said = split(text)
    pool = [
        _Sentence(passage, start, end)
        for passage in passages
        for start, end in sentences(passage.text)
    ]
    chosen = _near(said, pool)
    found = verifier.check([claim for claim, _ in said], [s.text for s in chosen])
    known = {passage.number for passage in passages}
    return tuple(
        _claim(claim, tuple(n for n in numbers if n in known), judged, chosen)
        for (claim, numbers), judged in zip(said, found, strict=True)
    )


def _claim(
    text: str, numbers: tuple[int, ...], judged: ClaimVerdict, pool: Sequence[_Sentence]
) -> Claim:
    bearing = [pool[i] for i in judged.bearing]
    if judged.verdict in ("supported", "partial"):
        numbers = _distinct((*numbers, *(s.passage.number for s in bearing[:1])))
    return Claim(
        text,
        numbers,
        judged.verdict,
        judged.probability,
        judged.reason,
        tuple(s.span for s in bearing),
    )


def _near(
    said: Sequence[tuple[str, tuple[int, ...]]], pool: Sequence[_Sentence]
) -> Sequence[_Sentence]:
    """The sentences worth an embedding: few passages whole, of many those that share words."""
    if len(pool) <= _FEW:
        return pool
    keys = [_keys(s.text) for s in pool]
    wanted: set[int] = set()
    for claim, numbers in said:
        own = _keys(strip_markup(claim))
        shared = [len(own & there) / (1 + len(own)) for there in keys]
        cited = [s.passage.number in numbers for s in pool]
        order = sorted(range(len(pool)), key=lambda i: (-shared[i], i))
        wanted.update(order[:_EACH])
        wanted.update([i for i in order if cited[i]][:_EACH])
    return [pool[i] for i in sorted(wanted)]


def _keys(text: str) -> set[str]:
    return {w.key for w in content(words(text))}


def _numbers(text: str) -> tuple[int, ...]:
    return _distinct(int(n) for n in _NUMBER.findall(text) if n)


def _code_alone(match: re.Match[str]) -> str:
    return "" if match[1] else match[0]


def _distinct(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(numbers))
