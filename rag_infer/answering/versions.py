"""Of two statements of the same thing in a dated series of documents, the newer one counts.

Minutes of later meetings change what earlier ones decided; a question about "the budget" means the
one that holds now, unless it names a date.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, words
from rag_infer.cite.typed_values import ValueKind, asked_value, fresh_values, values
from rag_infer.retrieve.document_dates import Date, series, version_date

_MIN_RELATIVE_PROBABILITY = 0.25  # of the best unit's, for a newer one to come before it
_MIN_SHARED_WORDS = 2
_VERSIONED: frozenset[ValueKind] = frozenset(
    {"money", "percent", "duration", "date", "clock", "count", "contact", "name", "measure", "any"}
)
_YEAR = re.compile(r"(?<![\d-])((?:19|20)\d\d)(?![\d-])")


def newest_first(result: AnswerabilityResult, context_of: ContextOf) -> AnswerabilityResult:
    """Puts a newer statement of the same series before the best unit."""
    best, probability = result.ranked[0]
    newest, latest = best, _date(best, context_of)
    for other, date in _versions(result, context_of):
        if latest is not None and date > latest:
            newest, latest = other, date
    if newest is best:
        return result
    others = tuple(pair for pair in result.ranked if pair[0] is not newest)
    return replace(result, ranked=((newest, probability), *others))


def superseded(result: AnswerabilityResult, context_of: ContextOf) -> tuple[Sentence, ...]:
    """What older documents of the series of the best unit say otherwise, newest first."""
    latest = _date(result.ranked[0][0], context_of)
    older = [(date, s) for s, date in _versions(result, context_of) if latest and date < latest]
    return tuple(s for _, s in sorted(older, key=lambda pair: pair[0], reverse=True))


def _versions(result: AnswerabilityResult, context_of: ContextOf) -> list[tuple[Sentence, Date]]:
    """Other values for the same thing in dated documents of the series of the best unit."""
    best, probability = result.ranked[0]
    question = result.profile.text
    kind = asked_value(main_clause(question))
    if kind not in _VERSIONED or any(values("date", question)) or _YEAR.search(question):
        return []
    if _date(best, context_of) is None:
        return []
    name = series(context_of(best.hit).label)
    versions = []
    for other, own in result.ranked[1:]:
        date = _date(other, context_of)
        if (
            own >= _MIN_RELATIVE_PROBABILITY * probability
            and date is not None
            and other.hit.document_id != best.hit.document_id
            and series(context_of(other.hit).label) == name
            and _same_subject(best, other)
            and _other_value(kind, best, other, question)
        ):
            versions.append((other, date))
    return versions


def _date(sentence: Sentence, context_of: ContextOf) -> Date | None:
    return version_date(sentence.hit.document_id, context_of(sentence.hit).label)


def _same_subject(one: Sentence, other: Sentence) -> bool:
    first, second = ({w.key for w in content(words(s.text)) if not w.number} for s in (one, other))
    headings = [re.sub(r"^[\d.\s]+", "", s.setting.split(". ")[-1]).lower() for s in (one, other)]
    same_heading = bool(headings[0]) and headings[0] == headings[1]
    return len(first & second) >= _MIN_SHARED_WORDS - same_heading


def _other_value(kind: ValueKind, one: Sentence, other: Sentence, question: str) -> bool:
    if kind in ("name", "any"):
        return one.text != other.text
    first, second = (
        {s.text[a:b].lower() for a, b in fresh_values(kind, s.text, question)} for s in (one, other)
    )
    return bool(second) and first != second
