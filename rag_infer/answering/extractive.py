"""Answers made of the documents' own sentences, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_infer.answering.amendments import amendment
from rag_infer.answering.defined_terms import defined_value
from rag_infer.answering.form_fields import form_field
from rag_infer.answering.identifiers import (
    LABELED_PROBABILITY,
    holders_first,
    labeled_identifier,
)
from rag_infer.answering.labeled_values import LabeledAnswer
from rag_infer.answering.language_doubts import is_chance_likeness, is_doubtful
from rag_infer.answering.language_mismatch import language_mismatch
from rag_infer.answering.long_units import shortened
from rag_infer.answering.mail_sender import mail_sender
from rag_infer.answering.near_misses import (
    SETTLED_PROBABILITY,
    absent_words,
    asks_for_what_is_there,
    without_contrast,
)
from rag_infer.answering.nearest_unit import nearest_unit
from rag_infer.answering.refusal_reasons import (
    NO_ANSWERING_PASSAGE,
    NO_PASSAGE,
    NO_SURE_PASSAGE,
)
from rag_infer.answering.role_holders import bracketed_answer
from rag_infer.answering.section_lists import PROBABILITY as LIST_PROBABILITY
from rag_infer.answering.section_lists import SectionList, section_list
from rag_infer.answering.subject_contrasts import names_other_subject
from rag_infer.answering.unit_preference import preferred
from rag_infer.answering.unit_quotation import is_list, plain_text, quotation, quoting_answer
from rag_infer.answering.versions import newest_first, superseded
from rag_infer.cite.answerability import (
    AnswerabilityResult,
    judge,
)
from rag_infer.cite.document_context import ContextOf, title_context
from rag_infer.cite.pronoun_sentences import prefer_followers
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import words
from rag_infer.embed import Embedder
from rag_infer.localization import localized, message
from rag_infer.retrieve import is_unknown
from rag_infer.types import Answer, Hit, Span, answered_grade

UNANSWERED_TEXT = message("The documents do not answer this.")
_MIN_COVERAGE = 0.5  # of the question's words, near a unit on its subject
_UNSURE_PROBABILITY = 0.55  # at most, of an answer whose subject may be another one
_ON_SUBJECT_COSINE = 0.35  # of a passage that may be shown as the nearest
_AMENDED = message("[1] is newer and changes what [2] says")


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
    fitted_threshold: float | None = None,
    context_of: ContextOf = title_context,
    page_text: Callable[[Hit], str] = lambda hit: hit.chunk.text,
    row_answers: Callable[[str, Span], bool] = lambda question, span: True,
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
        fitted_threshold: In place of the fitted one, where no ``threshold`` is set.
        context_of: What the document of a hit says of itself.
        page_text: The text of a hit's page, in which names and dates of the question may stand.
        row_answers: Whether a question can be answered by what stands at a place, if that is a
            row of a table.

    Returns:
        An answer of one of four grades. ``nearest`` and ``none`` count as not answered.
    """
    result = alone = judge(question, hits, embedder, share, context_of)
    read = question
    stands_alone = alternative is not None and not alternative.refers_back
    if stands_alone and result.probability >= SETTLED_PROBABILITY:
        alternative = None
    if alternative is not None:
        other = judge(alternative.question, hits, embedder, share, context_of)
        mean = (1 - alternative.weight) * result.probability
        mean += alternative.weight * other.probability
        if other.probability > result.probability:
            result, read = other, alternative.question
        result = replace(result, probability=mean)
    if not result.ranked and (labeled := form_field(result, hits, context_of)) is not None:
        return quoting_answer(question, _with_first(result, labeled.sentence), hits, (), labeled)
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
        result = _with_first(result, labeled.sentence)
    elif (listed := section_list(result, hits, context_of)) is not None:
        return _list_answer(question, result, hits, listed)
    absent = () if alternative is not None else absent_words(result, context_of, page_text)
    is_sure = labeled is not None or (not absent and asks_for_what_is_there(result))
    if (labeled is None and is_chance_likeness(result, embedder)) or (
        result.ranked[0][0].is_translation
        and language_mismatch(result.profile.language, hits, embedder)
    ):
        is_sure = False  # the few words that two languages share say nothing
    fitted = result.threshold if fitted_threshold is None else fitted_threshold
    if result.probability < (fitted if threshold is None else threshold) or (
        threshold is None
        and not (is_sure and (labeled is not None or _may_be_row(read, result, row_answers)))
    ):
        # What is nearest to a question that can stand alone is not what was spoken of before.
        closest = alone if stands_alone and alone.ranked else result
        nearest = _nearest(question, closest, hits, absent, share)
        mismatch = language_mismatch(result.profile.language, hits, embedder)
        return nearest if mismatch is None else replace(nearest, reason=mismatch)
    amended_reason: str | None = None
    older: Sequence[Sentence] | None = None if labeled is None else ()
    if labeled is None and (change := amendment(result, context_of)) is not None:
        result = _with_first(result, change.sentence, 0.0)
        amended_reason = localized(_AMENDED, result.profile.language)
        if change.span is not None:
            labeled = LabeledAnswer(change.sentence, change.span, change.former)
        older = (change.former,)
    elif labeled is None and (labeled := defined_value(result, hits, context_of)) is not None:
        result = _with_first(result, labeled.sentence, 0.0)
    is_guess = labeled is None and (names_other_subject(result) or is_doubtful(result))
    if is_guess:
        result = replace(result, probability=min(result.probability, _UNSURE_PROBABILITY))
    if older is None:
        older = superseded(result, context_of) if labeled is None else ()
    answer = quoting_answer(question, result, hits, older, labeled)
    answer = replace(answer, reason=amended_reason or answer.reason)
    # What "and for the full year?" asks for is in the turn before: its few words would be a guess.
    is_guess |= read != question and not (alternative is not None and alternative.is_whole)
    return replace(answer, short_answer=None, short_text=None) if is_guess else answer


