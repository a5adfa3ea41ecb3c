"""Answers made of the documents' own sentences, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_infer.answering.amendments import amendment
from rag_infer.answering.defined_terms import defined_value
from rag_infer.answering.derived_amounts import derived_amount
from rag_infer.answering.derived_counts import derived_count
from rag_infer.answering.form_fields import form_field
from rag_infer.answering.identifiers import (
    LABELED_PROBABILITY,
    holders_first,
    labeled_identifier,
)
from rag_infer.answering.labeled_values import LabeledAnswer
from rag_infer.answering.language_mismatch import language_mismatch
from rag_infer.answering.long_units import shortened
from rag_infer.answering.mail_sender import mail_sender
from rag_infer.answering.near_misses import (
    CONFIDENT_PROBABILITY,
    absent_words,
    asks_for_what_is_there,
    contrasts,
    without_contrast,
)
from rag_infer.answering.refusal_reasons import (
    NO_ANSWERING_PASSAGE,
    NO_PASSAGE,
    NO_SURE_PASSAGE,
)
from rag_infer.answering.role_holders import bracketed_answer
from rag_infer.answering.section_lists import PROBABILITY as LIST_PROBABILITY
from rag_infer.answering.section_lists import SectionList, section_list
from rag_infer.answering.short_answers import short_answer
from rag_infer.answering.subject_contrasts import names_other_subject
from rag_infer.answering.unit_preference import preferred
from rag_infer.answering.versions import newest_first, superseded
from rag_infer.cite.agreement import differ, is_read, short_words
from rag_infer.cite.answerability import (
    AnswerabilityResult,
    judge,
)
from rag_infer.cite.document_context import ContextOf, title_context
from rag_infer.cite.pronoun_sentences import prefer_followers
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, has_key, words
from rag_infer.embed import Embedder
from rag_infer.localization import localized, message
from rag_infer.retrieve import is_unknown
from rag_infer.types import Answer, Citation, Claim, Hit, Span, Verdict

UNANSWERED_TEXT = message("The documents do not answer this.")
_MAX_QUOTES = 3
_MIN_RELATIVE_PROBABILITY = 0.6  # of the best sentence's probability
_MAX_QUOTED_CHARS = 400  # all quotes of an answer together
_MIN_RIVAL_COVERAGE = 0.5  # of the question's words, near each of two that disagree
_MIN_SHORT_PROBABILITY = 0.35
_UNSURE_PROBABILITY = 0.55  # at most, of an answer whose subject may be another one
_ON_SUBJECT_COSINE = 0.35  # of a passage that may be shown as the nearest
_COMPARABLE_KINDS = frozenset({"person", "time", "place", "number"})
_OLDER_VERSION = message("[1] is of the newest version of the document, [2] of an older one")
_AMENDED = message("[1] is newer and changes what [2] says")
_QUESTION_WORD = r"\b(?:who|when|where|what|which|why|how(?: much| many| long)?)\b"
# "Who founded it and when?": few words would answer half of it.
_TWO_QUESTIONS = re.compile(rf"{_QUESTION_WORD}.*\band {_QUESTION_WORD}", re.IGNORECASE)
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|_{4,}|…{2,}")  # before the page of a contents line
_NOTE_MARK = re.compile(r"(?<=\s)[¹²³⁰⁴-⁹]{1,3}(?!\S)")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class QuestionReading:
    """Another way to read a question that leaves something unsaid, and its weight, 0 to 1.

    A question that does not refer back may be read alone where that reading is sure. A reading is
    whole if it says all that is asked, so that its few words of an answer are no guess.
    """

    question: str
    weight: float
    refers_back: bool = True
    is_whole: bool = False


def extract(
    question: str,
    hits: Sequence[Hit],
    embedder: Embedder,
    share: Callable[[str], float],
    *,
    alternative: QuestionReading | None = None,
    threshold: float | None = None,
    context_of: ContextOf = title_context,
    page_text: Callable[[Hit], str] = lambda hit: hit.chunk.text,
) -> Answer:
    """The units of ``hits`` that answer, word for word, or a refusal with its reason.

    Args:
        question: As it is read.
        hits: The passages, best first.
        embedder: Embeds question and units.
        share: The share of all passages that hold a word.
        alternative: The weighed mean of its probability and the question's decides, and the surer
            one's units are quoted.
        threshold: Probability of being right from which on an answer is given; the fitted one if
            None.
        context_of: What the document of a hit says of itself.
        page_text: The text of a hit's page, in which names and dates of the question may stand.

    Returns:
        An answer of one of four grades. ``nearest`` and ``none`` count as not answered.
    """
    result = alone = judge(question, hits, embedder, share, context_of)
    read = question
    stands_alone = alternative is not None and not alternative.refers_back
    if stands_alone and result.probability >= CONFIDENT_PROBABILITY:
        alternative = None
    if alternative is not None:
        other = judge(alternative.question, hits, embedder, share, context_of)
        mean = (1 - alternative.weight) * result.probability
        mean += alternative.weight * other.probability
        if other.probability > result.probability:
            result, read = other, alternative.question
        result = replace(result, probability=mean)
    if not result.ranked and (labeled := form_field(result, hits, context_of)) is not None:
        return _answer(question, _with_first(result, labeled), hits, (), labeled)
    if not result.ranked:
        language = result.profile.language
        reason = language_mismatch(language, hits, embedder) or NO_ANSWERING_PASSAGE
        return _refusal(question, hits, reason if hits else NO_PASSAGE, language)
    result = without_contrast(preferred(result))
    result = holders_first(prefer_followers(newest_first(result, context_of)))
    labeled = (
        labeled_identifier(result, hits, context_of)
        or form_field(result, hits, context_of)
        or mail_sender(result, context_of)
        or bracketed_answer(result, hits, context_of)
    )
    if labeled is not None:
        result = _with_first(result, labeled)
    elif (listed := section_list(result, hits, context_of)) is not None:
        return _list_answer(question, result, hits, listed)
    absent = () if alternative is not None else absent_words(result, context_of, page_text)
    is_sure = labeled is not None or (not absent and asks_for_what_is_there(result))
    if result.ranked[0][0].is_translation and language_mismatch(
        result.profile.language, hits, embedder
    ):
        is_sure = False  # the few words that two languages share say nothing
    if result.probability < (result.threshold if threshold is None else threshold) or (
        threshold is None and not is_sure
    ):
        # What is nearest to a question that can stand alone is not what was spoken of before.
        closest = alone if stands_alone and alone.ranked else result
        nearest = _nearest(question, closest, hits, absent, share)
        mismatch = language_mismatch(result.profile.language, hits, embedder)
        return nearest if mismatch is None else replace(nearest, reason=mismatch)
    amended_reason: str | None = None
    older: Sequence[Sentence] | None = None if labeled is None else ()
    if labeled is None and (change := amendment(result, context_of)) is not None:
        line = LabeledAnswer(change.sentence, change.span or (0, 0), change.former)
        result = _with_first(result, line, 0.0)
        amended_reason = localized(_AMENDED, result.profile.language)
        labeled = None if change.span is None else line
        older = (change.former,)
    elif labeled is None and (labeled := defined_value(result, hits, context_of)) is not None:
        result = _with_first(result, labeled, 0.0)
    is_guess = labeled is None and names_other_subject(result)
    if is_guess:
        result = replace(result, probability=min(result.probability, _UNSURE_PROBABILITY))
    if older is None:
        older = superseded(result, context_of) if labeled is None else ()
    answer = _answer(question, result, hits, older, labeled)
    answer = replace(answer, reason=amended_reason or answer.reason)
    # What "and for the full year?" asks for is in the turn before: its few words would be a guess.
    is_guess |= read != question and not (alternative is not None and alternative.is_whole)
    return replace(answer, short_answer=None, short_text=None) if is_guess else answer


def _list_answer(
    question: str, result: AnswerabilityResult, hits: Sequence[Hit], listed: SectionList
) -> Answer:
    probability = max(result.probability, LIST_PROBABILITY)
    language = result.profile.language
    count = None
    if listed.count is not None:
        count = localized("{count} (counted in the list)", language, count=listed.count)
    citation, claim = _quote(1, listed.sentence, "supported", 1.0)
    return Answer(
        question,
        f"{_plain(claim.text, _is_list(listed.sentence))} [1]",
        True,
        "extractive",
        (citation,),
        (claim,),
        tuple(hits),
        probability=probability,
        short_text=count,
        language=language,
        grade="confident" if probability >= CONFIDENT_PROBABILITY else "probable",
    )


def _with_first(
    result: AnswerabilityResult, line: LabeledAnswer, least: float = LABELED_PROBABILITY
) -> AnswerabilityResult:
    others = tuple(p for p in result.ranked if p[0] is not line.sentence)
    probability = max(result.probability, least)
    return replace(result, ranked=((line.sentence, probability), *others), probability=probability)


def _nearest(
    question: str,
    result: AnswerabilityResult,
    hits: Sequence[Hit],
    absent: Sequence[str],
    share: Callable[[str], float],
) -> Answer:
    """The best unit, shown for what it is; a refusal where even that is on another subject."""
    best, language = result.ranked[0][0], result.profile.language
    nowhere = [w for w in absent if is_unknown(share, w)]
    near = max(s.hit.dense or 0.0 for s, _ in result.ranked)
    own = {w.key for w in words(best.text)}
    is_named = any(k in own for k in result.profile.keys)
    near = max(near, best.feature("sentence_cosine") if is_named else 0.0)
    if near <= _ON_SUBJECT_COSINE and best.feature("near") < _MIN_RIVAL_COVERAGE:
        reason = _not_mentioned(nowhere, language) if nowhere else NO_ANSWERING_PASSAGE
        refusal = _refusal(question, hits, reason, language)
        return replace(refusal, probability=result.probability)
    if nowhere:
        reason = _not_mentioned(nowhere, language)
    elif absent:
        names = " ".join(absent)
        reason = localized("“{names}” is not mentioned there", language, names=names)
    else:
        reason = localized(NO_SURE_PASSAGE, language)
    citation, claim = _quote(1, shortened(best, result.profile, None), "unchecked", None)
    return Answer(
        question,
        localized(
            "No clear answer. The closest passage says: {quote} [1]",
            language,
            quote=_plain(claim.text, _is_list(best)),
        ),
        False,
        "extractive",
        (citation,),
        (claim,),
        tuple(hits),
        reason=reason,
        probability=result.probability,
        grade="nearest",
        language=language,
    )


def _not_mentioned(absent: Sequence[str], language: str) -> str:
    names = " ".join(absent)
    return localized("“{names}” is not mentioned in the documents", language, names=names)


def _quote(
    number: int, sentence: Sentence, verdict: Verdict, probability: float | None
) -> tuple[Citation, Claim]:
    span = _span(sentence, sentence.start, sentence.end)
    hit = sentence.hit
    citation = Citation(number, span, hit.chunk.heading_at(span.start), hit.page_label, hit.format)
    return citation, Claim(sentence.text, (number,), verdict, probability, None, (span,))


def _is_list(sentence: Sentence) -> bool:
    return sentence.unit is not None and sentence.unit.kind == "list"


def _plain(text: str, is_list: bool = False) -> str:
    """Without the marks of Markdown and, but in a list, without line breaks."""
    bare = _LEADERS.sub("…", _MARKS.sub("", text))
    return re.sub(r"\s*\n\s*", "\n", bare) if is_list else " ".join(bare.split())


def _answer(
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
    is_settled = short is not None and result.probability >= CONFIDENT_PROBABILITY
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
        quoted = _chosen(result)
    span = (
        None
        if short is None
        else (short.start - best.hit.chunk.start, short.end - best.hit.chunk.start)
    )
    quoted = [shortened(s, result.profile, span if s is best else None) for s in quoted]
    for number, sentence in enumerate(quoted, 1):
        # Verbatim: what may be wrong is that it answers, which is the answer's probability.
        citation, claim = _quote(number, sentence, "supported", 1.0)
        citations.append(citation)
        claims.append(claim)
    text = " ".join(
        f"{_plain(claim.text, _is_list(unit))} [{claim.citations[0]}]"
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
        grade="confident" if result.probability >= CONFIDENT_PROBABILITY else "probable",
    )


def _without_note_mark(short: Span | None) -> str | None:
    """The few words without the raised number of a footnote between them, if there is one."""
    if short is None:
        return None
    if not _NOTE_MARK.search(short.quote):
        return None
    return " ".join(_NOTE_MARK.sub("", short.quote).split()) or None


def _chosen(result: AnswerabilityResult) -> list[Sentence]:
    best, probability = result.ranked[0]
    selected = [best]
    for sentence, own in result.ranked[1:_MAX_QUOTES]:
        length = sum(len(s.text) for s in selected) + len(sentence.text)
        overlaps = any(
            s.hit == sentence.hit and s.start < sentence.end and sentence.start < s.end
            for s in selected
        )
        is_copy = any(_plain(s.text) == _plain(sentence.text) for s in selected)
        if (
            not (overlaps or is_copy)
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


def _refusal(question: str, hits: Sequence[Hit], reason: str, language: str) -> Answer:
    return Answer(
        question,
        localized(UNANSWERED_TEXT, language),
        False,
        "extractive",
        hits=tuple(hits),
        reason=localized(reason, language),
        grade="none",
        language=language,
    )
