"""From a question to an answer: retrieve, plan, write, cite.

Knows: the order of the steps, and which of the two ways an answer is made (quoted or written).
Does not know: how any step is done, how an answer is shown.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.context.going_on import go_on
from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Counted, GenerateOptions, Generator
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.conversation import carry, leans
from rag_infer.settings import ModelProfile
from rag_infer.tools.run import Bounds
from rag_infer.types import Answer, Claim, ContextPlan, Hit, ToolResult, Usage

if TYPE_CHECKING:
    from rag_infer.pipeline.index import Index
    from rag_infer.pipeline.toolset import Given
    from rag_infer.pipeline.writing import Written
    from rag_infer.tools import Tool


QUOTED_FROM = 5  # passages whose sentences are weighed when answers are quotes
_NAMED = 2  # words of earlier turns with which a follow-up question is judged
_SPARE = 0.4  # of the window, for the questions after this one
_LEANING = 0.4  # from here on a question is hardly one without those before it
_COUNTED = {"passages": "passage", "tool definitions": "tool", "tool results": "result of a tool"}


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How a question is answered.

    ``generator`` is ``extractive`` (quotes, no model), the folder or hub id of a chat model, the
    name of a profile in ``models``, or a loaded Generator. ``k`` is the most passages that are
    read; None is 5 for quotes, and for a model enough to choose from for its window. ``dry_run``
    stops before anything is generated or sent: the answer then holds the hits and, for a model,
    the plan. ``history`` is earlier turns, oldest first, as ``{"role": "user" | "assistant",
    "content": ...}``; with it a follow-up question is written anew by the model, to be searched for
    by itself, unless ``rewrite`` is off. ``on_text`` is called with each piece of an answer as a
    model writes it. With ``goes_on`` room is left for further questions; with ``previous``, the
    answer before in the same conversation, a model's prompt goes on from that answer's wherever it
    can, so that a model which keeps a prefix reads only what is new.
    ``threshold`` is the probability from which on an extractive answer is given; None is the fitted
    one. What a model wrote is checked claim by claim against the passages that it saw, by
    ``verifier``: the folder or hub id of a cross-encoder for natural language inference, or None
    for the one that comes with the package. ``strict`` leaves out what they do not bear; the text
    then comes whole, after checking. ``stopped`` is asked between tokens. With a ``schema`` (JSON
    Schema) a model's answer is JSON that it allows, and is not checked.
    """

    k: int | None = None
    filter: Filter = field(default_factory=Filter)
    reranker: str | None = None
    generator: str | Generator = EXTRACTIVE
    models: Mapping[str, ModelProfile] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    system: str | None = None
    tools: Sequence[Given] = ()
    bounds: Bounds = field(default_factory=Bounds)
    on_result: Callable[[ToolResult], None] | None = None
    rewrite: bool = True
    goes_on: bool = False
    previous: Answer | None = None
    history: Sequence[Mapping[str, str]] = ()
    threshold: float | None = None
    verifier: str | None = None
    strict: bool = False
    on_text: Callable[[str], None] | None = None
    dry_run: bool = False
    stopped: Callable[[], bool] = lambda: False


