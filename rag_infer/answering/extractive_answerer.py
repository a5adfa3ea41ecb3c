"""Answers in the documents' own words, made without a language model."""

from __future__ import annotations

import functools
from collections.abc import Generator, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from rag_infer.answering.comparison import comparison_answer
from rag_infer.answering.document_pages import page_answer
from rag_infer.answering.document_periods import document_period
from rag_infer.answering.document_subjects import subject_answer
from rag_infer.answering.document_survey import survey_answer
from rag_infer.answering.events import StreamEvent, TextEvent
from rag_infer.answering.extractive import QuestionReading, extract
from rag_infer.answering.further_search import answer_elsewhere, answer_parts
from rag_infer.answering.index_language import language_in_index
from rag_infer.answering.meeting_records import meeting_answer
from rag_infer.answering.named_documents import further_hits
from rag_infer.answering.options import AnswerRequest
from rag_infer.answering.page_breaks import join_over_pages
from rag_infer.answering.prose_comparison import prose_comparison
from rag_infer.answering.question_parts import question_parts
from rag_infer.answering.refusal_reasons import reason_without_answer
from rag_infer.answering.topic_requests import topic_answer
from rag_infer.cite.document_context import ContextOf, DocumentContext, document_context
from rag_infer.cite.question_normalization import normalize_question
from rag_infer.engine import Engine
from rag_infer.generate import EXTRACTIVE
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.tuning import Calibration
from rag_infer.languages import UNDETERMINED
from rag_infer.localization import localized
from rag_infer.retrieve import Filter, language_share, word_share
from rag_infer.retrieve.elliptical_questions import filled_questions
from rag_infer.retrieve.filters import exact_path
from rag_infer.retrieve.history_expansion import (
    context_dependence,
    refers_back,
    with_history_terms,
)
from rag_infer.retrieve.spelling import Correction, correct_spelling
from rag_infer.table_qa.table_documents import any_table
from rag_infer.types import Answer, Hit, Span, answered_grade

EXTRACTIVE_TOP_K = 8  # passages whose sentences are ranked
_MAX_CONTEXTS = 4096  # of an index, that are remembered
_ELLIPSIS_WEIGHT = 0.9  # of the whole question that an elliptical one stands for
_CONTEXT_READING_WEIGHT = 0.3  # of the reading after the turn before, beside the dependence


