"""Claims that repeat a figure of the question which their source has as a range.

"A purchase of 700 euros is approved by the manager" rests on "purchases between 150 and 1,000 euros
are approved by the manager": 700 is the question's own figure and stated by nobody. Such a claim is
checked with the bound of the range in its place, against the sentence that has the range alone. A
figure that the question does not give must stand in the source: "it costs 120 euros" does not
follow from "it costs 110 to 135 euros".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag_infer.cite.claim_features import figures
from rag_infer.cite.claim_verifier import Verifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims
from rag_infer.sentences import sentences
from rag_infer.types import Claim

_FIGURE = r"\d+(?:[.,]\d+)*"
_UNIT = r"(?:\s?[%°€$£]|\s[^\W\d_]{1,12})?"
_BETWEEN = re.compile(
    rf"\b(?:between|zwischen|from|von)\s+(?P<low>{_FIGURE}){_UNIT}\s+(?:and|to|und|bis)\s+"
    rf"(?P<high>{_FIGURE})|(?P<first>{_FIGURE}){_UNIT}\s*(?:to|bis|-|–)\s*(?P<last>{_FIGURE})",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:above|over|more than|exceeding|at least|from|über|mehr als|mindestens|ab)\s+"
    rf"(?:an?\s+(?:order|amount|value|sum|total)\s+of\s+)?(?P<low>{_FIGURE})",
    re.IGNORECASE,
)
_UP_TO = re.compile(
    r"\b(?:up to|at most|below|under|less than|no more than|bis zu|höchstens|unter)\s+"
    rf"(?P<high>{_FIGURE})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StatedRange:
    """The least and greatest value of a range, and the bound as it is written."""

    low: float
    high: float
    bound: str


def with_ranges(
    claims: Iterable[Claim],
    question: str,
    passages: Sequence[EvidencePassage],
    verifier: Verifier,
) -> list[Claim]:
    """The claims; those that are supported but for a figure of the question in a range are so.

    Args:
        claims: As they were judged.
        question: The question, whose figures a claim may repeat.
        passages: What the model saw.
        verifier: Judges the claims with bounds.
    """
    question_figures = {figure.value for figure in figures(question) if not figure.year}

    def checked(claim: Claim) -> Claim:
        if claim.verdict not in ("partial", "unsupported"):
            return claim
        own = {figure.value: figure.shown for figure in figures(claim.text)}
        for value in own.keys() & question_figures:
            figure = re.compile(rf"(?<![\w.,]){re.escape(own[value])}(?![\w]|[.,]\d)")
            for sentence, bound in _sentences_with(value, passages):
                text = figure.sub(bound, claim.text)
                again = attribute_claims(text, [sentence], verifier)
                if len(again) == 1 and again[0].verdict == "supported":
                    numbers = tuple(dict.fromkeys((*claim.citations, *again[0].citations)))
                    return replace(again[0], text=claim.text, citations=numbers)
        return claim

    return [checked(claim) for claim in claims] if question_figures else list(claims)


def stated_ranges(sentence: str) -> list[StatedRange]:
    """The ranges of figures that a sentence states."""
    ranges = []
    taken: list[tuple[int, int]] = []
    for match in _BETWEEN.finditer(sentence):
        low, high = match["low"] or match["first"], match["high"] or match["last"]
        ranges.append(StatedRange(_value(low), _value(high), high))
        taken.append(match.span())
    for pattern in (_FROM, _UP_TO):
        for match in pattern.finditer(sentence):
            if any(start <= match.start() < end for start, end in taken):
                continue
            groups = match.groupdict()
            bound = groups.get("low") or groups.get("high") or ""
            low = _value(bound) if groups.get("low") else float("-inf")
            high = float("inf") if groups.get("low") else _value(bound)
            ranges.append(StatedRange(low, high, bound))
    return ranges


def _value(text: str) -> float:
    found = figures(text)
    return found[0].value if found else float("nan")


def _sentences_with(
    value: float, passages: Sequence[EvidencePassage]
) -> Iterator[tuple[EvidencePassage, str]]:
    """The sentences that state a range with the value within it, and the bound of that range."""
    for passage in passages:
        for start, end in sentences(passage.text):
            text = passage.text[start:end]
            for stated in stated_ranges(text):
                if stated.low <= value <= stated.high:
                    at = passage.start + start
                    yield replace(passage, start=at, text=text), stated.bound
