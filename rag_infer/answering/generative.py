"""An answer that a model writes: its window planned, its text checked claim by claim.

Knows: which budget a question has, when a prompt goes on from the one before, what a person is told
about an answer.
Does not know: how a plan is made, how text streams and tools are run (``writing``), quotes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag_infer.answering.options import AskOptions
from rag_infer.context.extend import extend_plan
from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.generate import GenerateOptions, Generator
from rag_infer.types import Answer, Claim, ContextPlan, Hit, ToolResult, Usage

if TYPE_CHECKING:
    from rag_infer.answering.tool_loop import GenerationResult
    from rag_infer.engine import Engine
    from rag_infer.tools import Tool

_SPARE = 0.4  # of the window, for the questions after this one
_COUNTED = {"passages": "passage", "tool definitions": "tool", "tool results": "result of a tool"}


def generate_answer(
    engine: Engine,
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    options: AskOptions,
    tools: Sequence[Tool],
) -> Answer:
    """An answer that a model writes, each claim of it held to what it was shown."""
    from rag_infer.answering.citations import citations, extract_claims
    from rag_infer.answering.tool_loop import StreamCallbacks, run_tool_loop

    if not hits and not options.history and not tools:
        return _nothing(question, generator)
    shown = None if options.drop_unsupported else options.on_text

    def planner(offered: Sequence[Tool], results: Sequence[ToolResult]) -> ContextPlan:
        return build_plan(question, hits, generator, options, offered, results)

    chosen = GenerateOptions(
        schema=options.schema,
        temperature=options.temperature,
        top_p=options.top_p,
        seed=options.seed,
        stop=options.stop,
        should_stop=options.should_stop,
    )
    watch = StreamCallbacks(shown, options.on_tool_result)
    found = run_tool_loop(generator, planner, chosen, tools, options.tool_limits, watch)
    text = found.text
    if options.schema is not None:
        from rag_infer.generate.json_schema import check

        check(text, options.schema, generator.name)
    claims = (
        ()
        if options.schema is not None or not text
        else extract_claims(text, found.plan, engine.verifier(options.verifier))
    )
    answer = Answer(
        question=question,
        text=text,
        answered=bool(text),
        model=generator.name,
        citations=citations(claims, found.plan),
        claims=claims,
        hits=tuple(hits),
        reason=None if text else "the model wrote nothing",
        usage=Usage(
            prompt_tokens=found.usage.prompt,
            output_tokens=found.usage.output,
            cached_tokens=found.usage.cached,
            first_token_s=found.first_token_s,
        ),
        warnings=_warnings(found, claims, options),
        context=found.plan,
        tool_results=found.tool_results,
        streamed=shown is not None,
    )
    return _drop_unsupported(answer) if options.drop_unsupported and claims else answer


def budget(generator: Generator, options: AskOptions) -> Budget:
    """The room that a question has."""
    # The reserve gives way before the question does, down to a sentence or two.
    reserve = min(options.max_tokens, max(64, generator.window // 2))
    return Budget(generator.window, reserve, spare=_SPARE if options.reserve_followups else 0.0)


def build_plan(
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    options: AskOptions,
    tools: Sequence[Tool] = (),
    results: Sequence[ToolResult] = (),
) -> ContextPlan:
    """The plan of a question, after the one before in a conversation where that can be."""
    room, system = budget(generator, options), options.system or SYSTEM
    definitions = [tool.definition for tool in tools]
    before = options.previous_answer
    if before is not None and before.context is not None and before.model == generator.name:
        made = extend_plan(
            generator.template, room, before.context, before.text, question, hits, system,
            tools=definitions, results=results,
        )  # fmt: skip
        if made is not None:
            return made
    return plan(
        generator.template, room, question, hits, options.history, system,
        tools=definitions, results=results,
    )  # fmt: skip


def _nothing(question: str, generator: Generator) -> Answer:
    """A model that is shown nothing could only make something up: it is not asked."""
    said = "The documents do not answer this."
    return Answer(question, said, False, generator.name, reason="nothing relevant was found")


def _drop_unsupported(found: Answer) -> Answer:
    """An answer without the claims that nothing bears."""
    kept = tuple(c for c in found.claims if c.verdict != "unsupported")
    left = len(found.claims) - len(kept)
    said = f"left out as unsupported: {left} of {len(found.claims)} claims"
    if not left:
        return found
    if not any(c.verdict in ("supported", "partly") for c in kept):
        return replace(
            found,
            text="The documents do not answer this.",
            answered=False,
            citations=(),
            reason="passages were found, but they bear nothing of what the model wrote",
        )
    numbers = {n for c in kept for n in c.citations}
    return replace(
        found,
        text=" ".join(c.text + "".join(f" [{n}]" for n in c.citations) for c in kept),
        claims=kept,
        citations=tuple(c for c in found.citations if c.number in numbers),
        warnings=(*found.warnings, said),
    )


def cost(spent: Usage, options: AskOptions) -> float | None:
    """What it cost by the model's configured price, if it has one."""
    profile = options.model_profiles.get(options.llm) if isinstance(options.llm, str) else None
    if profile is None or profile.price is None:
        return None
    return profile.price.of(spent.prompt_tokens, spent.cached_tokens, spent.output_tokens)


def _warnings(
    found: GenerationResult, claims: Sequence[Claim], options: AskOptions
) -> tuple[str, ...]:
    warnings = []
    if found.unknown:
        listed = ", ".join(f"[{n}]" for n in dict.fromkeys(found.unknown))
        warnings.append(f"removed citation numbers that lead to no passage: {listed}")
    judged = [c.verdict for c in claims if c.verdict != "unchecked"]
    if judged and not options.drop_unsupported and set(judged) == {"unsupported"}:
        warnings.append("no claim of this answer is borne by the documents; do not rely on it")
    # Candidates beyond those asked for are expected to stay out; the plan lists them.
    missing = Counter(
        _COUNTED.get(left.layer, "earlier turn")
        for left in found.plan.omitted
        if left.reason == "no room" and (options.top_k or left.layer != "passages")
    )
    for what, count in missing.items():
        more = f"{count} {what}{'s' * (count > 1)}"
        warnings.append(f"left out for lack of room: {more}; --show-context lists them")
    if found.truncated:
        steps = options.tool_limits.steps
        warnings.append(f"the model asked tools {steps} times and then had to answer without more")
    return tuple(warnings)
