"""Whether the figures, dates and names of a claim stand where the rest of it does.

A number that occurs elsewhere in a document supports nothing: "The tenancy begins on 1 May" is not
supported by "The tenancy begins on 1 April" and a letter of 1 May. Each specific must be in a
sentence that shares the claim's other words, and in a sentence of several statements ("412 tickets
in April, 18 % more than in March") a name or month must be in the statement that shares most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_infer.cite.text_normalization import Word

_MIN_ANCHOR_SHARE = 0.4  # of the claim's other words, in the sentence of a specific
_MIN_ANCHORS = 2
_CLAUSE_END = re.compile(r"[;:]|,\s|\s(?:while|whereas|but|though)\s")
_DATE_WORD = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)s?\b"
)
_EXCEPTION = re.compile(
    r"\b(?:except(?:ing)?|excluding|other than|apart from|but not)\s+((?:[^\s,;.]+\s*){1,5})", re.I
)


@dataclass(frozen=True, slots=True)
class ParsedSentence:
    """A sentence with its words and the texts of its numbers."""

    text: str
    words: Sequence[Word]
    values: frozenset[float]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(w.key for w in self.words if not w.stop)

    @property
    def dates(self) -> frozenset[str]:
        return frozenset(date_words(self.text))


def date_words(text: str) -> list[str]:
    """The months and days of the week that a text names."""
    return [match[1] for match in _DATE_WORD.finditer(text)]


def detached(
    claim: ParsedSentence, sources: Sequence[ParsedSentence]
) -> tuple[list[float], list[str]]:
    """The numbers and date words of a claim that no related sentence has.

    Args:
        claim: The claim.
        sources: The sentences that its support may come from.

    Returns:
        Values and date words that only stand beside other words than the claim's.
    """
    dates = date_words(claim.text)
    anchors = {w.key for w in claim.words if not (w.stop or w.number)} - {
        date.lower() for date in dates
    }
    least = min(len(anchors), max(_MIN_ANCHORS, round(_MIN_ANCHOR_SHARE * len(anchors))))
    related = [s for s in sources if len(anchors & s.keys) >= least]
    values: frozenset[float] = frozenset().union(*(s.values for s in related))
    days: frozenset[str] = frozenset().union(*(s.dates for s in related))
    return sorted(claim.values - values), [date for date in dates if date not in days]


def misbound(claim: ParsedSentence, source: ParsedSentence) -> list[str]:
    """Names and date words of a claim that its best sentence has in another statement.

    Only where the statement that shares most of the claim names another of the same kind instead.
    """
    clauses = _clauses(source)
    if len(clauses) < 2:
        return []
    dates = set(date_words(claim.text))
    names = {w.key: claim.text[w.start : w.end] for w in claim.words if _is_name(w)}
    others = {w.key for w in claim.words if not w.stop} - names.keys() - {d.lower() for d in dates}
    if not others:
        return []
    best = max(clauses, key=lambda clause: len(others & clause.keys))
    if len(others & best.keys) * 2 <= len(others):
        return []
    wrong: list[str] = []
    foreign_dates = best.dates - dates
    if foreign_dates and not dates & best.dates:
        wrong += sorted(dates & source.dates)
    own_names = {w.key for w in best.words if _is_name(w)}
    elsewhere = {w.key for w in source.words if _is_name(w)} - own_names
    if names and own_names - names.keys() and not names.keys() & own_names:
        wrong += names.values() if names.keys() <= elsewhere else ()
    return wrong


def rebound(claim: ParsedSentence, source: ParsedSentence) -> list[float]:
    """The numbers of a claim whose unit its best sentence gives another number.

    "Blocks of 32 tokens" beside "blocks of 16 tokens", wherever else a 32 may stand.
    """
    units = _units(source)
    return [
        value
        for unit, values in _units(claim).items()
        for value in sorted(values)
        if unit in units and value not in source.values
    ]


def _units(sentence: ParsedSentence) -> dict[str, set[float]]:
    """The word after each number, with the values it follows."""
    units: dict[str, set[float]] = {}
    for number, unit in pairwise(sentence.words):
        if number.number and not unit.stop and not unit.number:
            try:
                value = float(number.key)
            except ValueError:
                continue
            if value in sentence.values:
                units.setdefault(unit.key, set()).add(value)
    return units


def exceptions(claim: ParsedSentence, sources: Sequence[ParsedSentence]) -> list[str]:
    """Words of a claim that a sentence excepts from what it says."""
    if _EXCEPTION.search(claim.text):
        return []
    excepted = {
        word
        for sentence in sources
        for match in _EXCEPTION.finditer(sentence.text)
        for word in re.findall(r"\w+", match[1].lower())
    }
    return [
        claim.text[w.start : w.end]
        for w in claim.words
        if not w.stop and claim.text[w.start : w.end].lower() in excepted
    ]


def _is_name(word: Word) -> bool:
    return word.capital and not (word.stop or word.number)


def _clauses(sentence: ParsedSentence) -> list[ParsedSentence]:
    bounds = [0, *(m.end() for m in _CLAUSE_END.finditer(sentence.text)), len(sentence.text)]
    return [
        ParsedSentence(
            sentence.text[start:end],
            [w for w in sentence.words if start <= w.start < end],
            frozenset(),
        )
        for start, end in pairwise(bounds)
        if end > start
    ]
