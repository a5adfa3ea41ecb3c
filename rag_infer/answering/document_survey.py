"""A question asked of each document of a kind, and the replies side by side.

Retrieval finds the few best passages; "which contracts are governed by German law?" wants every
contract read. Documents are read from the index, those that the filter allows and no more than
MAX_DOCUMENTS of them; each that has it stands in the answer with its own citation, and the answer
says how many were read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rag_infer.answering.survey_question import (
    SurveyQuestion,
    predicate_keys,
    read_survey_question,
)
from rag_infer.cite.answer_units import AnswerUnit, answer_units
from rag_infer.cite.document_context import DocumentContext, document_context
from rag_infer.cite.text_normalization import MONTH_KEYS, content, has_key, words
from rag_infer.cite.typed_values import values
from rag_infer.engine import Engine
from rag_infer.generate import EXTRACTIVE
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.document_dates import document_date
from rag_infer.types import Answer, Citation, Claim, Span

MAX_DOCUMENTS = 80
MAX_LISTED = 40
_MAX_OPENINGS = 500  # documents whose first lines are read; of further ones name and title decide
_MAX_PAGES = 20  # of a document
_MAX_PAGE_CHARS = 30_000
_MAX_QUOTE_CHARS = 300
_COVERED = 0.75  # of the weight of the predicate, in one unit
SYNONYMS = tuple(
    frozenset(group.split())
    for group in (
        "end expir termin laps", "start begin commenc", "pay cost price fee charg",
        "law govern", "cancel termin notic", "rent leas", "sign execut", "automat itself",
        "rate per", "daili day", "month monthli", "year annual annum yearli",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Match:
    document: DocumentRow
    page_number: int
    page: str
    unit: AnswerUnit


@dataclass(frozen=True, slots=True)
class _Survey:
    matches: tuple[_Match, ...]
    read: int
    of_kind: int


def survey_answer(engine: Engine, question: str, filter: Filter) -> Answer | None:
    """The documents that a question is true of, each with its words.

    Args:
        engine: The open index.
        question: As it is read.
        filter: The documents that may be read.

    Returns:
        None where the question is none about all documents of a kind, or no document of the kind
        has what it asks for: passages may then say more.
    """
    survey_question = read_survey_question(question)
    if survey_question is None:
        return None
    survey = _read_all(engine, survey_question, filter)
    if not survey.matches:
        return None
    return _answer(question, survey_question, survey)


def _read_all(engine: Engine, question: SurveyQuestion, filter: Filter) -> _Survey:
    rows = engine.documents(filter)
    selected = []
    for n, row in enumerate(rows):
        first = engine.snapshot.page(row.id, 1) if n < _MAX_OPENINGS else None
        text = first[1][:_MAX_PAGE_CHARS] if first else ""
        context = document_context(row.id, row.title, text)
        if question.entry is not None or _is_of_kind(question, row, context, text):
            selected.append((row, context))
    bounded = selected[:MAX_DOCUMENTS]
    share = word_share(engine.snapshot, filter)
    matches = [
        match
        for row, context in bounded
        for match in _matches(engine, question, row, context, share)
    ]
    return _Survey(tuple(matches), len(bounded), len(selected))


def _is_of_kind(
    question: SurveyQuestion, row: DocumentRow, context: DocumentContext, text: str
) -> bool:
    """Whether name, title or first line say that it is of the kind, as the question narrows it."""
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    own = {w.key for w in content(words(f"{context.label} {first_line[:120]}"))}
    modifiers = set(predicate_keys(question.modifiers))
    return bool(own & question.names) and modifiers <= (own | context.keys)


def _matches(
    engine: Engine,
    question: SurveyQuestion,
    row: DocumentRow,
    context: DocumentContext,
    share: Callable[[str], float],
) -> Iterator[_Match]:
    pages = list(_pages(engine, row))
    if question.entry is not None:
        yield from _entries(question, row, context, pages)
        return
    keys = predicate_keys(question.predicate)
    on_date = _is_on_date(question.predicate, keys, context)
    if on_date is False:
        return
    if on_date or not keys or all(k in context.keys for k in keys):
        if pages and (units := answer_units(pages[0][1])):
            yield _Match(row, *pages[0], units[0])
        return
    weights = {k: 1 - share(k) for k in keys}
    best: tuple[float, int, _Match] | None = None
    for number, text in pages:
        for unit in answer_units(text):
            covered = _cover(keys, weights, unit, text, context)
            shorter = -(unit.end - unit.start)
            if covered >= _COVERED and (best is None or (covered, shorter) > best[:2]):
                best = covered, shorter, _Match(row, number, text, unit)
    if best is not None:
        yield best[2]


def _is_on_date(predicate: str, keys: tuple[str, ...], context: DocumentContext) -> bool | None:
    """Whether a dated document is of the date that is all of the predicate; None for another."""
    texts = [predicate[a:b] for a, b in values("date", predicate)]
    date_keys = {w.key for date in texts for w in words(date)}
    date = document_date(context.label)
    if not texts or date is None or not set(keys) <= date_keys:
        return None
    year, month, day = date
    own = {str(year), MONTH_KEYS[month - 1], str(day)}
    return all(k in own for k in keys)


def _pages(engine: Engine, row: DocumentRow) -> Iterator[tuple[int, str]]:
    for number in range(1, _MAX_PAGES + 1):
        page = engine.snapshot.page(row.id, number)
        if page is None:
            return
        yield number, page[1][:_MAX_PAGE_CHARS]


def _cover(
    keys: tuple[str, ...],
    weights: dict[str, float],
    unit: AnswerUnit,
    text: str,
    context: DocumentContext,
) -> float:
    text_keys = {
        w.key for w in words(f"{unit.heading} {unit.presupposed} {text[unit.start : unit.end]}")
    }
    text_keys |= context.named(text_keys)
    total = sum(weights.values())
    weight_found = sum(weight for k, weight in weights.items() if is_mentioned(k, text_keys))
    # What the document says of itself is no news of a unit, but no unit need repeat it.
    weight_found += sum(
        0.9 * w for k, w in weights.items() if not is_mentioned(k, text_keys) and k in context.keys
    )
    own = any(is_mentioned(k, text_keys) for k in keys)
    return weight_found / total if own and total else 0.0


def is_mentioned(key: str, text_keys: AbstractSet[str]) -> bool:
    """Whether keys of a text have a word, one derived from it, or one of its sense."""
    if has_key(text_keys, key):
        return True
    return any(key in group and not group.isdisjoint(text_keys) for group in SYNONYMS)


def _entries(
    question: SurveyQuestion,
    row: DocumentRow,
    context: DocumentContext,
    pages: list[tuple[int, str]],
) -> Iterator[_Match]:
    """Lines that begin with the entry's name, of the person and the date that are named."""
    begins = re.compile(rf"\W*(?:{question.entry})s?\b\W*[:.–-]", re.IGNORECASE)
    wording = f"{question.modifiers} {question.predicate}"
    dates = [wording[a:b] for a, b in values("date", wording)]
    named = {w.key for w in content(words(question.modifiers)) if w.capital}
    named |= {w.key for w in content(words(question.predicate)) if w.capital}
    for date in dates:
        keys = {w.key for w in words(date)}
        named -= keys
        if not keys <= (context.keys | {w.key for w in words(context.label)}):
            return
    for number, text in pages:
        for unit in answer_units(text):
            own = text[unit.start : unit.end]
            if begins.match(own) and named <= ({w.key for w in words(own)} | context.keys):
                if named and not named & {w.key for w in words(own)}:
                    continue
                yield _Match(row, number, text, unit)


