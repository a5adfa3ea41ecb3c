"""Answers that a language model writes: prompt planned, text checked claim by claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator as Generates
from collections.abc import Sequence
from dataclasses import replace

from rag_infer import tracing
from rag_infer.answering.citations import (
    citations,
    extract_claims,
    missing_numbers,
    says_anything,
    unsupported_numbers,
)
from rag_infer.answering.events import StatusEvent, StreamEvent, TextEvent
from rag_infer.answering.extractive_answerer import ExtractiveAnswerer, context_reader
from rag_infer.answering.further_search import fill_gaps
from rag_infer.answering.options import AnswerRequest
from rag_infer.answering.query_rewriting import INSTRUCTION, own_queries, rewrite_standalone
from rag_infer.answering.refusal import is_in_another_language, read_refusal
from rag_infer.answering.refusal_reasons import reason_without_answer
from rag_infer.answering.second_opinion import (
    INVALID_NUMBERS_WARNING,
    UNSUPPORTED_WARNING,
    WRONG_NUMBERS_WARNING,
    with_quotes,
)
from rag_infer.answering.tool_loop import GenerationResult, run_tool_loop
from rag_infer.answering.tool_registry import bind_tools
from rag_infer.cite.question_language import question_language
from rag_infer.context.extend import extend_plan
from rag_infer.context.passage_selection import passage_key
from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.context.prompt_draft import QUESTION
from rag_infer.engine import Engine
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.localization import localized, message
from rag_infer.retrieve.history_expansion import context_dependence
from rag_infer.tools import Tool
from rag_infer.types import Answer, Claim, ContextPlan, Hit, ToolResult, Usage

UNANSWERED_TEXT = message("The documents do not answer this.")
_REFUSED = message("the model finds no answer in the passages")
_SOURCES = message("Sources: {numbers}")
_ONLY_NAMES = message("the model only named passages")
_NOTHING = message("the model wrote nothing")
_UNSUPPORTED = message("passages were retrieved, but they support none of what the model wrote")
_FOLLOWUP_RESERVE = 0.4  # of the window, for the questions after this one
_MIN_OUTPUT_TOKENS = 64
_PASSAGE_TOKENS, _PASSAGE_SHARE = 2000, 16  # passages take that many, or that part of the window
_MAX_DESCRIBED_HITS = 30
_MAX_LISTED_NUMBERS = 5  # of citations, in a warning
_DESCRIPTION_CHARS = 240
_LAYER_UNITS = {
    "passages": "passage",
    "tool definitions": "tool",
    "tool results": "result of a tool",
}


class GenerativeAnswerer:
    """Writes answers with a language model and checks each claim against what the model saw.

    Args:
        engine: The open index.
        generator: The model.
        request: The question and its options; ``previous_answer`` must be valid still.

    Raises:
        InputError: A tool is unknown, or two have one name.
    """

    def __init__(self, engine: Engine, generator: Generator, request: AnswerRequest) -> None:
        self._engine = engine
        self._generator = generator
        self._request = request
        self._tools = bind_tools(engine, request.filter, request.tools) if request.tools else []

    @property
    def top_k(self) -> int:
        """How many passages to retrieve; without a limit of the user, what the window can use."""
        return self._request.top_k or self._budget().candidates

    def rewrite_question(self, question: str) -> tuple[str | None, TokenUsage]:
        """A follow-up question rewritten to stand alone, or None; and what that took."""
        request, options = self._request, self._request.options
        if not options.retrieval.rewrite or options.dry_run or not request.earlier_questions:
            return None, TokenUsage(0, 0)
        if not context_dependence(question):
            return None, TokenUsage(0, 0)  # it stands alone already: the user need not wait

        def build(instruction: str, max_tokens: int) -> ContextPlan:
            budget = Budget(self._generator.window, self._output_tokens(max_tokens))
            return self._plan(instruction, (), self._tools, (), budget, closing="")

        return rewrite_standalone(
            self._generator, question, request.history, build, options.should_stop,
            options.generation.rewrite_prompt or INSTRUCTION,
        )  # fmt: skip

    def fill_gaps(
        self, question: str, hits: Sequence[Hit]
    ) -> Generates[StatusEvent, None, tuple[list[Hit], tuple[str, ...]]]:
        """The hits with those of further searches, and the queries of these."""
        request = self._request
        limit = 0 if request.top_k else request.options.retrieval.further_searches
        context_of = context_reader(self._engine)
        return (
            yield from fill_gaps(
                self._engine, question, hits, request.filter, context_of, limit,
                lambda: self._own_queries(question),
            )
        )  # fmt: skip

    def _own_queries(self, question: str) -> list[str]:
        """Queries that the model writes for a question that no passage answers yet."""
        if self._tools:
            return []  # it may search by itself

        def build(instruction: str, max_tokens: int) -> ContextPlan:
            budget = Budget(self._generator.window, self._output_tokens(max_tokens))
            return self._plan(instruction, (), (), (), budget, closing="")

        return own_queries(self._generator, question, build, self._request.options.should_stop)

    def dry_run(self, question: str, hits: Sequence[Hit]) -> Answer:
        """The hits and the prompt; nothing is generated or sent."""
        context = self._plan(question, hits, self._tools, (), self._budget())
        return Answer(question, "", False, self._generator.name, hits=tuple(hits), context=context)

    def answer(
        self, question: str, hits: Sequence[Hit], context: ContextPlan | None = None
    ) -> Generates[StreamEvent, None, Answer]:
        """Yields text and results of tools as they come, and returns the checked answer.

        ``context`` is the prompt where it was planned before.
        """
        request, options = self._request, self._request.options
        if not hits and not request.history and not self._tools:
            # A model that is shown nothing could only make something up.
            language = question_language(question, hits)
            declined = self._declined(
                question,
                reason_without_answer(self._engine, request.filter, hits, language),
                language,
            )
            yield TextEvent(declined.text)
            return declined

        def build(offered: Sequence[Tool], results: Sequence[ToolResult]) -> ContextPlan:
            return context or self.context(question, hits, offered, results)

        events = run_tool_loop(
            self._generator, build, self._generate_options(), self._tools, options.tool_limits
        )
        with tracing.span("generate", "LLM") as span:
            result = yield from _without_text(events) if options.drop_unsupported else events
            if span.is_recording:
                _trace_generation(span, result, self._generator.name)
        schema = options.generation.schema
        if schema is not None:
            from rag_infer.generate.json_schema import check

            check(result.text, schema, self._generator.name)
        claims: tuple[Claim, ...] = ()
        if schema is None and says_anything(result.text, result.plan.passages):
            with tracing.span("verify", "GUARDRAIL") as span:
                verifier = self._engine.verifier(options.verifier)
                context_of = context_reader(self._engine)
                claims = extract_claims(result.text, question, result.plan, verifier, context_of)
                verdicts = Counter(claim.verdict for claim in claims)
                span.add({f"rag.claims.{verdict}": n for verdict, n in verdicts.items()})
        answer = self._checked_answer(question, hits, result, claims)
        if schema is not None:
            return answer
        step = result.steps
        # The product's words stand in place of what was streamed.
        is_replaced = not options.drop_unsupported and answer.text != result.text
        if options.drop_unsupported:
            answer = _drop_unsupported(answer) if claims and answer.answered else answer
            yield TextEvent(answer.text, step)
        elif answer.answered and (numbers := missing_numbers(answer.text, claims)):
            # The model cites nothing: the sources of what it wrote are named at the end.
            addition = " " + "".join(f"[{n}]" for n in numbers)
            if answer.claims[-1].verdict not in ("supported", "partial"):
                # Right behind the last sentence they would be taken for its sources.
                addition = f"\n\n{localized(_SOURCES, answer.language, numbers=addition.strip())}"
            answer = replace(answer, text=answer.text + addition)
            yield TextEvent(addition, step)
        if options.second_opinion and not result.tool_results:
            quoted = ExtractiveAnswerer(self._engine, request).opinion(question, hits)
            opinion = with_quotes(answer, quoted, result.plan)
            answer = opinion.answer
            if opinion.addition:
                yield TextEvent(opinion.addition, step + opinion.replaces)
                is_replaced = False
        if is_replaced:
            yield TextEvent(answer.text, step + 1)
        return answer

    def context(
        self,
        question: str,
        hits: Sequence[Hit],
        offered: Sequence[Tool] = (),
        results: Sequence[ToolResult] = (),
    ) -> ContextPlan:
        """The prompt of a question, with the tools on offer and what was called before."""
        with tracing.span("context") as span:
            context = self._plan(question, hits, offered, results, self._budget())
            if span.is_recording:
                span.add({f"rag.tokens.{name}": tokens for name, tokens in context.layers})
                span.add({"rag.window": context.window, "rag.omitted": len(context.omitted)})
        return context

    def cost(self, usage: Usage) -> float | None:
        """The cost by the price of the model's profile; None where it has none."""
        llm = self._request.llm
        profiles = self._request.options.generation.model_profiles
        profile = profiles.get(llm) if isinstance(llm, str) else None
        if profile is None:
            return None
        return profile.cost(usage.prompt_tokens, usage.cached_tokens, usage.output_tokens)

    def _checked_answer(
        self,
        question: str,
        hits: Sequence[Hit],
        result: GenerationResult,
        claims: tuple[Claim, ...],
    ) -> Answer:
        generation = self._request.options.generation
        language = question_language(question, hits)
        is_refusal = generation.schema is None and read_refusal(result.text).is_refusal
        is_empty = not (
            result.text if generation.schema else says_anything(result.text, result.plan.passages)
        )
        reason = None
        if is_empty:
            reason = _empty_reason(result, language)
        elif is_refusal:
            reason, claims = localized(_REFUSED, language), ()
        # Numbers alone say nothing, and a refusal is read in the language of the question.
        is_replaced = (is_empty and bool(result.text)) or (
            is_refusal and is_in_another_language(result.text, language)
        )
        return Answer(
            question=question,
            text=localized(UNANSWERED_TEXT, language) if is_replaced else result.text,
            answered=not (is_empty or is_refusal),
            model=self._generator.name,
            citations=citations(claims, result.plan, question),
            claims=claims,
            hits=tuple(hits),
            reason=reason,
            usage=Usage(
                prompt_tokens=result.usage.prompt,
                output_tokens=result.usage.output,
                cached_tokens=result.usage.cached,
                first_token_s=result.first_token_s,
            ),
            warnings=_warnings(result, claims, self._request, self._generator, language),
            context=result.plan,
            tool_results=result.tool_results,
            finish_reason=result.finish_reason,
            language=language,
        )

    def _declined(self, question: str, reason: str, language: str) -> Answer:
        text = localized(UNANSWERED_TEXT, language)
        name = self._generator.name
        return Answer(question, text, False, name, reason=reason, language=language)

    def _budget(self) -> Budget:
        reserve = self._output_tokens(self._request.options.generation.max_tokens)
        spare = _FOLLOWUP_RESERVE if self._request.reserve_followups else 0.0
        # Who names a number of passages gets them; otherwise a prompt that is read in minutes on a
        # processor, and from which small models pick the wrong passage, is worth less than a short
        # one.
        window = self._generator.window
        passages = None if self._request.top_k else max(_PASSAGE_TOKENS, window // _PASSAGE_SHARE)
        return Budget(window, reserve, spare=spare, passages=passages)

    def _output_tokens(self, max_tokens: int) -> int:
        # The reserve gives way before the question does, down to a sentence or two.
        return min(max_tokens, max(_MIN_OUTPUT_TOKENS, self._generator.window // 2))

    def _plan(
        self,
        question: str,
        hits: Sequence[Hit],
        tools: Sequence[Tool],
        results: Sequence[ToolResult],
        budget: Budget,
        *,
        closing: str | None = None,
    ) -> ContextPlan:
        """The prompt of a question; extends the one before in a conversation where possible."""
        request, template = self._request, self._generator.template
        system = request.options.generation.system or SYSTEM
        definitions = [tool.definition for tool in tools]
        descriptions = self._descriptions(hits)
        if closing is None:
            closing = request.options.generation.closing
        wording = request.options.generation.question_prompt or QUESTION
        previous = request.previous_answer
        if previous is not None and previous.context and previous.model == self._generator.name:
            extended = extend_plan(
                template, budget, previous.context, previous.text, question, hits, system,
                tools=definitions, results=results, descriptions=descriptions,
                closing=closing, wording=wording,
            )  # fmt: skip
            if extended is not None:
                return extended
        return plan(
            template, budget, question, hits, request.history, system,
            tools=definitions, results=results, descriptions=descriptions,
                closing=closing, wording=wording,
        )  # fmt: skip

    def _descriptions(self, hits: Sequence[Hit]) -> dict[str, str]:
        """How each document begins: its title, parties, date. A clause alone names none of them.

        And the columns of tables whose rows a passage has without their header.
        """
        descriptions = {}
        for document_id in dict.fromkeys(hit.document_id for hit in hits[:_MAX_DESCRIBED_HITS]):
            page = self._engine.snapshot.page(document_id, 1)
            text = " ".join(page[1][:_DESCRIPTION_CHARS].split()) if page else ""
            descriptions[document_id] = text.lstrip("# ")
        from rag_infer.table_qa.passage_columns import passage_columns  # reads stored tables

        for hit in hits[:_MAX_DESCRIBED_HITS]:
            if columns := passage_columns(self._engine.snapshot, hit):
                descriptions[passage_key(hit)] = columns
        return descriptions

    def _generate_options(self) -> GenerateOptions:
        generation = self._request.options.generation
        return GenerateOptions(
            schema=generation.schema,
            temperature=generation.temperature,
            top_p=generation.top_p,
            seed=generation.seed,
            stop=tuple(generation.stop),
            should_stop=self._request.options.should_stop,
        )


def _trace_generation(span: tracing.TraceSpan, result: GenerationResult, model: str) -> None:
    span.add(
        {
            "llm.model_name": model,
            "llm.token_count.prompt": result.usage.prompt,
            "llm.token_count.completion": result.usage.output,
            "rag.cached_tokens": result.usage.cached,
            "rag.first_token_s": result.first_token_s,
            "rag.finish_reason": result.finish_reason,
        }
    )
    span.add_texts({"output.value": result.text})


def _without_text(
    events: Generates[StreamEvent, None, GenerationResult],
) -> Generates[StreamEvent, None, GenerationResult]:
    """The events without the text, which has to be checked before it is shown."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result: GenerationResult = end.value
            return result
        if not isinstance(event, TextEvent):
            yield event


def _drop_unsupported(answer: Answer) -> Answer:
    """An answer without its unsupported claims."""
    claims = tuple(c for c in answer.claims if c.verdict != "unsupported")
    dropped = len(answer.claims) - len(claims)
    if not dropped:
        return answer
    if not any(c.verdict in ("supported", "partial") for c in claims):
        return replace(
            answer,
            text=localized(UNANSWERED_TEXT, answer.language),
            answered=False,
            citations=(),
            reason=localized(_UNSUPPORTED, answer.language),
        )
    numbers = {n for c in claims for n in c.citations}
    warning = f"unsupported claims left out: {dropped} of {len(answer.claims)}"
    return replace(
        answer,
        text=" ".join(c.text + "".join(f" [{n}]" for n in c.citations) for c in claims),
        claims=claims,
        citations=tuple(c for c in answer.citations if c.number in numbers),
        warnings=(*answer.warnings, warning),
    )


def _empty_reason(result: GenerationResult, language: str) -> str:
    if result.has_reasoning and result.finish_reason == "length":
        return (
            f"the model used all {result.plan.reserve} tokens for thinking; allow it more "
            "(max_tokens)"
        )
    if result.text:
        return localized(_ONLY_NAMES, language)
    return localized(_NOTHING, language)


def _citation_warnings(result: GenerationResult, claims: Sequence[Claim]) -> list[str]:
    if not says_anything(result.text, result.plan.passages):
        return []  # the numbers are not shown
    warnings = []
    if wrong := unsupported_numbers(result.text, claims, result.plan):
        warnings.append(f"{WRONG_NUMBERS_WARNING}: {_numbers(wrong)}")
    if result.invalid_citations:
        warnings.append(f"{INVALID_NUMBERS_WARNING}: {_numbers(result.invalid_citations)}")
    return warnings


def _numbers(numbers: Sequence[int]) -> str:
    distinct = list(dict.fromkeys(numbers))
    listed = ", ".join(f"[{n}]" for n in distinct[:_MAX_LISTED_NUMBERS])
    more = len(distinct) - _MAX_LISTED_NUMBERS
    return f"{listed} and {more} more" if more > 0 else listed


def _warnings(
    result: GenerationResult,
    claims: Sequence[Claim],
    request: AnswerRequest,
    generator: Generator,
    language: str,
) -> tuple[str, ...]:
    warnings = []
    if result.looped:
        warnings.append("the model repeated itself and was stopped")
    elif result.finish_reason == "length" and result.text:
        warnings.append(f"the answer was cut off at {result.plan.reserve} tokens (max_tokens)")
    elif result.finish_reason == "content_filter":
        warnings.append("the answer was cut off by a filter of the server")
    if window_note := getattr(generator, "window_note", None):
        warnings.append(window_note)
    warnings += _citation_warnings(result, claims)
    verdicts = {c.verdict for c in claims if c.verdict != "unchecked"}
    if verdicts == {"unsupported"} and not request.options.drop_unsupported:
        warnings.append(localized(UNSUPPORTED_WARNING, language))
    # Candidates beyond those requested are expected to stay out; the plan lists them.
    omitted = Counter(
        _LAYER_UNITS.get(item.layer, "earlier turn")
        for item in result.plan.omitted
        if item.reason == "no room" and (request.top_k or item.layer != "passages")
    )
    for unit, count in omitted.items():
        warnings.append(
            f"left out because the context window is full: {count} {unit}{'s' * (count > 1)}"
        )
    if result.truncated:
        steps = request.options.tool_limits.steps
        warnings.append(f"the model called tools in {steps} steps, the most that are allowed")
    return tuple(warnings)
