"""An answer in two halves, for a model that is asked in between: the prompt, then its checked text.

Both halves together are what ``pipeline`` does at once, except that the model writes no search
queries of its own.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from rag_infer.answering.events import StreamEvent
from rag_infer.answering.generative import GenerativeAnswerer
from rag_infer.answering.options import AnswerRequest
from rag_infer.answering.pipeline import (
    Retrieval,
    answer_without_model,
    checked_request,
    retrieve_passages,
    with_retrieval,
    with_totals,
)
from rag_infer.engine import Engine
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE
from rag_infer.generate import Generator as Model
from rag_infer.generate.completed import CompletedGenerator, Completion, SilentGenerator
from rag_infer.types import Answer, ContextPlan

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class DeferredAnswer:
    """A prompt whose text is to come, with all that is needed to check that text.

    Attributes:
        model: The name of the model.
        context: The prompt and its passages.
        retrieval: How these were come by.
        window_note: What is to be said of the model's context window.
    """

    model: str
    context: ContextPlan
    retrieval: Retrieval
    window_note: str | None = None


def plan_answer(engine: Engine, request: AnswerRequest) -> Answer | DeferredAnswer:
    """The prompt of a question; the answer itself where no model is needed for it.

    Args:
        engine: The open index.
        request: The question, with a model.

    Raises:
        InputError: The question is empty, or there is no model.
        ModelError: The model cannot be loaded.
        ContextWindowError: The question does not fit the window of the model.
    """
    request = checked_request(engine, request)
    started = time.perf_counter()
    model = _model(engine, request)
    silent = SilentGenerator(model.name, model.window, model.template)
    answerer = GenerativeAnswerer(engine, silent, request)
    answer = answer_without_model(engine, request, answerer)
    if answer is None:
        retrieval = _result(retrieve_passages(engine, request, answerer))
        if retrieval.hits:
            context = answerer.context(request.question, retrieval.hits)
            note = getattr(model, "window_note", None)
            return DeferredAnswer(model.name, context, retrieval, note)
        declined = _result(answerer.answer(request.question, ()))
        answer = with_retrieval(declined, retrieval, answerer)
    return with_totals(engine, request, answer, started)


def complete_answer(
    engine: Engine, request: AnswerRequest, deferred: DeferredAnswer, completion: Completion
) -> Answer:
    """The answer of a text that a model wrote to a planned prompt, checked claim by claim.

    Args:
        engine: The open index.
        request: As it was for ``plan_answer``.
        deferred: What that returned.
        completion: The model's text.
    """
    request = checked_request(engine, request)
    started = time.perf_counter()
    model = CompletedGenerator(deferred.model, completion, deferred.window_note)
    answerer = GenerativeAnswerer(engine, model, request)
    retrieval = deferred.retrieval
    events = answerer.answer(request.question, retrieval.hits, deferred.context)
    answer = with_retrieval(_result(events), retrieval, answerer)
    answer = replace(answer, usage=replace(answer.usage, first_token_s=None))
    return with_totals(engine, request, answer, started)


def _model(engine: Engine, request: AnswerRequest) -> Model:
    if request.llm == EXTRACTIVE:
        raise InputError(
            "quotes need no model to be asked later", hint="name one", code="export_needs_llm"
        )
    if isinstance(request.llm, str):
        return engine.generator(request.llm, request.options.generation.model_profiles)
    return request.llm


def _result(events: Generator[StreamEvent, None, _Value]) -> _Value:
    """What a stream of events returns at its end."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            value: _Value = end.value
            return value