class ExtractiveAnswerer:
    """Quotes the sentences that answer a question, or declines."""

    name = EXTRACTIVE

    def __init__(self, engine: Engine, request: AnswerRequest) -> None:
        self._engine = engine
        self._request = request
        self._prepared = functools.cache(
            functools.partial(prepare_question, engine, filter=request.filter)
        )

    @property
    def top_k(self) -> int:
        """How many passages to retrieve."""
        return self._request.top_k or self._engine.tuning.top_k or EXTRACTIVE_TOP_K

    def dry_run(self, question: str, hits: Sequence[Hit]) -> Answer:
        """The hits alone."""
        return Answer(question, "", False, EXTRACTIVE, hits=tuple(hits))

    def answer(self, question: str, hits: Sequence[Hit]) -> Generator[StreamEvent, None, Answer]:
        """Yields the text and returns the answer.

        A question that depends on the one before is also read with its words: by itself it may be
        too short to be answered, and with them it may be about another subject
        (``benchmarks/follow_ups.py``).
        """
        answer = self.quotes(question, hits)
        limit = self._request.options.retrieval.further_searches
        if limit and len(question_parts(question)) > 1:
            answer = yield from answer_parts(
                question, answer, hits, self.quotes, self._search, limit
            )
        elif limit and not answer.answered and not self._request.history:
            share = word_share(self._engine.snapshot, self._request.filter)
            answer = yield from answer_elsewhere(
                question, answer, hits, self.quotes, self._search, limit, share
            )
        yield TextEvent(answer.text)
        return answer

    def _search(self, query: str, k: int) -> list[Hit]:
        return self._engine.search(self.search_question(query), k, filter=self._request.filter)

    def opinion(self, question: str, hits: Sequence[Hit]) -> Answer:
        """What quotes answer to a question that a model answers; each part of it by itself."""
        answer = self.quotes(question, hits)
        if len(question_parts(question)) < 2 or self._request.history:
            return answer
        limit = 0 if self._request.top_k else self._request.options.retrieval.further_searches
        parts = answer_parts(question, answer, hits, self.quotes, self._search, limit)
        while True:
            try:
                next(parts)  # the model's own searches were shown already
            except StopIteration as end:
                joined: Answer = end.value
                return joined

    def quotes(self, question: str, hits: Sequence[Hit]) -> Answer:
        """The answer in quotes, without events."""
        read, corrections = self._prepared(question)
        context_of = context_reader(self._engine)
        answer = (
            self._quotes_of_period(read, hits, context_of)
            or self._compared(read, hits, context_of)
            or self._extracted(read, hits, context_of)
        )
        if not answer.hits:
            reason = reason_without_answer(self._engine, self._request.filter, (), answer.language)
            answer = replace(answer, reason=reason)
        answer = join_over_pages(answer, self._page_of) if answer.answered else answer
        notes = tuple(
            localized("“{typed}” was read as “{word}”", answer.language, typed=c.typed, word=c.word)
            for c in corrections
        )
        return replace(answer, question=question, warnings=(*answer.warnings, *notes))

    def _compared(self, read: str, hits: Sequence[Hit], context_of: ContextOf) -> Answer | None:
        share = word_share(self._engine.snapshot, self._request.filter)
        return prose_comparison(read, hits, self._engine.embedder, share, context_of)

    def _extracted(
        self, read: str, hits: Sequence[Hit], context_of: ContextOf, *, is_alone: bool = False
    ) -> Answer:
        """The answer of passages, and of further ones in the documents that the question names."""
        filter = self._request.filter
        further = () if is_alone else further_hits(self._engine, read, hits, filter, context_of)
        calibration = self._engine.tuning.calibration
        least = self._request.options.min_confidence
        if least is not None and calibration is not None:
            least = calibration.fitted(least)
        answer = extract(
            read,
            [*hits, *further],
            self._engine.embedder,
            word_share(self._engine.snapshot, filter),
            alternative=contextual_reading(read, self._request.earlier_questions),
            threshold=least,
            fitted_threshold=None if calibration is None else calibration.threshold,
            context_of=context_of,
            page_text=self._page_text,
            row_answers=self._row_answers,
        )
        return answer if calibration is None else calibrated(answer, calibration)

    def _quotes_of_period(
        self, read: str, hits: Sequence[Hit], context_of: ContextOf
    ) -> Answer | None:
        """The answer of the documents of the period that the question names, if it names one."""
        filter = self._request.filter
        period = document_period(self._engine, read, hits, filter, context_of)
        if period is None:
            return None
        within = replace(filter, paths=tuple(map(exact_path, period.documents)))
        own = self._engine.search(read, EXTRACTIVE_TOP_K, filter=within)
        if not own:
            return None
        answer = self._extracted(read, own, context_of, is_alone=True)
        if not (answer.answered or period.is_strict):
            return None
        notes = () if period.note is None else (period.note,)
        return replace(answer, warnings=(*answer.warnings, *notes))

    def survey(self) -> Answer | None:
        """An answer from all documents of a kind or name, if the question asks for one."""
        if self._request.history:
            return None
        read = self.search_question(self._request.question)
        filter = self._request.filter
        answer = (
            page_answer(self._engine, read, filter)
            or subject_answer(self._engine, read, filter)
            or survey_answer(self._engine, read, filter)
            or comparison_answer(self._engine, read, filter, context_reader(self._engine))
            or meeting_answer(self._engine, read, filter)
            or topic_answer(self._engine, read, filter)
            or topic_answer(self._engine, self._request.question, filter)
        )
        return None if answer is None else replace(answer, question=self._request.question)

    def search_question(self, question: str) -> str:
        """The question as it is searched: without politeness, typing errors mended."""
        return self._prepared(question)[0]

    def _page_of(self, document_id: str, number: int) -> tuple[str, str | None] | None:
        page = self._engine.snapshot.page(document_id, number)
        return (page[1], page[0].label) if page else None

    def _row_answers(self, question: str, span: Span) -> bool:
        """Whether a span is in no table, or its rows can be the answer; a header is none."""
        filter = self._request.filter
        if not any_table(self._engine.snapshot, filter):
            return True
        from rag_infer.table_qa.index_tables import tables  # the parsers of cells take 40 ms
        from rag_infer.table_qa.meaning import likeness_of
        from rag_infer.table_qa.quoted_rows import is_header, may_answer, rows_at

        neighbors = tables(self._engine.snapshot, filter, {span.document_id})
        rows = rows_at(neighbors, span)
        if rows is None:
            return not is_header(neighbors, span)
        return may_answer(question, *rows, likeness_of(self._engine.embedder))

    def _page_text(self, hit: Hit) -> str:
        page = self._engine.snapshot.page(hit.document_id, hit.chunk.page_number)
        return page[1] if page else ""


def calibrated(answer: Answer, calibration: Calibration) -> Answer:
    """An answer with its probability, and its grade, as one's own questions have them."""
    if answer.probability is None:
        return answer
    probability = calibration.probability(answer.probability)
    grade = answer.grade
    if answer.answered:
        grade = answered_grade(probability)
    return replace(answer, probability=probability, grade=grade)


def contextual_reading(question: str, earlier: Sequence[str]) -> QuestionReading | None:
    """The question as it reads after the one before."""
    dependence = context_dependence(question)
    if not earlier or not dependence:
        return None
    whole = filled_questions([*earlier, question])[-1]
    if whole != question:
        return QuestionReading(whole, _ELLIPSIS_WEIGHT, is_whole=True)
    reading = with_history_terms(question, earlier[-1])
    weight = min(1.0, dependence + _CONTEXT_READING_WEIGHT)
    return QuestionReading(reading, weight, refers_back(question))


_contexts: WeakKeyDictionary[Snapshot, dict[str, DocumentContext]] = WeakKeyDictionary()


def context_reader(engine: Engine) -> ContextOf:
    """Reads what the documents of hits say of themselves, each once while they do not change."""
    snapshot = engine.snapshot
    contexts = _contexts.setdefault(snapshot, {})

    def context_of(hit: Hit) -> DocumentContext:
        document_id = hit.chunk.document_id
        context = contexts.get(document_id)
        if context is None:
            page = snapshot.page(document_id, 1)
            context = document_context(document_id, hit.title, page[1] if page else "")
            if len(contexts) >= _MAX_CONTEXTS:
                contexts.clear()
            contexts[document_id] = context
        return context

    return context_of


def prepare_question(
    engine: Engine, question: str, filter: Filter
) -> tuple[str, tuple[Correction, ...]]:
    """The question as it is read: without politeness, typing errors mended."""
    plain = normalize_question(question)
    language = language_in_index(engine.snapshot, plain, filter)
    is_known = language != UNDETERMINED
    return correct_spelling(
        plain,
        word_share(engine.snapshot, filter),
        lambda word: len(engine.embedder.offsets([word])[0]) == 1,
        language,
        language_share(engine.snapshot, filter, language) if is_known else None,
    )
