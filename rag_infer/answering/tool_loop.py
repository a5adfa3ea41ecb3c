"""The loop of a model with tools: plan, stream, run the calls, plan again with the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Generates
from dataclasses import dataclass, replace

from rag_infer.answering.events import StreamEvent, TextEvent, ToolResultEvent
from rag_infer.cite.citation_markers import MarkerStream
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.generate.tool_call_parser import CallStream
from rag_infer.tools import Tool
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.types import ContextPlan, ToolCall, ToolResult

# The plan for a step: with these tools on offer, after these results.
PlanBuilder = Callable[[Sequence[Tool], Sequence[ToolResult]], ContextPlan]


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """The final text of a model, with the plan of the last step and the usage of all.

    ``invalid_citations`` are numbers without a passage, removed from the text; ``truncated``: the
    model used all steps that it may call tools in. ``steps`` numbers the last step, from 0.
    """

    text: str
    plan: ContextPlan
    usage: TokenUsage
    first_token_s: float | None
    invalid_citations: tuple[int, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
    truncated: bool = False
    steps: int = 0


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
    while True:
        offered = tools if tool_steps < limits.steps else ()
        plan = build_plan(offered, results)
        step = _GenerationStep(generator, plan, options, offered)
        for piece in step.stream():
            yield TextEvent(piece, number)
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
    )


class _GenerationStep:
    """One generation: text without tool calls and without invalid citation numbers.

    White space around the text is dropped while it streams, so that the pieces are the text.
    """

    def __init__(
        self,
        generator: Generator,
        plan: ContextPlan,
        options: GenerateOptions,
        tools: Sequence[Tool],
    ) -> None:
        self.calls: list[ToolCall] = []
        self.markers = MarkerStream(len(plan.passages) + len(plan.tool_results))
        self.first_token_at: float | None = None
        self._generator, self._plan = generator, plan
        self._usages: list[TokenUsage] = []
        self._raw_pieces: list[str] = []
        self._pieces: list[str] = []
        self._pending_space = ""
        self._is_json = options.schema is not None
        self._call_stream = CallStream({tool.name for tool in tools}) if tools else None
        self._options = replace(
            options,
            max_tokens=plan.reserve,
            on_usage=self._usages.append,
            on_tool_call=self.calls.append,
        )

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def stream(self) -> Iterator[str]:
        for raw in self._generator.stream(self._plan, self._options):
            if self.first_token_at is None:
                self.first_token_at = time.perf_counter()
            self._raw_pieces.append(raw)
            stream = self._call_stream
            yield from self._visible(raw if stream is None else stream.feed(raw))
        if self._call_stream is not None:
            yield from self._visible(self._call_stream.finish())
            self.calls += self._call_stream.calls
        yield from self._stripped(self.markers.finish())

    def usage(self) -> TokenUsage:
        if self._usages:
            return self._usages[-1]
        output = self._generator.template.count("".join(self._raw_pieces))
        return TokenUsage(self._plan.tokens, output)

    def _visible(self, piece: str) -> Iterator[str]:
        # Brackets of JSON are not citations.
        return self._stripped(piece if self._is_json else self.markers.feed(piece))

    def _stripped(self, piece: str) -> Iterator[str]:
        text = (self._pending_space if self._pieces else "") + piece
        content = text.rstrip() if self._pieces else text.strip()
        self._pending_space = text[len(text.rstrip()) :]
        if content:
            self._pieces.append(content)
            yield content


def _is_repeated(call: ToolCall, results: Sequence[ToolResult]) -> bool:
    return any((r.name, r.arguments) == (call.name, call.arguments) for r in results)
