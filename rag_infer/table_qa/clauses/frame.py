"""What a question does, told by its small words: how it begins, superlatives, bounds, totals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag_infer.table_qa.clauses.lexicon import Dimension, dimensions, direction_of
from rag_infer.table_qa.question import Question, parse_question

_AUXILIARY = re.compile(
    r"\s*(?:is|are|was|were|do|does|did|has|have|had|can|could|may|will)\b", re.IGNORECASE
)
_WH = re.compile(
    r"\b(?P<wh>how many|how much|how often|how (?:tall|high|long|old|far|heavy|wide|deep|big|large|"
    r"expensive|fast)|which|what|whose|who|whom|when|where|at what time|what time)\b"
    r"|^\s*(?:please\s+)?(?P<list>list|show(?: me)?|name|give(?: me)?)\b",
    re.IGNORECASE,
)
_NUMBER_OF = re.compile(
    r"\b(?:what (?:is|was) )?the (?:total )?(?:number|count) of\b", re.IGNORECASE
)
_NTH = "second|third|fourth|fifth|sixth|2nd|3rd|4th|5th|6th"
_SUPERLATIVE = re.compile(
    rf"\b(?:the\s+)?(?:(?P<nth>{_NTH})[\s-]+)?(?P<word>most|least|fewest|first|last|top|best|[a-z]{{2,}}est)\b"
    r"(?:\s+(?P<adjective>[a-z]+))?",
    re.IGNORECASE,
)
_PLACES = {n: at for at, names in enumerate(
    ("second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th"), 2) for n in names.split()
}  # fmt: skip
_COMPARATIVE = re.compile(
    r"\b(?P<word>more|fewer|less|higher|lower|[a-z]{2,}er)\b(?:\s+(?P<adjective>[a-z]+))?",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:in total|altogether|all together|in all|overall|combined|together|"
    r"the (?:sum|total)(?: of)?|total)\b",
    re.IGNORECASE,
)
_MEAN = re.compile(
    r"\b(?:on average|(?:the )?(?:average|mean)(?:\s+(?:number|amount)\s+of)?)\b", re.IGNORECASE
)
_ACROSS = re.compile(
    r"\b(?:across|over|for|of|by) all(?: of)?(?: the)?\b|\ball(?: of)?(?: the)?\b", re.IGNORECASE
)
_NEGATION = re.compile(
    r"n['’]t\b|\b(?:not|no(?!\.| of\b)|none|never|without|except|excluding|other than|besides|"
    r"apart from|neither|nor)\b",
    re.IGNORECASE,
)
# What no form here understands.
_BEYOND = re.compile(
    r"\b(?:per|each|every|both|same|if|why|should|percent\w*|share|proportion|ratio|median|next|"
    r"previous\w*|after|before|following|preceding|consecutive\w*|between|since|until|only|"
    r"and (?:what|which|who|when|where|how))\b|%|\bin a row\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Superlative:
    """ "The second tallest", "the most", "most recently".

    Attributes:
        start: Where it begins.
        end: Where it ends.
        nth: 1 for the very first.
        upward: The largest first; None where the dimension says it.
        dimensions: What its adjective may measure; empty where a noun must say it.
    """

    start: int
    end: int
    nth: int
    upward: bool | None
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The small words of a question.

    Attributes:
        question: As it is marked for bounds and operations.
        is_check: It asks whether something is so.
        wh: Its question word, lower case; ``list`` where rows are to be listed; empty.
        wh_end: Where that ends.
        superlative: The only one; None without.
        comparative: The only one.
        total: Spans of "in total".
        mean: Spans of "the average".
        silent: Spans that say nothing more ("across all").
        negated: It says "not".
        beyond: It says what is not understood here.
    """

    question: Question
    is_check: bool
    wh: str
    wh_end: int
    superlative: Superlative | None
    comparative: Superlative | None
    total: tuple[tuple[int, int], ...]
    mean: tuple[tuple[int, int], ...]
    silent: tuple[tuple[int, int], ...]
    negated: bool
    beyond: bool

    @property
    def text(self) -> str:
        return self.question.text


@lru_cache(maxsize=64)
def frame_of(text: str) -> Frame | None:
    """The frame of a question; None where it has two superlatives, or none of the forms."""
    question = parse_question(text)
    bounds = [(c.start, c.end) for c in question.comparisons]

    def is_bound(start: int) -> bool:
        return any(a <= start < b for a, b in bounds)

    check = _AUXILIARY.match(text) is not None
    match = _WH.search(text)
    wh, wh_end = "", 0
    if number := _NUMBER_OF.search(text):
        wh, wh_end = "how many", number.end()
    elif match is not None and not check:
        wh = "list" if match["list"] else match["wh"].lower()
        wh_end = match.end()
    superlatives = [
        s for m in _SUPERLATIVE.finditer(text)
        if not is_bound(m.start()) and (s := _superlative(m)) is not None
    ]  # fmt: skip
    comparatives = [
        s for m in _COMPARATIVE.finditer(text)
        if not is_bound(m.start()) and (s := _superlative(m)) is not None
    ]  # fmt: skip
    if len(superlatives) > 1 or len(comparatives) > 1 or (superlatives and comparatives):
        return None
    beyond = any(not is_bound(m.start()) for m in _BEYOND.finditer(text))
    return Frame(
        question, check, wh, wh_end,
        superlatives[0] if superlatives else None, comparatives[0] if comparatives else None,
        tuple(m.span() for m in _TOTAL.finditer(text)),
        tuple(m.span() for m in _MEAN.finditer(text)),
        tuple(m.span() for m in _ACROSS.finditer(text)),
        any(not is_bound(m.start()) for m in _NEGATION.finditer(text)), beyond,
    )  # fmt: skip


def _superlative(match: re.Match[str]) -> Superlative | None:
    word = match["word"].lower()
    groups = match.groupdict()
    nth = _PLACES[groups["nth"].lower()] if groups.get("nth") else 1
    adjective = (groups["adjective"] or "").lower()
    upward = direction_of(word)
    plain_end = match.end("word")
    if word in ("most", "least", "more", "less") and adjective in dimensions():
        down = word in ("least", "less")
        meant = tuple(
            Dimension(d.headers, d.is_time, d.upward != down) for d in dimensions()[adjective]
        )
        return Superlative(match.start(), match.end("adjective"), nth, None, meant)
    meant = dimensions().get(word, ())
    if upward is None and not meant:
        return None
    return Superlative(match.start(), plain_end, nth, upward, meant)
