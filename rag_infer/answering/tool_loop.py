"""A model writes: plan, stream, run the tools it asks for, plan again with what they gave back.

Knows: the loop and its bounds, what reaches the person while it runs.
Does not know: how prompts are planned, how a tool is run, whether what is written is true.
"""

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
    planned: Planner,
    options: GenerateOptions,
    tools: Sequence[Tool],
    bounds: ToolLimits,
    watch: StreamCallbacks,
) -> GenerationResult:
    """Writes an answer, asking ``tools`` for up to ``bounds.steps`` turns.

    After the last of them the model is shown no tools, so that it answers with what it has. The
    same call twice is run once. Raises ModelError, ContextError.
    """
    began = time.perf_counter()
    firsts: list[float] = []
    spent: list[TokenUsage] = []
    results: list[ToolResult] = []
    step = 0
    while True:
        offered = tools if step < bounds.steps else ()
        made = planned(offered, results)
        once = _GenerationStep(generator, made, options, offered, watch)
        once.run(lambda: firsts.append(time.perf_counter() - began))
        spent.append(once.counted())
        if not once.calls or not offered or options.should_stop():
            break
        known = len(results)
        for call in once.calls[: bounds.calls]:
            if options.should_stop():
                break
            if not _asked(call, results):
                results.append(run(offered, call, bounds))
                if watch.on_tool_result is not None:
                    watch.on_tool_result(results[-1])
        # A model that only repeats itself gets no further turn at it.
        step = step + 1 if len(results) > known else bounds.steps
        if once.text and watch.on_text is not None:
            watch.on_text("\n\n")
    return GenerationResult(
        once.text,
        made,
        TokenUsage(
            *(sum(getattr(c, part) for c in spent) for part in ("prompt", "output", "cached"))
        ),
        firsts[0] if firsts else None,
        tuple(once.markers.unknown),
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
        watch: StreamCallbacks,
    ) -> None:
        self.calls: list[ToolCall] = []
        self.markers = MarkerStream(len(plan.passages) + len(plan.tool_results))
        self._generator, self._plan, self._watch = generator, plan, watch
        self._told: list[TokenUsage] = []
        self._written: list[str] = []
        self._pieces: list[str] = []
        self._schema = options.schema is not None
        self._stream = CallStream({tool.name for tool in tools}) if tools else None
        self._options = replace(
            options,
            max_tokens=plan.reserve,
            on_usage=self._told.append,
            on_tool_call=self.calls.append,
        )

    @property
    def text(self) -> str:
        return "".join(self._pieces).strip()

    def run(self, on_first: Callable[[], None]) -> None:
        for piece in self._generator.stream(self._plan, self._options):
            if not self._written:
                on_first()
            self._written.append(piece)
            self._take(piece if self._stream is None else self._stream.feed(piece))
        if self._stream is not None:
            self._take(self._stream.finish())
            self.calls += self._stream.calls
        self._show(self.markers.finish())

    def counted(self) -> TokenUsage:
        if self._told:
            return self._told[-1]
        output = self._generator.template.count("".join(self._written))
        return TokenUsage(self._plan.tokens, output)

    def _take(self, piece: str) -> None:
        # Brackets of JSON are no citations.
        self._show(piece if self._schema else self.markers.feed(piece))

    def _show(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            if self._watch.on_text is not None:
                self._watch.on_text(piece)


def _asked(call: ToolCall, results: Sequence[ToolResult]) -> bool:
    return any((r.name, r.arguments) == (call.name, call.arguments) for r in results)
