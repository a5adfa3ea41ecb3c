"""From a question to an answer: retrieve, then quote (extractive) or generate, then cite."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.answering.options import AskOptions
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Generator, TokenUsage
from rag_infer.retrieve import word_share
from rag_infer.retrieve.history_expansion import context_dependence, with_history_terms
from rag_infer.types import Answer, ContextPlan, Hit, Usage

if TYPE_CHECKING:
    from rag_infer.engine import Engine
    from rag_infer.tools import Tool

_CONTEXTUAL_WEIGHT = 0.3  # added to how context-dependent a follow-up question is
EXTRACTIVE_TOP_K = 5  # passages whose sentences are candidates for an extractive answer


def answer_question(engine: Engine, question: str, options: AskOptions) -> Answer:
    """Answers a question from an open index.

    Raises InputError, ModelError, ContextError, and what ``Engine.search`` raises.
    """
    if not question.strip():
        raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
    start = time.perf_counter()
    # A model that cannot be had should fail before anything else is done.
    generator = _generator(engine, options)
    if options.schema is not None and generator is None:
        raise InputError("answers by a schema are written by a model", hint="choose one with --llm")
    if options.schema is not None and options.tools:
        raise InputError("an answer by a schema cannot ask tools", hint="leave --tool out")
    if generator is None and not options.dry_run:
        from rag_infer.table_qa.answer import try_computed_answer

        is_follow_up = bool(options.history)
        answer = try_computed_answer(
            engine, question, options.filter, options.tool_limits, follows=is_follow_up
        )
        if answer is not None:
            return replace(answer, usage=Usage(total_s=time.perf_counter() - start))
    options = replace(options, previous_answer=_valid_previous_answer(engine, options))
    tools: list[Tool] = []
    if generator is not None and options.tools:
        from rag_infer.answering.tool_registry import bind_tools

        tools = bind_tools(engine, options.filter, options.tools)
    top_k = options.top_k or (
        EXTRACTIVE_TOP_K if generator is None else _candidates(generator, options)
    )
    earlier_questions = [turn["content"] for turn in options.history if turn["role"] == "user"]
    rewritten, rewrite_usage = _rewrite_question(
        question, earlier_questions, generator, options, tools
    )
    search_start = time.perf_counter()
    hits = engine.search(
        rewritten or question,
        top_k,
        filter=options.filter,
        reranker=options.reranker,
        earlier=() if rewritten else earlier_questions,
    )
    retrieval_s = time.perf_counter() - search_start
    if options.dry_run:
        answer = _dry_run_answer(question, hits, generator, options, tools)
    elif generator is None:
        answer = _extractive_answer(engine, question, earlier_questions, hits, options)
    else:
        from rag_infer.answering.generative import generate_answer

        answer = generate_answer(engine, question, hits, generator, options, tools)
    usage = replace(
        answer.usage,
        retrieval_s=retrieval_s,
        total_s=time.perf_counter() - start,
        prompt_tokens=answer.usage.prompt_tokens + rewrite_usage.prompt,
        output_tokens=answer.usage.output_tokens + rewrite_usage.output,
        cached_tokens=answer.usage.cached_tokens + rewrite_usage.cached,
    )
    if generator is not None:
        from rag_infer.answering.generative import cost

        usage = replace(usage, cost=cost(usage, options))
    return replace(answer, usage=usage, rewritten_question=rewritten)


def _extractive_answer(
    engine: Engine,
    question: str,
    earlier_questions: Sequence[str],
    hits: Sequence[Hit],
    options: AskOptions,
) -> Answer:
    """An answer in the documents' own words.

    A question that leans on the one before is read with its words as well: alone it may be too bare
    to be answered, and with them it may be about another subject (``benchmarks/follow_ups.py``).
    """
    from rag_infer.answering.extractive import extract

    document_frequency = word_share(engine.snapshot, options.filter)
    contextual_reading = _contextual_reading(question, earlier_questions)
    answer = extract(
        question,
        hits,
        engine.embedder,
        document_frequency,
        after=contextual_reading,
        threshold=options.min_confidence,
    )
    return replace(answer, question=question)


def _contextual_reading(
    question: str, earlier_questions: Sequence[str]
) -> tuple[str, float] | None:
    """The question as it is read after the one before, and how much that reading counts."""
    dependence = context_dependence(question)
    if not earlier_questions or not dependence:
        return None
    return with_history_terms(question, earlier_questions[-1]), min(
        1.0, dependence + _CONTEXTUAL_WEIGHT
    )


def _rewrite_question(
    question: str,
    earlier_questions: Sequence[str],
    generator: Generator | None,
    options: AskOptions,
    tools: Sequence[Tool],
) -> tuple[str | None, TokenUsage]:
    """A follow-up question as the model writes it to stand alone, and what that cost."""
    if generator is None or not options.rewrite or options.dry_run or not earlier_questions:
        return None, TokenUsage(0, 0)
    if not context_dependence(question):
        return None, TokenUsage(0, 0)  # it stands alone already: nobody has to wait for that
    from rag_infer.answering.generative import build_plan
    from rag_infer.answering.query_rewriting import rewrite_standalone

    def plan_without_passages(text: str, reserve: int) -> ContextPlan:
        rewrite_options = replace(options, max_tokens=reserve, reserve_followups=False)
        return build_plan(text, (), generator, rewrite_options, tools)

    return rewrite_standalone(
        generator, question, options.history, plan_without_passages, options.should_stop
    )


def _valid_previous_answer(engine: Engine, options: AskOptions) -> Answer | None:
    """The answer before, if all that its prompt shows is still readable for the user.

    Documents change while a conversation goes on, and so may what somebody may read.
    """
    previous = options.previous_answer
    if previous is None or previous.context is None:
        return None
    hits = [passage.hit for passage in previous.context.passages]
    hits += [hit for result in previous.context.tool_results for hit in result.source.hits]
    document_ids = {
        document_id
        for result in previous.context.tool_results
        for document_id in result.source.documents
    }
    document_ids |= {hit.chunk.document_id for hit in hits}
    from rag_infer.retrieve.document_access import document

    try:
        for document_id in document_ids:
            document(engine.snapshot, document_id, options.filter)
    except InputError:
        return None
    for chunk in (hit.chunk for hit in hits):
        page = engine.snapshot.page(chunk.document_id, chunk.page_number)
        if page is None or page[1][chunk.start : chunk.end] != chunk.text:
            return None
    return previous


def _candidates(generator: Generator, options: AskOptions) -> int:
    from rag_infer.answering.generative import budget

    return budget(generator, options).candidates


def load_schema(path: Path) -> Mapping[str, Any]:
    """The JSON schema in a file. Raises InputError when it is none, MissingExtraError."""
    from rag_infer.generate import json_schema

    return json_schema.load_schema(path)


def _generator(engine: Engine, options: AskOptions) -> Generator | None:
    llm = options.llm
    if not isinstance(llm, str):
        return llm
    return None if llm == EXTRACTIVE else engine.generator(llm, options.model_profiles)


def _dry_run_answer(
    question: str,
    hits: Sequence[Hit],
    generator: Generator | None,
    options: AskOptions,
    tools: Sequence[Tool],
) -> Answer:
    """All that comes before an answer: what was retrieved and, for a model, the plan."""
    context = None
    if generator is not None:
        from rag_infer.answering.generative import build_plan

        context = build_plan(question, hits, generator, options, tools)
    return Answer(
        question=question,
        text="",
        answered=False,
        model=EXTRACTIVE if generator is None else generator.name,
        hits=tuple(hits),
        reason="a dry run: nothing was generated or sent",
        context=context,
    )
