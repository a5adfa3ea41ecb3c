"""The answer that consists of the best units, word for word, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.answering.derived_amounts import derived_amount
from rag_infer.answering.derived_counts import derived_count
from rag_infer.answering.faq_replies import without_reply
from rag_infer.answering.labeled_values import LabeledAnswer
from rag_infer.answering.long_units import shortened
from rag_infer.answering.near_misses import SETTLED_PROBABILITY, contrasts
from rag_infer.answering.short_answers import short_answer
from rag_infer.cite.agreement import differ, is_read, short_words
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.own_language_units import repeats_in_another_language
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.localization import localized, message
from rag_infer.types import Answer, Citation, Claim, Hit, Span, Verdict, answered_grade

_MIN_RELATIVE_PROBABILITY = 0.6  # of the best sentence's probability
_MIN_RIVAL_COVERAGE = 0.5  # of the question's words, near each of two that disagree
_MAX_QUOTES = 3
_MAX_QUOTED_CHARS = 400  # all quotes of an answer together
_MIN_SHORT_PROBABILITY = 0.35
_COMPARABLE_KINDS = frozenset({"person", "time", "place", "number"})
_OLDER_VERSION = message("[1] is of the newest version of the document, [2] of an older one")
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|_{4,}|…{2,}")  # before the page of a contents line
_NOTE_MARK = re.compile(r"(?<=\s)[¹²³⁰⁴-⁹]{1,3}(?!\S)")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+", re.MULTILINE)
_QUESTION_WORD = r"\b(?:who|when|where|what|which|why|how(?: much| many| long)?)\b"
_PREPOSITION = r"(?:by|from|since|until|till|to|at|in|on|for|with)"
# "Who founded it and since when?": few words would answer half of it.
_TWO_QUESTIONS = re.compile(
    rf"{_QUESTION_WORD}.*\band (?:{_PREPOSITION} )?{_QUESTION_WORD}", re.IGNORECASE
)


def quotation(
    number: int, sentence: Sentence, verdict: Verdict, probability: float | None
) -> tuple[Citation, Claim]:
    """The citation of a unit under a number, and the claim that is its text.

    Args:
        number: Of the citation in the answer, from 1.
        sentence: The unit.
        verdict: What is claimed of the unit as an answer.
        probability: Of the verdict, 0 to 1; None where it was not judged.
    """
    span = _span(sentence, sentence.start, sentence.end)
    hit = sentence.hit
    citation = Citation(number, span, hit.chunk.heading_at(span.start), hit.page_label, hit.format)
    return citation, Claim(sentence.text, (number,), verdict, probability, None, (span,))


def is_list(sentence: Sentence) -> bool:
    """Whether a unit is a whole list, whose items stay on lines of their own."""
    return sentence.unit is not None and sentence.unit.kind == "list"


def plain_text(text: str, is_list: bool = False) -> str:
    """Without the marks of Markdown and, but in a list, without line breaks."""
    bare = _LEADERS.sub("…", _MARKS.sub("", text))
    return re.sub(r"\s*\n\s*", "\n", bare) if is_list else " ".join(bare.split())


def quoting_answer(
    question: str,
    result: AnswerabilityResult,
    hits: Sequence[Hit],
    older: Sequence[Sentence],
    labeled: LabeledAnswer | None = None,
) -> Answer:
    """The quoted units; ``older`` are what earlier versions of the document say instead.

    ``labeled`` is the best unit where its short answer is known.
    """
    citations = []
    claims = []
    rivals = () if older or labeled is not None else _disagreeing(result)
    best, short = result.ranked[0][0], None
    if labeled is not None:
        short = _span(best, *labeled.span)
    elif not rivals:
        short = _short(result, best)
    is_settled = short is not None and result.probability >= SETTLED_PROBABILITY
    # Beside a sure answer of a few words more sentences are noise, but to a question for several.
    if labeled is not None:
        quoted = [best, *([labeled.support] if labeled.support else [])]
    elif rivals:
        quoted = list(rivals)
    elif older:
        quoted = [best, older[0]]
    elif is_settled and not best.feature("asks_list"):
        quoted = [best]
    else:
        quoted = _likely_units(result)
    span = (
        None
        if short is None
        else (short.start - best.hit.chunk.start, short.end - best.hit.chunk.start)
    )
    quoted = [
        without_reply(result.profile, shortened(s, result.profile, span if s is best else None))
        for s in quoted
    ]
    for number, sentence in enumerate(quoted, 1):
        # Verbatim: what may be wrong is that it answers, which is the answer's probability.
        citation, claim = quotation(number, sentence, "supported", 1.0)
        citations.append(citation)
        claims.append(claim)
    text = " ".join(
        f"{plain_text(claim.text, is_list(unit))} [{claim.citations[0]}]"
        for claim, unit in zip(claims, quoted, strict=True)
    )
    amount = None
    if not rivals:
        amount = derived_amount(question, quoted[0].text)
        amount = amount or derived_count(question, quoted[0].text, quoted[0].unit)
    language = result.profile.language
    reason = localized(_OLDER_VERSION, language) if older else None
    if rivals:
        one, other = map(short_words, rivals)
        reason = localized(
            "the sources disagree: “{one}” [1] and “{other}” [2]", language, one=one, other=other
        )
    return Answer(
        question,
        text,
        True,
        "extractive",
        tuple(citations),
        tuple(claims),
        tuple(hits),
        reason=reason,
        probability=result.probability,
        short_answer=None if amount else short,
        short_text=amount or _without_note_mark(short),
        language=language,
        grade=answered_grade(result.probability),
    )


def _without_note_mark(short: Span | None) -> str | None:
    """The few words without the raised number of a footnote between them, if there is one."""
    if short is None:
        return None
    if not _NOTE_MARK.search(short.quote):
        return None
    return " ".join(_NOTE_MARK.sub("", short.quote).split()) or None


def _likely_units(result: AnswerabilityResult) -> list[Sentence]:
    best, probability = result.ranked[0]
    selected = [best]
    for sentence, own in result.ranked[1:_MAX_QUOTES]:
        length = sum(len(s.text) for s in selected) + len(sentence.text)
        overlaps = any(
            s.hit == sentence.hit and s.start < sentence.end and sentence.start < s.end
            for s in selected
        )
        is_copy = any(plain_text(s.text) == plain_text(sentence.text) for s in selected)
        repeats = repeats_in_another_language(sentence, best, result.profile.language)
        if (
            not (overlaps or is_copy or repeats)
            and own >= _MIN_RELATIVE_PROBABILITY * probability
            and length <= _MAX_QUOTED_CHARS
        ):
            selected.append(sentence)
    return selected


def _disagreeing(result: AnswerabilityResult) -> tuple[Sentence, ...]:
    """Two likely sentences of different documents in which the reader finds different answers.

    Only where answers can be compared: figures by their value, names by their words.
    """
    best, probability = result.ranked[0]
    if result.profile.kind not in _COMPARABLE_KINDS or not _tells(best):
        return ()
    for other, own in result.ranked[1:]:
        if own < _MIN_RELATIVE_PROBABILITY * probability:
            break
        other_document = other.hit.chunk.document_id != best.hit.chunk.document_id
        if (
            other_document
            and _tells(other)
            and differ(short_words(best), short_words(other))
            and _is_on_the_same(result, best, other)
            and not contrasts(result, other)
        ):
            return best, other
    return ()


def _is_on_the_same(result: AnswerabilityResult, best: Sentence, other: Sentence) -> bool:
    """Whether a unit has most words of the question that the best unit itself has.

    "Complaints are kept for two years" says nothing against what is said of recordings.
    """
    keys = result.profile.keys
    own = {w.key for w in content(words(best.text))} & set(keys)
    headings = " ".join((*other.hit.chunk.heading, other.setting, other.label))
    other_keys = {w.key for w in words(f"{other.text} {headings}")}
    if sum(has_key(other_keys, k) for k in keys) <= _MIN_RIVAL_COVERAGE * len(keys):
        return False
    shared = sum(has_key(other_keys, k) for k in own)
    return not own or shared > _MIN_RIVAL_COVERAGE * len(own)


def _tells(sentence: Sentence) -> bool:
    return is_read(sentence) and sentence.feature("near") >= _MIN_RIVAL_COVERAGE


def _short(result: AnswerabilityResult, best: Sentence) -> Span | None:
    if result.probability < _MIN_SHORT_PROBABILITY or _TWO_QUESTIONS.search(result.profile.text):
        return None
    span = short_answer(result.profile, best)
    return None if span is None else _span(best, *span)


def _span(sentence: Sentence, start: int, end: int) -> Span:
    chunk = sentence.hit.chunk
    return Span(
        chunk.document_id,
        chunk.page_number,
        chunk.start + start,
        chunk.start + end,
        chunk.text[start:end],
    )