def answer(index: Index, question: str, options: AskOptions) -> Answer:
    """Answers from an index.

    Raises InputError, ModelError, ContextError, and what ``Index.search`` raises.
    """
    if not question.strip():
        raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
    began = time.perf_counter()
    # A model that cannot be had should fail before anything else is done.
    generator = _generator(index, options)
    if options.schema is not None and generator is None:
        raise InputError("answers by a schema are written by a model", hint="choose one with --llm")
    if options.schema is not None and options.tools:
        raise InputError("an answer by a schema cannot ask tools", hint="leave --tool out")
    if generator is None and not options.dry_run:
        from rag_infer.pipeline.computed import computed

        if (found := computed(index, question, options.filter, options.bounds)) is not None:
            return replace(found, usage=Usage(total_s=time.perf_counter() - began))
    tools: list[Tool] = []
    if generator is not None and options.tools:
        from rag_infer.pipeline.toolset import bind

        tools = bind(index, options.filter, options.tools)
    k = options.k or (QUOTED_FROM if generator is None else _budget(generator, options).candidates)
    earlier = [turn["content"] for turn in options.history if turn["role"] == "user"]
    anew, spent = _anew(question, earlier, generator, options, tools)
    asked_at = time.perf_counter()
    hits = index.search(
        anew or question,
        k,
        filter=options.filter,
        reranker=options.reranker,
        earlier=() if anew else earlier,
    )
    retrieved = time.perf_counter() - asked_at
    if options.dry_run:
        found = _unasked(question, hits, generator, options, tools)
    elif generator is None:
        found = _quoted(index, question, earlier, hits, options)
    else:
        found = _written(index, question, hits, generator, options, tools)
    usage = replace(
        found.usage,
        retrieval_s=retrieved,
        total_s=time.perf_counter() - began,
        prompt_tokens=found.usage.prompt_tokens + spent.prompt,
        output_tokens=found.usage.output_tokens + spent.output,
        cached_tokens=found.usage.cached_tokens + spent.cached,
    )
    usage = replace(usage, cost=_cost(usage, options))
    return replace(found, usage=usage, searched=anew)


def _quoted(
    index: Index, question: str, earlier: Sequence[str], hits: Sequence[Hit], options: AskOptions
) -> Answer:
    """An answer in the documents' own words.

    A question that leans on earlier ones is judged with what they name; one that can also be read
    by itself, by itself as well: words of another subject would hide its answer.
    """
    from rag_infer.generate.extractive import extract

    share = word_share(index.snapshot, options.filter)
    carried = carry(question, earlier, share)
    readings = [carried.text(question, _NAMED)] if carried.leans >= _LEANING else []
    found: Answer | None = None
    for reading in dict.fromkeys((*readings, question)):
        found = extract(reading, hits, index.embedder, share, threshold=options.threshold)
        if found.answered:
            break
    assert found is not None
    return replace(found, question=question)


def _anew(
    question: str,
    earlier: Sequence[str],
    generator: Generator | None,
    options: AskOptions,
    tools: Sequence[Tool],
) -> tuple[str | None, Counted]:
    """A follow-up question as the model writes it to stand alone, and what that cost."""
    if generator is None or not options.rewrite or options.dry_run or not earlier:
        return None, Counted(0, 0)
    if not leans(question):
        return None, Counted(0, 0)  # it stands alone already: nobody has to wait for that
    from rag_infer.pipeline.standalone import standalone

    def planned(asked: str, reserve: int) -> ContextPlan:
        alone = replace(options, max_tokens=reserve, goes_on=False)
        return _planned(asked, (), generator, alone, tools)

    return standalone(generator, question, options.history, planned, options.stopped)


def load_schema(path: Path) -> Mapping[str, Any]:
    """The JSON schema in a file. Raises InputError when it is none, MissingExtraError."""
    from rag_infer.generate import schema

    return schema.load_schema(path)


def _generator(index: Index, options: AskOptions) -> Generator | None:
    chosen = options.generator
    if not isinstance(chosen, str):
        return chosen
    return None if chosen == EXTRACTIVE else index.generator(chosen, options.models)


