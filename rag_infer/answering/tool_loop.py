"""The tool-calling loop: plan, generate, run the tools called, plan again with their results."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_infer.cite.citation_markers import MarkerStream
from rag_infer.generate import GenerateOptions, Generator, TokenUsage
from rag_infer.generate.tool_call_parser import CallStream
from rag_infer.tools import Tool
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.types import ContextPlan, ToolCall, ToolResult

# The plan for a step: with these tools on offer, after these results.
Planner = Callable[[Sequence[Tool], Sequence[ToolResult]], ContextPlan]


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """What a model wrote in the end. ``usage`` is over all steps; ``plan`` is of the last one.

    ``unknown`` are citation numbers that led nowhere; ``truncated``: it asked for more than it may.
    """

    text: str
    plan: ContextPlan
    usage: TokenUsage
    first_token_s: float | None
    unknown: tuple[int, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class StreamCallbacks:
    """Who is told while it runs: of text as it is decided, of each result of a tool."""

    on_text: Callable[[str], None] | None = None
    on_tool_result: Callable[[ToolResult], None] | None = None


def run_tool_loop(
    generator: Generator,
    build_plan: Planner,
    options: GenerateOptions,
    tools: Sequence[Tool],
    limits: ToolLimits,
    callbacks: StreamCallbacks,
) -> GenerationResult:
    """Writes an answer, asking ``tools`` for up to ``limits.steps`` turns.

    After the last of them the model is shown no tools, so that it answers with what it has. The
    same call twice is run once. Raises ModelError, ContextError.
    """
    start = time.perf_counter()
    first_token_times: list[float] = []
    usages: list[TokenUsage] = []
    results: list[ToolResult] = []
    step = 0
    while True:
        offered = tools if step < limits.steps else ()
        plan = build_plan(offered, results)
        generation = _GenerationStep(generator, plan, options, offered, callbacks)
        generation.run(lambda: first_token_times.append(time.perf_counter() - start))
        usages.append(generation.counted())
        if not generation.calls or not offered or options.should_stop():
            break
        results_before = len(results)
        for call in generation.calls[: limits.calls]:
            if options.should_stop():
                break
            if not _is_repeated(call, results):
                results.append(run(offered, call, limits))
                if callbacks.on_tool_result is not None:
                    callbacks.on_tool_result(results[-1])
        # A model that only repeats itself gets no further turn at it.
        step = step + 1 if len(results) > results_before else limits.steps
        if generation.text and callbacks.on_text is not None:
            callbacks.on_text("\n\n")
    return GenerationResult(
        generation.text,
        plan,
        TokenUsage(
            *(sum(getattr(c, part) for c in usages) for part in ("prompt", "output", "cached"))
        ),
        first_token_times[0] if first_token_times else None,
        tuple(generation.markers.unknown),
        tuple(results),
        truncated=bool(tools) and not offered,
    )


class _GenerationStep:
    """One generation: text without calls and without numbers that lead nowhere."""

    def __init__(
        self,
        generator: Generator,
        plan: ContextPlan,
        options: GenerateOptions,
        tools: Sequence[Tool],
        callbacks: StreamCallbacks,
    ) -> None:
        self.calls: list[ToolCall] = []
        self.markers = MarkerStream(len(plan.passages) + len(plan.tool_results))
        self._generator, self._plan, self._callbacks = generator, plan, callbacks
        self._reported_usage: list[TokenUsage] = []
        self._raw_pieces: list[str] = []
        self._pieces: list[str] = []
        self._schema = options.schema is not None
        self._stream = CallStream({tool.name for tool in tools}) if tools else None
        self._options = replace(
            options,
            max_tokens=plan.reserve,
            on_usage=self._reported_usage.append,
            on_tool_call=self.calls.append,
        )

    @property
    def text(self) -> str:
        return "".join(self._pieces).strip()

    def run(self, on_first: Callable[[], None]) -> None:
        for piece in self._generator.stream(self._plan, self._options):
            if not self._raw_pieces:
                on_first()
            self._raw_pieces.append(piece)
            self._feed(piece if self._stream is None else self._stream.feed(piece))
        if self._stream is not None:
            self._feed(self._stream.finish())
            self.calls += self._stream.calls
        self._emit(self.markers.finish())

    def counted(self) -> TokenUsage:
        if self._reported_usage:
            return self._reported_usage[-1]
        output = self._generator.template.count("".join(self._raw_pieces))
        return TokenUsage(self._plan.tokens, output)

    def _feed(self, piece: str) -> None:
        # Brackets of JSON are no citations.
        self._emit(piece if self._schema else self.markers.feed(piece))

    def _emit(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            if self._callbacks.on_text is not None:
                self._callbacks.on_text(piece)


def _is_repeated(call: ToolCall, results: Sequence[ToolResult]) -> bool:
    return any((r.name, r.arguments) == (call.name, call.arguments) for r in results)
