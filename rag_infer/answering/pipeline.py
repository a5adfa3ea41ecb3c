"""From a question to an answer: validate, compute or retrieve, then quote or generate."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer import tracing
from rag_infer.answering.conversational import conversational_answer
from rag_infer.answering.events import (
    AnswerEvent,
    StatusEvent,
    StreamEvent,
    TextEvent,
)
from rag_infer.answering.extractive_answerer import ExtractiveAnswerer
from rag_infer.answering.options import AnswerRequest
from rag_infer.answering.partial_index import in_part_of_index
from rag_infer.answering.previous_answer import valid_previous_answer
from rag_infer.cite.span_reader import load_early
from rag_infer.engine import Engine
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, TokenUsage
from rag_infer.retrieve import check_query_length
from rag_infer.types import Answer, Hit, Usage

if TYPE_CHECKING:
    from rag_infer.answering.generative import GenerativeAnswerer

_LONG_BLANK = re.compile(r"(\s\s)\s++")  # white space that says nothing
_NO_TOKENS = TokenUsage(0, 0)
DRY_RUN_REASON = "a dry run: nothing was generated or sent"


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The passages of a question, and how they were come by.

    Attributes:
        hits: The passages, best first.
        searches: Queries of further searches.
        rewritten_question: The question as a model made it standalone; None where it did not.
        rewriting: Tokens of that.
        seconds: Of the searches.
    """

    hits: tuple[Hit, ...]
    searches: tuple[str, ...] = ()
    rewritten_question: str | None = None
    rewriting: TokenUsage = _NO_TOKENS
    seconds: float = 0.0


def answer_question(engine: Engine, request: AnswerRequest) -> Answer:
    """Answers a question from an open index.

    Raises:
        InputError: The question is empty, or options exclude each other.
        ModelError: The model cannot be loaded or fails.
        ContextWindowError: The question does not fit the window of the model.
    """
    for event in stream_answer(engine, request):
        if isinstance(event, AnswerEvent):
            return event.answer
    raise AssertionError("a stream ends with its answer")


def stream_answer(engine: Engine, request: AnswerRequest) -> Iterator[StreamEvent]:
    """Events of answering a question; the last one is the answer. Raises as ``answer_question``."""
    request = checked_request(engine, request)
    started = time.perf_counter()
    with tracing.span("ask") as span:
        # A model that cannot be loaded should fail before anything else is done.
        answerer = yield from _answerer(engine, request)
        yield StatusEvent("searching")
        answer = answer_without_model(engine, request, answerer)
        if answer is not None:
            yield TextEvent(answer.text)
        else:
            retrieval = yield from retrieve_passages(engine, request, answerer)
            events = _answer_of(retrieval, request, answerer)
            if engine.shard_notes(started):
                events = in_part_of_index(events)
            answer = yield from events
        answer = with_totals(engine, request, answer, started)
        if span.is_recording:
            _trace_answer(span, answer)
    yield AnswerEvent(answer)


def _trace_answer(span: tracing.TraceSpan, answer: Answer) -> None:
    span.add(
        {
            "llm.model_name": answer.model,
            "rag.answered": answer.answered,
            "rag.grade": answer.grade,
            "rag.probability": answer.probability,
            "rag.citations": len(answer.citations),
            "rag.computed": bool(answer.tool_results),
        }
    )
    span.add_texts({"input.value": answer.question, "output.value": answer.text})


def load_schema(path: Path) -> Mapping[str, Any]:
    """The JSON schema in a file.

    Raises:
        InputError: The file is not a valid JSON schema.
        MissingDependencyError: The extra ``schema`` is not installed.
    """
    from rag_infer.generate import json_schema

    return json_schema.load_schema(path)


def checked_request(engine: Engine, request: AnswerRequest) -> AnswerRequest:
    """The request with its blanks shortened, once it is known to be one that can be answered."""
    _validate(request)
    request = replace(request, question=_LONG_BLANK.sub(r"\1", request.question))
    check_query_length(engine.embedder, request.question)
    return request


def _validate(request: AnswerRequest) -> None:
    if not request.question.strip():
        raise InputError("the question is empty", code="empty_question")
    if request.options.generation.schema is None:
        return
    if request.llm == EXTRACTIVE:
        raise InputError("a schema requires a language model", code="schema_needs_llm")
    if request.tools:
        raise InputError("a schema and tools exclude each other", code="schema_with_tools")