def _may_be_row(
    question: str, result: AnswerabilityResult, row_answers: Callable[[str, Span], bool]
) -> bool:
    """Whether the best unit is no row of a table, or one that has what is asked."""
    if not result.profile.is_english:
        return True  # the words that choose nothing are known of English
    best = result.ranked[0][0]
    chunk = best.hit.chunk
    start, end = chunk.start + best.start, chunk.start + best.end
    span = Span(chunk.document_id, chunk.page_number, start, end, chunk.text[best.start : best.end])
    return row_answers(question, span)


def _list_answer(
    question: str, result: AnswerabilityResult, hits: Sequence[Hit], listed: SectionList
) -> Answer:
    probability = max(result.probability, LIST_PROBABILITY)
    language = result.profile.language
    count = None
    if listed.count is not None:
        count = localized("{count} (counted in the list)", language, count=listed.count)
    citation, claim = quotation(1, listed.sentence, "supported", 1.0)
    return Answer(
        question,
        f"{plain_text(claim.text, is_list(listed.sentence))} [1]",
        True,
        "extractive",
        (citation,),
        (claim,),
        tuple(hits),
        probability=probability,
        short_text=count,
        language=language,
        grade=answered_grade(probability),
    )


def _with_first(
    result: AnswerabilityResult, sentence: Sentence, least: float = LABELED_PROBABILITY
) -> AnswerabilityResult:
    others = tuple(p for p in result.ranked if p[0] is not sentence)
    probability = max(result.probability, least)
    return replace(result, ranked=((sentence, probability), *others), probability=probability)


def _nearest(
    question: str,
    result: AnswerabilityResult,
    hits: Sequence[Hit],
    absent: Sequence[str],
    share: Callable[[str], float],
) -> Answer:
    """The best unit, shown for what it is; a refusal where even that is on another subject."""
    best, language = nearest_unit(result, hits), result.profile.language
    nowhere = [w for w in absent if is_unknown(share, w)]
    near = max(s.hit.dense or 0.0 for s, _ in result.ranked)
    own = {w.key for w in words(best.text)}
    is_named = any(k in own for k in result.profile.keys)
    near = max(near, best.feature("sentence_cosine") if is_named else 0.0)
    if near <= _ON_SUBJECT_COSINE and best.feature("near") < _MIN_COVERAGE:
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
    citation, claim = quotation(1, shortened(best, result.profile, None), "unchecked", None)
    return Answer(
        question,
        localized(
            "No clear answer. The closest passage says: {quote} [1]",
            language,
            quote=plain_text(claim.text, is_list(best)),
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
