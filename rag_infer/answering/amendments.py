"""A later document that changes what an earlier one says: "postponed from 16 June to 7 July".

Such a sentence seldom repeats the words of the question, so that it is judged to be beside it; what
tells that it belongs to the answer is the former value in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.cite.typed_values import ValueKind, asked_value, fresh_values, values
from rag_infer.retrieve.document_dates import Date, version_date

_CHANGE = re.compile(
    r"\b(?:postpon\w+|reschedul\w+|put (?:back|off)|moved|shifted|brought forward|delayed|deferred|"
    r"extended|shortened|raised|increased|lowered|reduced|cut|corrected|amended|changed|replaced|"
    r"revised|instead of|rather than|no longer|verschoben|verlegt|vorgezogen|verlängert|erhöht|"
    r"gesenkt|geändert|statt|report\w+ (?:au|du)|reporté\w*|avancé\w*|aplazad\w+|pospuest\w+)\b",
    re.IGNORECASE,
)
_FORMER_AND_NEW = 2  # values of a sentence that changes one
_FROM = re.compile(r"\b(?:from|vom|von|du|de|del)\s+$", re.IGNORECASE)
_TO = re.compile(r"\s+(?:to|until|auf(?: den)?|au|al?)\s+", re.IGNORECASE)
_PROPER_NAME = r"[^\W\d_a-z](?:[\w.’'-]*[\w’'-])?"
_MOVED_TO = re.compile(
    r"\b(?:moves?|moved|relocat\w+|transferred|changed?|switched|(?:takes? place|held) instead)\b"
    rf"[^.;]{{0,40}}?\b(?:to|in|at) (?:the )?(?P<name>{_PROPER_NAME}(?: {_PROPER_NAME})*)"
)
_REVOKED = re.compile(
    r"\b(?:revok\w+|withdr[ae]w\w*|cancell?ed|repeal\w*|rescind\w*|overturn\w*|revers(?:ed|es)|"
    r"aufgehoben|widerrufen|annulé\w*|anulad\w+)\b",
    re.IGNORECASE,
)
_MIN_SHARED_KEYS = 2  # of a question and what revokes its answer
_KINDS: frozenset[ValueKind] = frozenset({"date", "clock", "money", "percent", "duration", "count"})


@dataclass(frozen=True, slots=True)
class Amendment:
    """``former`` is the unit that no longer holds; ``span`` is the new value in ``sentence``.

    What only revokes the former statement has no value.
    """

    sentence: Sentence
    span: tuple[int, int] | None
    former: Sentence


def tells_change(text: str) -> bool:
    """Whether a text has a word of a change, as "moved from 3 to 5 May"."""
    return _CHANGE.search(text) is not None


def amendment(result: AnswerabilityResult, context_of: ContextOf) -> Amendment | None:
    """The unit of a newer document that gives another value in the place of the best unit's.

    Args:
        result: The question, and the units as they were judged.
        context_of: What the document of a hit says of itself.
    """
    best = result.ranked[0][0]
    question = result.profile.text
    kind = _asked_kind(best, question)
    dated = version_date(best.hit.document_id, context_of(best.hit).label)
    if dated is None:
        return None
    if kind == "yes":
        return _revoked(result, context_of, dated)
    if any(values("date", question)):
        return None
    if kind == "name":
        return _moved(result, context_of, dated)
    if kind not in _KINDS:
        return None
    former = [best.text[a:b] for a, b in fresh_values(kind, best.text, question)]
    for sentence, _ in result.ranked[1:]:
        if not _CHANGE.search(sentence.text) or not _is_newer(sentence, result, context_of, dated):
            continue
        spans = list(values(kind, sentence.text))
        repeated = [s for s in spans if any(_agree(sentence.text[slice(*s)], v) for v in former)]
        new = [s for s in spans if s not in repeated]
        if repeated and len(new) == 1:
            span = sentence.start + new[0][0], sentence.start + new[0][1]
            return Amendment(sentence, span, best)
    return None


def _asked_kind(best: Sentence, question: str) -> ValueKind:
    """The form of value that a question asks for, or that the few words read for it have."""
    kind = asked_value(main_clause(question))
    if kind != "any" or best.short is None:
        return kind
    start, end = best.short[0] - best.start, best.short[1] - best.start
    forms: tuple[ValueKind, ...] = ("date", "clock", "money", "percent", "duration")
    for form in forms:
        if any(a < end and start < b for a, b in values(form, best.text)):
            return form
    return kind


def replacement(
    text: str, places: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The former and the new value of "postponed from 16 June to 7 July"; None elsewhere.

    Args:
        text: A sentence.
        places: Its values, in order.
    """
    if len(places) != _FORMER_AND_NEW or not _CHANGE.search(text):
        return None
    former, new = places
    follows_from = _FROM.search(text, 0, former[0]) is not None
    return (former, new) if follows_from and _TO.fullmatch(text, former[1], new[0]) else None


def _moved(result: AnswerabilityResult, context_of: ContextOf, dated: Date) -> Amendment | None:
    """A newer sentence that names the former place or person and says where it went."""
    best = result.ranked[0][0]
    if best.short is None:
        return None
    former = content(words(best.hit.chunk.text[slice(*best.short)]))
    for sentence, _ in result.ranked[1:]:
        match = _MOVED_TO.search(sentence.text)
        if match is None or not _is_newer(sentence, result, context_of, dated):
            continue
        own = {w.key for w in words(sentence.text)}
        if former and all(w.key in own for w in former):
            start, end = match.span("name")
            return Amendment(sentence, (sentence.start + start, sentence.start + end), best)
    return None


def _revoked(result: AnswerabilityResult, context_of: ContextOf, dated: Date) -> Amendment | None:
    """A newer sentence that takes back what the best unit says."""
    keys = result.profile.keys
    for sentence, _ in result.ranked[1:]:
        own = {w.key for w in words(sentence.text)}
        if (
            _REVOKED.search(sentence.text)
            and sum(has_key(own, k) for k in keys) >= min(_MIN_SHARED_KEYS, len(keys))
            and _is_newer(sentence, result, context_of, dated)
        ):
            return Amendment(sentence, None, result.ranked[0][0])
    return None


def _is_newer(
    sentence: Sentence, result: AnswerabilityResult, context_of: ContextOf, dated: Date
) -> bool:
    """Whether a sentence on the subject is of another document, and of a later one."""
    if sentence.hit.document_id == result.ranked[0][0].hit.document_id:
        return False
    date = version_date(sentence.hit.document_id, context_of(sentence.hit).label)
    return date is not None and date > dated and _is_on_subject(result, sentence)


def _is_on_subject(result: AnswerabilityResult, sentence: Sentence) -> bool:
    keys = {w.key for w in words(f"{sentence.text} {sentence.setting}")}
    return any(has_key(keys, k) for k in result.profile.keys)


def _agree(one: str, other: str) -> bool:
    """Whether two written values are one, where either may leave out the year or the unit."""
    first, second = ({w.key for w in words(text)} for text in (one, other))
    return bool(first) and bool(second) and (first <= second or second <= first)