def _budget(generator: Generator, options: AskOptions) -> Budget:
    # The reserve gives way before the question does, down to a sentence or two.
    reserve = min(options.max_tokens, max(64, generator.window // 2))
    return Budget(generator.window, reserve, spare=_SPARE if options.goes_on else 0.0)


def _planned(
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    options: AskOptions,
    tools: Sequence[Tool] = (),
    results: Sequence[ToolResult] = (),
) -> ContextPlan:
    budget, system = _budget(generator, options), options.system or SYSTEM
    definitions = [tool.definition for tool in tools]
    before = options.previous
    if before is not None and before.plan is not None and before.generator == generator.name:
        made = go_on(
            generator.template, budget, before.plan, before.text, question, hits, system,
            tools=definitions, results=results,
        )  # fmt: skip
        if made is not None:
            return made
    return plan(
        generator.template, budget, question, hits, options.history, system,
        tools=definitions, results=results,
    )  # fmt: skip


def _unasked(
    question: str,
    hits: Sequence[Hit],
    generator: Generator | None,
    options: AskOptions,
    tools: Sequence[Tool],
) -> Answer:
    """All that comes before an answer: what was retrieved and, for a model, the plan."""
    return Answer(
        question=question,
        text="",
        answered=False,
        generator=EXTRACTIVE if generator is None else generator.name,
        hits=tuple(hits),
        reason="a dry run: nothing was generated or sent",
        plan=None if generator is None else _planned(question, hits, generator, options, tools),
    )


def _written(
    index: Index,
    question: str,
    hits: Sequence[Hit],
    generator: Generator,
    options: AskOptions,
    tools: Sequence[Tool],
) -> Answer:
    """An answer that a model writes, each claim of it held to what it was shown."""
    from rag_infer.pipeline.bearing import citations, claims_of
    from rag_infer.pipeline.writing import Watch, write

    if not hits and not options.history and not tools:
        return _nothing(question, generator)
    shown = None if options.strict else options.on_text

    def planned(offered: Sequence[Tool], results: Sequence[ToolResult]) -> ContextPlan:
        return _planned(question, hits, generator, options, offered, results)

    chosen = GenerateOptions(
        schema=options.schema,
        temperature=options.temperature,
        top_p=options.top_p,
        seed=options.seed,
        stop=options.stop,
        stopped=options.stopped,
    )
    watch = Watch(shown, options.on_result)
    found = write(generator, planned, chosen, tools, options.bounds, watch)
    text = found.text
    if options.schema is not None:
        from rag_infer.generate.schema import check

        check(text, options.schema, generator.name)
    claims = (
        ()
        if options.schema is not None or not text
        else claims_of(text, found.plan, index.verifier(options.verifier))
    )
    answer = Answer(
        question=question,
        text=text,
        answered=bool(text),
        generator=generator.name,
        citations=citations(claims, found.plan),
        claims=claims,
        hits=tuple(hits),
        reason=None if text else "the model wrote nothing",
        usage=Usage(
            prompt_tokens=found.counted.prompt,
            output_tokens=found.counted.output,
            cached_tokens=found.counted.cached,
            first_token_s=found.first_token_s,
        ),
        warnings=_warnings(found, claims, options),
        plan=found.plan,
        results=found.results,
        streamed=shown is not None,
    )
    return _borne(answer) if options.strict and claims else answer


def _nothing(question: str, generator: Generator) -> Answer:
    """A model that is shown nothing could only make something up: it is not asked."""
    said = "The documents do not answer this."
    return Answer(question, said, False, generator.name, reason="nothing relevant was found")


def _borne(found: Answer) -> Answer:
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


def _cost(spent: Usage, options: AskOptions) -> float | None:
    profile = options.models.get(options.generator) if isinstance(options.generator, str) else None
    if profile is None or profile.price is None:
        return None
    return profile.price.of(spent.prompt_tokens, spent.cached_tokens, spent.output_tokens)


def _warnings(found: Written, claims: Sequence[Claim], options: AskOptions) -> tuple[str, ...]:
    warnings = []
    if found.unknown:
        listed = ", ".join(f"[{n}]" for n in dict.fromkeys(found.unknown))
        warnings.append(f"removed citation numbers that lead to no passage: {listed}")
    judged = [c.verdict for c in claims if c.verdict != "unchecked"]
    if judged and not options.strict and set(judged) == {"unsupported"}:
        warnings.append("no claim of this answer is borne by the documents; do not rely on it")
    # Candidates beyond those asked for are expected to stay out; the plan lists them.
    missing = Counter(
        _COUNTED.get(left.layer, "earlier turn")
        for left in found.plan.left_out
        if left.why == "no room" and (options.k or left.layer != "passages")
    )
    for what, count in missing.items():
        more = f"{count} {what}{'s' * (count > 1)}"
        warnings.append(f"left out for lack of room: {more}; --show-context lists them")
    if found.cut:
        steps = options.bounds.steps
        warnings.append(f"the model asked tools {steps} times and then had to answer without more")
    return tuple(warnings)
