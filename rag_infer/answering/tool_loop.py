"""The loop of a model with tools: plan, stream, run the calls, plan again with the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Generates
from dataclasses import dataclass, replace

from rag_infer.answering.events import StatusEvent, StreamEvent, TextEvent, ToolResultEvent
from rag_infer.cite.citation_markers import MarkerStream
from rag_infer.errors import ContextWindowError, PromptTooLongError
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.generate.base import FinishReason
from rag_infer.generate.reasoning import ReasoningStream, opens_reasoning
from rag_infer.generate.repetition import RepetitionGuard
from rag_infer.generate.tool_call_parser import CallStream
from rag_infer.tools import Tool
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.types import ContextPlan, ToolCall, ToolResult

_MAX_INVALID_CITATIONS = 16  # a text with more is a list of numbers that has no end
_MAX_PROMPT_RETRIES = 3  # of a prompt that a server refuses as too long
# The plan for a step: with these tools on offer, after these results.
PlanBuilder = Callable[[Sequence[Tool], Sequence[ToolResult]], ContextPlan]


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """The final text of a model, with the plan of the last step and the usage of all.

    ``invalid_citations`` are numbers without a passage, removed from the text; ``truncated``: the
    model used all steps that it may call tools in. ``steps`` numbers the last step, from 0.
    ``finish_reason`` is why the text ends, where the model or its server says so;
    ``has_reasoning``: it wrote reasoning, which is not in the text; ``looped``: it was stopped, as
    it repeated itself.
    """

    text: str
    plan: ContextPlan
    usage: TokenUsage
    first_token_s: float | None
    invalid_citations: tuple[int, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
    truncated: bool = False
    steps: int = 0
    finish_reason: FinishReason | None = None
    has_reasoning: bool = False
    looped: bool = False


def run_tool_loop(
    generator: Generator,
    build_plan: PlanBuilder,
    options: GenerateOptions,
    tools: Sequence[Tool],
    limits: ToolLimits,
) -> Generates[StreamEvent, None, GenerationResult]:
    """Streams an answer, calling ``tools`` in up to ``limits.steps`` steps.

    After the last of them the model is shown no tools, so that it answers with what it has. The
    same call twice is run once.

    Raises:
        ModelError: The model fails.
        ContextWindowError: The question does not fit.
    """
    started = time.perf_counter()
    first_token_s: float | None = None
    usages: list[TokenUsage] = []
    results: list[ToolResult] = []
    number = tool_steps = 0
    refusals: list[PromptTooLongError] = []
    while True:
        offered = tools if tool_steps < limits.steps else ()
        try:
            plan = build_plan(offered, results)
        except ContextWindowError:
            if refusals:  # what the server said is nearer the cause
                raise refusals[-1] from None
            raise
        yield StatusEvent("reading", plan.tokens)
        step = _GenerationStep(generator, plan, options, tools, number, offered=bool(offered))
        try:
            yield from step.stream()
        except PromptTooLongError as error:
            refusals.append(error)
            if step.text or len(refusals) > _MAX_PROMPT_RETRIES:
                raise
            continue  # the generator knows its window better now
        number = step.number
        if first_token_s is None and step.first_token_at is not None:
            first_token_s = step.first_token_at - started
        usages.append(step.usage())
        if not step.calls or not offered or options.should_stop():
            break
        count = len(results)
        for call in step.calls[: limits.calls]:
            if options.should_stop():
                break
            if not _is_repeated(call, results):
                results.append(run(offered, call, limits))
                yield ToolResultEvent(results[-1])
        # A model that only repeats itself gets no further turn at it.
        tool_steps = tool_steps + 1 if len(results) > count else limits.steps
        number += 1
    return GenerationResult(
        step.text,
        plan,
        TokenUsage(
            sum(usage.prompt for usage in usages),
            sum(usage.output for usage in usages),
            sum(usage.cached for usage in usages),
        ),
        first_token_s,
        tuple(step.markers.unknown),
        tuple(results),
        truncated=bool(tools) and not offered,
        steps=number,
        finish_reason=step.finish_reason,
        has_reasoning=step.reasoning.has_reasoning,
        looped=step.looped,
    )


class _GenerationStep:
    """One generation: text without reasoning, tool calls and invalid citation numbers.

    White space around the text is dropped while it streams, so that the pieces are the text.
    ``number`` is that of the step; it goes up where all text so far turns out to be reasoning.
    """

    def __init__(
        self,
        generator: Generator,
        plan: ContextPlan,
        options: GenerateOptions,
        tools: Sequence[Tool],
        number: int,
        *,
        offered: bool,
    ) -> None:
        self.calls: list[ToolCall] = []
        self.number = number
        self.markers = _markers(plan)
        self.reasoning = ReasoningStream(is_inside=opens_reasoning(plan.prompt))
        self.first_token_at: float | None = None
        self.looped = False
        self._generator, self._plan = generator, plan
        self._usages: list[TokenUsage] = []
        self._finish_reasons: list[FinishReason] = []
        self._raw_pieces: list[str] = []
        self._pieces: list[str] = []
        self._pending_space = ""
        self._is_json = options.schema is not None
        self._is_server_reasoning = False
        self._repetition = RepetitionGuard()
        # Calls of tools that are no longer offered are no text either.
        self._call_stream = CallStream({tool.name for tool in tools}) if tools else None
        self._keeps_calls = offered
        self._options = replace(
            options,
            max_tokens=plan.reserve,
            should_stop=lambda: self.looped or options.should_stop(),
            on_usage=self._usages.append,
            on_tool_call=self.calls.append,
            on_finish=self._finish_reasons.append,
            on_reasoning=self._hear_reasoning,
        )

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def finish_reason(self) -> FinishReason | None:
        """As the server says; a text as long as it may be was cut off."""
        if self._finish_reasons:
            return self._finish_reasons[-1]
        is_exact = bool(self._usages) or not self._plan.is_upper_bound
        return "length" if is_exact and self.usage().output >= self._plan.reserve else None

    def stream(self) -> Iterator[StreamEvent]:
        """Pieces of the text, and when reasoning begins and ends. Raises ModelError."""
        is_reasoning = False
        for raw in self._generator.stream(self._plan, self._options):
            if self.first_token_at is None:
                self.first_token_at = time.perf_counter()
            self._raw_pieces.append(raw)
            self.looped = self.looped or self._repetition.is_looping(raw)
            restarts = self.reasoning.restarts
            piece = raw if self._is_json else self.reasoning.feed(raw)
            if raw:
                self._is_server_reasoning = False
            if self.reasoning.restarts > restarts:
                self._restart()
            if is_reasoning != (now := self.reasoning.is_inside or self._is_server_reasoning):
                is_reasoning = now
                yield StatusEvent("thinking" if now else "generating")
            stream = self._call_stream
            yield from self._visible(piece if stream is None else stream.feed(piece))
            if len(self.markers.unknown) > _MAX_INVALID_CITATIONS:
                self.looped = True
        remainder = "" if self._is_json else self.reasoning.finish()
        if self._call_stream is not None:
            yield from self._visible(self._call_stream.feed(remainder))
            remainder = self._call_stream.finish()
            if self._keeps_calls:
                self.calls += self._call_stream.calls
        yield from self._visible(remainder)
        yield from self._stripped(self.markers.finish())

    def usage(self) -> TokenUsage:
        if self._usages:
            return self._usages[-1]
        output = self._generator.template.count("".join(self._raw_pieces))
        return TokenUsage(self._plan.tokens, output)

    def _hear_reasoning(self, _: str) -> None:
        self.reasoning.has_reasoning = self._is_server_reasoning = True

    def _restart(self) -> None:
        """Text so far was reasoning: the answer begins only now."""
        if self._pieces:
            self.number += 1
        self._pieces, self._pending_space = [], ""
        self.markers = _markers(self._plan)

    def _visible(self, piece: str) -> Iterator[StreamEvent]:
        # Brackets of JSON are not citations.
        return self._stripped(piece if self._is_json else self.markers.feed(piece))

    def _stripped(self, piece: str) -> Iterator[StreamEvent]:
        text = (self._pending_space if self._pieces else "") + piece
        content = text.rstrip() if self._pieces else text.strip()
        self._pending_space = text[len(text.rstrip()) :]
        if content:
            self._pieces.append(content)
            yield TextEvent(content, self.number)


def _markers(plan: ContextPlan) -> MarkerStream:
    documents: dict[str, int] = {}
    for passage in plan.passages:
        name = passage.hit.document_id.lower()
        for key in (name, name.rsplit("/", 1)[-1]):
            documents.setdefault(key, passage.number)
    return MarkerStream(len(plan.passages) + len(plan.tool_results), documents)


def _is_repeated(call: ToolCall, results: Sequence[ToolResult]) -> bool:
    return any((r.name, r.arguments) == (call.name, call.arguments) for r in results)
