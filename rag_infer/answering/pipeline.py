"""From a question to an answer: retrieve, plan, write, cite.

Knows: the order of the steps, and which of the two ways an answer is made (quoted or written).
Does not know: how any step is done, how an answer is shown.
"""

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

_AFTER = 0.3  # of weight to the reading after the turn before, beside how far a question leans
QUOTED_FROM = 5  # passages whose sentences are weighed when answers are quotes


def answer_question(engine: Engine, question: str, options: AskOptions) -> Answer:
    """Answers a question from an open index.

    Raises InputError, ModelError, ContextError, and what ``Engine.search`` raises.
    """
    if not question.strip():
        raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
    began = time.perf_counter()
    # A model that cannot be had should fail before anything else is done.
    generator = _generator(engine, options)
    if options.schema is not None and generator is None:
        raise InputError("answers by a schema are written by a model", hint="choose one with --llm")
    if options.schema is not None and options.tools:
        raise InputError("an answer by a schema cannot ask tools", hint="leave --tool out")
    if generator is None and not options.dry_run:
        from rag_infer.table_qa.answer import try_computed_answer

        follows = bool(options.history)
        found = try_computed_answer(
            engine, question, options.filter, options.tool_limits, follows=follows
        )
        if found is not None:
            return replace(found, usage=Usage(total_s=time.perf_counter() - began))
    options = replace(options, previous_answer=_valid_previous_answer(engine, options))
    tools: list[Tool] = []
    if generator is not None and options.tools:
        from rag_infer.answering.tool_registry import bind_tools

        tools = bind_tools(engine, options.filter, options.tools)
    k = options.top_k or (QUOTED_FROM if generator is None else _candidates(generator, options))
    earlier = [turn["content"] for turn in options.history if turn["role"] == "user"]
    anew, spent = _rewrite_question(question, earlier, generator, options, tools)
    asked_at = time.perf_counter()
    hits = engine.search(
        anew or question,
        k,
        filter=options.filter,
        reranker=options.reranker,
        earlier=() if anew else earlier,
    )
    retrieved = time.perf_counter() - asked_at
    if options.dry_run:
        found = _dry_run_answer(question, hits, generator, options, tools)
    elif generator is None:
        found = _extractive_answer(engine, question, earlier, hits, options)
    else:
        from rag_infer.answering.generative import generate_answer

        found = generate_answer(engine, question, hits, generator, options, tools)
    usage = replace(
        found.usage,
        retrieval_s=retrieved,
        total_s=time.perf_counter() - began,
        prompt_tokens=found.usage.prompt_tokens + spent.prompt,
        output_tokens=found.usage.output_tokens + spent.output,
        cached_tokens=found.usage.cached_tokens + spent.cached,
    )
    if generator is not None:
        from rag_infer.answering.generative import cost

        usage = replace(usage, cost=cost(usage, options))
    return replace(found, usage=usage, rewritten_question=anew)


def _extractive_answer(
    engine: Engine, question: str, earlier: Sequence[str], hits: Sequence[Hit], options: AskOptions
) -> Answer:
    """An answer in the documents' own words.

    A question that leans on the one before is read with its words as well: alone it may be too bare
    to be answered, and with them it may be about another subject (``benchmarks/follow_ups.py``).
    """
    from rag_infer.answering.extractive import extract

    share = word_share(engine.snapshot, options.filter)
    after = _contextual_reading(question, earlier)
    found = extract(
        question, hits, engine.embedder, share, after=after, threshold=options.min_confidence
    )
    return replace(found, question=question)


def _contextual_reading(question: str, earlier: Sequence[str]) -> tuple[str, float] | None:
    """The question as it is read after the one before, and how much that reading counts."""
    degree = context_dependence(question)
    if not earlier or not degree:
        return None
    return with_history_terms(question, earlier[-1]), min(1.0, degree + _AFTER)


def _rewrite_question(
    question: str,
    earlier: Sequence[str],
    generator: Generator | None,
    options: AskOptions,
    tools: Sequence[Tool],
) -> tuple[str | None, TokenUsage]:
    """A follow-up question as the model writes it to stand alone, and what that cost."""
    if generator is None or not options.rewrite or options.dry_run or not earlier:
        return None, TokenUsage(0, 0)
    if not context_dependence(question):
        return None, TokenUsage(0, 0)  # it stands alone already: nobody has to wait for that
    from rag_infer.answering.generative import build_plan
    from rag_infer.answering.query_rewriting import rewrite_standalone

    def alone(asked: str, reserve: int) -> ContextPlan:
        chosen = replace(options, max_tokens=reserve, reserve_followups=False)
        return build_plan(asked, (), generator, chosen, tools)

    return rewrite_standalone(generator, question, options.history, alone, options.should_stop)


def _valid_previous_answer(engine: Engine, options: AskOptions) -> Answer | None:
    """The answer before, if all that its prompt shows is still there for the asker to see.

    Documents change while a conversation goes on, and so may what somebody may read.
    """
    before = options.previous_answer
    if before is None or before.context is None:
        return None
    shown = [passage.hit for passage in before.context.passages]
    shown += [hit for placed in before.context.tool_results for hit in placed.source.hits]
    named = {name for placed in before.context.tool_results for name in placed.source.documents}
    named |= {hit.chunk.document_id for hit in shown}
    from rag_infer.retrieve.document_access import document

    try:
        for name in named:
            document(engine.snapshot, name, options.filter)
    except InputError:
        return None
    for chunk in (hit.chunk for hit in shown):
        found = engine.snapshot.page(chunk.document_id, chunk.page_number)
        if found is None or found[1][chunk.start : chunk.end] != chunk.text:
            return None
    return before


def _candidates(generator: Generator, options: AskOptions) -> int:
    from rag_infer.answering.generative import budget

    return budget(generator, options).candidates


def load_schema(path: Path) -> Mapping[str, Any]:
    """The JSON schema in a file. Raises InputError when it is none, MissingExtraError."""
    from rag_infer.generate import json_schema

    return json_schema.load_schema(path)


def _generator(engine: Engine, options: AskOptions) -> Generator | None:
    chosen = options.llm
    if not isinstance(chosen, str):
        return chosen
    return None if chosen == EXTRACTIVE else engine.generator(chosen, options.model_profiles)


def _dry_run_answer(
    question: str,
    hits: Sequence[Hit],
    generator: Generator | None,
    options: AskOptions,
    tools: Sequence[Tool],
) -> Answer:
    """All that comes before an answer: what was retrieved and, for a model, the plan."""
    made = None
    if generator is not None:
        from rag_infer.answering.generative import build_plan

        made = build_plan(question, hits, generator, options, tools)
    return Answer(
        question=question,
        text="",
        answered=False,
        model=EXTRACTIVE if generator is None else generator.name,
        hits=tuple(hits),
        reason="a dry run: nothing was generated or sent",
        context=made,
    )