def _answerer(
    engine: Engine, request: AnswerRequest
) -> Generator[StreamEvent, None, ExtractiveAnswerer | GenerativeAnswerer]:
    if request.llm == EXTRACTIVE:
        if not request.options.dry_run:
            load_early()
        return ExtractiveAnswerer(engine, request)
    from rag_infer.answering.generative import GenerativeAnswerer

    if isinstance(request.llm, str):
        profiles = request.options.generation.model_profiles
        if not engine.has_generator(request.llm, profiles):
            yield StatusEvent("loading")
        generator = engine.generator(request.llm, profiles)
    else:
        generator = request.llm
    request = replace(request, previous_answer=valid_previous_answer(engine.snapshot, request))
    return GenerativeAnswerer(engine, generator, request)


def _quoting(
    engine: Engine, request: AnswerRequest, answerer: ExtractiveAnswerer | GenerativeAnswerer
) -> ExtractiveAnswerer:
    """What quotes answers, which has read the question already where it is the answerer."""
    if isinstance(answerer, ExtractiveAnswerer):
        return answerer
    return ExtractiveAnswerer(engine, request)


def answer_without_model(
    engine: Engine, request: AnswerRequest, answerer: ExtractiveAnswerer | GenerativeAnswerer
) -> Answer | None:
    """An answer that is computed or counted; None where passages are needed."""
    if not _may_compute(request):
        return None
    return (
        conversational_answer(engine, request)
        or _computed_answer(engine, request)
        or _quoting(engine, request, answerer).survey()
    )


def _may_compute(request: AnswerRequest) -> bool:
    options = request.options
    return options.compute and not options.dry_run and options.generation.schema is None


def _computed_answer(engine: Engine, request: AnswerRequest) -> Answer | None:
    from rag_infer.table_qa.answer import try_computed_answer

    return try_computed_answer(
        engine,
        request.question,
        request.filter,
        request.options.tool_limits,
        earlier=request.earlier_questions,
    )


def retrieve_passages(
    engine: Engine, request: AnswerRequest, answerer: ExtractiveAnswerer | GenerativeAnswerer
) -> Generator[StreamEvent, None, Retrieval]:
    """The passages of a question, with those of further searches where a model writes."""
    question = request.question
    rewritten, rewriting = None, _NO_TOKENS
    query = question
    if isinstance(answerer, ExtractiveAnswerer):
        query = answerer.search_question(question)
    else:
        rewritten, rewriting = answerer.rewrite_question(question)
    started = time.perf_counter()
    hits = engine.search(
        rewritten or query,
        answerer.top_k,
        filter=request.filter,
        reranker=request.options.retrieval.reranker,
        earlier=() if rewritten else request.earlier_questions,
    )
    searches: tuple[str, ...] = ()
    if not isinstance(answerer, ExtractiveAnswerer) and not request.options.dry_run:
        hits, searches = yield from answerer.fill_gaps(rewritten or query, hits)
    return Retrieval(tuple(hits), searches, rewritten, rewriting, time.perf_counter() - started)


def _answer_of(
    retrieval: Retrieval,
    request: AnswerRequest,
    answerer: ExtractiveAnswerer | GenerativeAnswerer,
) -> Generator[StreamEvent, None, Answer]:
    question, hits = request.question, retrieval.hits
    if request.options.dry_run:
        answer = replace(answerer.dry_run(question, hits), reason=DRY_RUN_REASON)
    else:
        yield StatusEvent("generating")
        if isinstance(answerer, ExtractiveAnswerer):
            with tracing.span("generate"):
                answer = yield from answerer.answer(question, hits)
        else:
            answer = yield from answerer.answer(question, hits)
    return with_retrieval(answer, retrieval, answerer)


def with_retrieval(
    answer: Answer, retrieval: Retrieval, answerer: ExtractiveAnswerer | GenerativeAnswerer
) -> Answer:
    """An answer with what its passages took, and what the model cost."""
    usage = replace(answer.usage, retrieval_s=retrieval.seconds)
    usage = _with_rewriting(usage, retrieval.rewriting)
    if not isinstance(answerer, ExtractiveAnswerer):
        usage = replace(usage, cost=answerer.cost(usage))
    return replace(
        answer,
        usage=usage,
        rewritten_question=retrieval.rewritten_question,
        searches=retrieval.searches or answer.searches,
    )


def with_totals(engine: Engine, request: AnswerRequest, answer: Answer, started: float) -> Answer:
    """An answer with what was left out of its search, and its seconds since ``started``."""
    notes = engine.shard_notes(started)
    if note := engine.as_of_note(request.filter):
        notes.append(note)
    answer = replace(answer, warnings=(*answer.warnings, *notes))
    usage = replace(answer.usage, total_s=time.perf_counter() - started)
    return replace(answer, usage=usage)


def _with_rewriting(usage: Usage, rewriting: TokenUsage) -> Usage:
    return replace(
        usage,
        prompt_tokens=usage.prompt_tokens + rewriting.prompt,
        output_tokens=usage.output_tokens + rewriting.output,
        cached_tokens=usage.cached_tokens + rewriting.cached,
    )