def _answer(question: str, survey_question: SurveyQuestion, survey: _Survey) -> Answer:
    citations, claims, lines = [], [], []
    for number, match in enumerate(survey.matches[:MAX_LISTED], 1):
        start, end = match.unit.start, match.unit.end
        end = min(end, start + _MAX_QUOTE_CHARS)
        quote = match.page[start:end]
        span = Span(match.document.id, match.page_number, start, end, quote)
        heading = (match.unit.heading,) if match.unit.heading else ()
        citations.append(Citation(number, span, heading, None, match.document.format))
        name = match.document.id.rsplit("/", 1)[-1]
        line = " ".join(quote.replace("**", "").split())
        lines.append(f"{name}: {line} [{number}]")
        claims.append(Claim(quote, (number,), "supported", 1.0, None, (span,)))
    count = len(survey.matches)
    text = "\n".join(lines)
    if count > MAX_LISTED:
        text += f"\nand {count - MAX_LISTED} more"
    noun = survey_question.kind if survey_question.entry is None else "document"
    is_complete = survey.read == survey.of_kind
    reason = f"{survey.read} of {survey.of_kind} documents of the kind “{noun}” read"
    if survey_question.purpose == "count":
        text = f"{count}:\n{text}"
    return Answer(
        question, text, True, EXTRACTIVE, tuple(citations), tuple(claims),
        reason=reason if survey_question.entry is None or not is_complete else None,
        grade="probable",
        short_text=str(count) if survey_question.purpose == "count" else None,
    )  # fmt: skip
