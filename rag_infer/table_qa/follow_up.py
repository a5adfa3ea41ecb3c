"""Follow-up questions about tables made whole: "And in 2023?" takes the rest from before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.cite.text_normalization import words
from rag_infer.table_qa.synonyms import GENERIC

_LEAD = re.compile(
    r"^\s*(?:and|but|also|so|ok(?:ay)?|only|just|what about|how about|then)[\s,]+"
    r"(?:what about\s+|how about\s+|what (?:is|was|were|are)\s+)?",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|those|these|that|this|he|him|his|she|her|there)\b", re.IGNORECASE
)
_OPERATION = re.compile(
    r"\b(?:total|sum|average|mean|median|highest|lowest|maximum|minimum|largest|smallest|most|least|"
    r"how many|number of|difference)\b(?: of)?",
    re.IGNORECASE,
)
_BY = re.compile(r"\b(?:by|per|for each)\s+\w+(?:\s+\w+)?", re.IGNORECASE)
_CONDITION = re.compile(r"^(?:in|for|from|at|on|of|during)\s+(?:the\s+)?", re.IGNORECASE)
_SINCE_THEN = re.compile(r"(since|from|after|before|until)\s+then(?:\s+on)?", re.IGNORECASE)
_TURN = re.compile(r"\b(since|from|after|before|until)\b(?=[^?]*\b(?:19|20)\d\d\b)", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MEASURE = re.compile(
    r"\b(total|sum of|average|mean|median|highest|lowest|maximum|minimum|largest|smallest)\s+"
    r"(?:the\s+)?\w+",
    re.IGNORECASE,
)
_MAX_WORDS = 6
_MAX_MEASURE_WORDS = 2


def standalone(question: str, earlier: Sequence[str]) -> str | None:
    """The question with what it leaves out; None where that is not plain.

    Args:
        question: The follow-up.
        earlier: The questions before it, oldest first.
    """
    entire = ""
    for turn in [*earlier, question]:
        entire = _made_whole(turn, entire) if entire else turn
        if not entire:
            return None
    return entire


def _made_whole(question: str, before: str) -> str:
    lead = _LEAD.match(question)
    if _POINTS_BACK.search(question):
        return ""
    if lead is None:
        return question
    rest = question[lead.end() :].strip().rstrip("?.! ")
    before = before.strip().rstrip("?.! ")
    if not rest or len(rest.split()) > _MAX_WORDS:
        return ""
    operation = re.sub(r"^the\s+", "", rest, flags=re.IGNORECASE)
    if _OPERATION.fullmatch(operation):
        changed, count = _OPERATION.subn(operation, before, count=1)
        return changed + "?" if count else ""
    if _BY.fullmatch(rest):
        changed, count = _BY.subn(rest, before, count=1)
        return (changed if count else f"{before} {rest}") + "?"
    if (then := _SINCE_THEN.fullmatch(rest)) is not None:
        return _at_the_other_side(before, then[1].lower())
    condition = _CONDITION.match(rest)
    if condition is not None:
        if (year := _YEAR.fullmatch(rest[condition.end() :])) and _YEAR.search(before):
            return _YEAR.sub(year[0], before) + "?"
        return _with_condition(before, rest, rest[condition.end() :])
    if len(rest.split()) <= _MAX_MEASURE_WORDS:
        changed, count = _MEASURE.subn(lambda m: f"{m[1]} {rest}", before, count=1)
        return changed + "?" if count else ""
    return ""


def _with_condition(before: str, rest: str, value: str) -> str:
    """The question before with a condition in the place of the one that it had, or beside it."""
    keys = [w.key for w in words(value) if not w.stop and w.key not in GENERIC]
    if not keys:
        return ""
    preposition = rest.split(maxsplit=1)[0].lower()
    same = re.compile(rf"\b{preposition}\s+(?:the\s+)?[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*")
    changed, count = same.subn(rest, before, count=1)
    return (changed if count else f"{before} {rest}") + "?"


def _at_the_other_side(before: str, preposition: str) -> str:
    """The question before with its date on the other side: "since then" of "before 2025"."""
    matches = list(_TURN.finditer(before))
    if len(matches) != 1:
        return ""
    match = matches[0]
    return f"{before[: match.start()]}{preposition}{before[match.end() :]}?"
