"""A later document that changes what an earlier one says: "postponed from 16 June to 7 July".

Such a sentence seldom repeats the words of the question, so that it is judged to be beside it; what
tells that it belongs to the answer is the former value in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import has_key, words
from rag_infer.cite.typed_values import ValueKind, asked_value, fresh_values, values
from rag_infer.retrieve.document_dates import version_date

_CHANGE = re.compile(
    r"\b(?:postpon\w+|reschedul\w+|put (?:back|off)|moved|shifted|brought forward|delayed|deferred|"
    r"extended|shortened|raised|increased|lowered|reduced|cut|corrected|amended|changed|replaced|"
    r"revised|instead of|rather than|no longer|verschoben|verlegt|vorgezogen|verlängert|erhöht|"
    r"gesenkt|geändert|statt|report\w+ (?:au|du)|reporté\w*|avancé\w*|aplazad\w+|pospuest\w+)\b",
    re.IGNORECASE,
)
_KINDS: frozenset[ValueKind] = frozenset({"date", "clock", "money", "percent", "duration", "count"})


@dataclass(frozen=True, slots=True)
class Amendment:
    """``former`` is the unit that no longer holds; ``span`` is the new value in ``sentence``."""

    sentence: Sentence
    span: tuple[int, int]
    former: Sentence


def amendment(result: AnswerabilityResult, context_of: ContextOf) -> Amendment | None:
    """The unit of a newer document that gives another value in the place of the best unit's.

    Args:
        result: The question, and the units as they were judged.
        context_of: What the document of a hit says of itself.
    """
    best = result.ranked[0][0]
    question = result.profile.text
    kind = asked_value(main_clause(question))
    dated = version_date(best.hit.document_id, context_of(best.hit).label)
    if kind not in _KINDS or dated is None or any(values("date", question)):
        return None
    former = [best.text[a:b] for a, b in fresh_values(kind, best.text, question)]
    for sentence, _ in result.ranked[1:]:
        if sentence.hit.document_id == best.hit.document_id or not _CHANGE.search(sentence.text):
            continue
        date = version_date(sentence.hit.document_id, context_of(sentence.hit).label)
        if date is None or date <= dated or not _is_on_subject(result, sentence):
            continue
        spans = list(values(kind, sentence.text))
        repeated = [s for s in spans if any(_agree(sentence.text[slice(*s)], v) for v in former)]
        new = [s for s in spans if s not in repeated]
        if repeated and len(new) == 1:
            span = sentence.start + new[0][0], sentence.start + new[0][1]
            return Amendment(sentence, span, best)
    return None


def _is_on_subject(result: AnswerabilityResult, sentence: Sentence) -> bool:
    keys = {w.key for w in words(f"{sentence.text} {sentence.setting}")}
    return any(has_key(keys, k) for k in result.profile.keys)


def _agree(one: str, other: str) -> bool:
    """Whether two written values are one, where either may leave out the year or the unit."""
    first, second = ({w.key for w in words(text)} for text in (one, other))
    return bool(first) and bool(second) and (first <= second or second <= first)
