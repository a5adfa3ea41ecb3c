"""From a question to an answer: retrieve, plan, write, cite.

Knows: the order of the steps, and which of the two ways an answer is made (quoted or written).
Does not know: how any step is done, how an answer is shown.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Counted, GenerateOptions, Generator, load_generator
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.conversation import carry
from rag_infer.sentences import sentences
from rag_infer.settings import ModelProfile
from rag_infer.types import Answer, Citation, Claim, ContextPlan, Hit, Span, Usage

if TYPE_CHECKING:
    from rag_infer.cite.markers import MarkerStream
    from rag_infer.pipeline.index import Index


QUOTED_FROM = 5  # passages whose sentences are weighed when answers are quotes
_NAMED = 2  # words of earlier turns with which a follow-up question is judged
_NUMBER = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How a question is answered.

    ``generator`` is ``extractive`` (quotes, no model), the folder or hub id of a chat model, the
    name of a profile in ``models``, or a loaded Generator. ``k`` is the most passages that are
    read; None is 5 for quotes, and for a model enough to choose from for its window. ``dry_run``
    stops before anything is generated or sent: the answer then holds the hits and, for a model,
    the plan. ``history`` is earlier turns, oldest first, as ``{"role": "user" | "assistant",
    "content": ...}``. ``on_text`` is called with each piece of an answer as a model writes it.
    ``threshold`` is the probability from which on an extractive answer is given; None is the fitted
    one. ``stopped`` is asked between tokens. With a ``schema`` (JSON Schema) a model's answer is
    JSON that it allows.
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
    history: Sequence[Mapping[str, str]] = ()
    threshold: float | None = None
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
    generator = _generator(options)
    if options.schema is not None and generator is None:
        raise InputError("answers by a schema are written by a model", hint="choose one with --llm")
    k = options.k or (QUOTED_FROM if generator is None else _budget(generator, options).candidates)
    earlier = [turn["content"] for turn in options.history if turn["role"] == "user"]
    hits = index.search(
        question, k, filter=options.filter, reranker=options.reranker, earlier=earlier
    )
    retrieved = time.perf_counter() - began
    if options.dry_run:
        found = _unasked(question, hits, generator, options)
    elif generator is None:
        from rag_infer.generate.extractive import extract

        share = word_share(index.snapshot, options.filter)
        asked = carry(question, earlier, share).text(question, _NAMED)
        found = extract(asked, hits, index.embedder, share, threshold=options.threshold)
        found = replace(found, question=question)
    else:
        found = _written(question, hits, generator, options)
    usage = replace(found.usage, retrieval_s=retrieved, total_s=time.perf_counter() - began)
    return replace(found, usage=usage)


def load_schema(path: Path) -> Mapping[str, Any]:
    """The JSON schema in a file. Raises InputError when it is none, MissingExtraError."""
    from rag_infer.generate import schema

    return schema.load_schema(path)


def _generator(options: AskOptions) -> Generator | None:
    if not isinstance(options.generator, str):
        return options.generator
    return (
        None
        if options.generator == EXTRACTIVE
        else load_generator(options.generator, options.models)
    )


def _budget(generator: Generator, options: AskOptions) -> Budget:
    # The reserve gives way before the question does, down to a sentence or two.
    return Budget(generator.window, min(options.max_tokens, max(64, generator.window // 2)))


def _planned(
    question: str, hits: Sequence[Hit], generator: Generator, options: AskOptions
) -> ContextPlan:
    budget = _budget(generator, options)
    system = options.system or SYSTEM
    return plan(generator.template, budget, question, hits, options.history, system)


def _unasked(
    question: str, hits: Sequence[Hit], generator: Generator | None, options: AskOptions
) -> Answer:
    """All that comes before an answer: what was retrieved and, for a model, the plan."""
    return Answer(
        question=question,
        text="",
        answered=False,
        generator=EXTRACTIVE if generator is None else generator.name,
        hits=tuple(hits),
        reason="a dry run: nothing was generated or sent",
        plan=None if generator is None else _planned(question, hits, generator, options),
    )


def _written(
    question: str, hits: Sequence[Hit], generator: Generator, options: AskOptions
) -> Answer:
    """An answer that a model writes, its citation numbers held to the passages it was shown."""
    from rag_infer.cite.markers import MarkerStream

    made = _planned(question, hits, generator, options)
    began = time.perf_counter()
    first: float | None = None
    markers = MarkerStream(len(made.passages))
    pieces: list[str] = []
    counted: list[Counted] = []
    chosen = GenerateOptions(
        schema=options.schema,
        on_counted=counted.append,
        max_tokens=made.reserve,
        temperature=options.temperature,
        top_p=options.top_p,
        seed=options.seed,
        stop=options.stop,
        stopped=options.stopped,
    )

    def take(piece: str) -> None:
        if piece:
            pieces.append(piece)
            if options.on_text is not None:
                options.on_text(piece)

    for piece in generator.stream(made, chosen):
        if first is None:
            first = time.perf_counter() - began
        # Brackets of JSON are no citations.
        take(piece if options.schema is not None else markers.feed(piece))
    take(markers.finish())
    text = "".join(pieces).strip()
    if options.schema is not None:
        from rag_infer.generate.schema import check

        check(text, options.schema, generator.name)
    spent = counted[-1] if counted else Counted(made.tokens, generator.template.count(text))
    return Answer(
        question=question,
        text=text,
        answered=bool(text),
        generator=generator.name,
        citations=_citations(markers.cited, made),
        claims=_claims(text),
        hits=tuple(hits),
        reason=None if text else "the model wrote nothing",
        usage=Usage(
            prompt_tokens=spent.prompt,
            output_tokens=spent.output,
            cached_tokens=spent.cached,
            cost=_cost(spent, options),
            first_token_s=first,
        ),
        warnings=_warnings(markers, made, text, options),
        plan=made,
        streamed=options.on_text is not None,
    )


def _cost(spent: Counted, options: AskOptions) -> float | None:
    profile = options.models.get(options.generator) if isinstance(options.generator, str) else None
    if profile is None or profile.price is None:
        return None
    price = profile.price
    cached = price.input if price.cached is None else price.cached
    fresh = spent.prompt - spent.cached
    return (fresh * price.input + spent.cached * cached + spent.output * price.output) / 1e6


def _citations(numbers: Sequence[int], made: ContextPlan) -> tuple[Citation, ...]:
    cited = []
    for number in sorted(numbers):
        passage = made.passages[number - 1]
        chunk = passage.hit.chunk
        start, end = chunk.start + passage.start, chunk.start + passage.end
        words = chunk.text[passage.start : passage.end]  # what was shown of it
        cited.append(
            Citation(
                number,
                Span(chunk.document, chunk.page, start, end, words),
                chunk.heading,
                passage.hit.page_label,
                passage.hit.format,
            )
        )
    return tuple(cited)


def _claims(text: str) -> tuple[Claim, ...]:
    """Sentences of the answer with the numbers that stand in them."""
    claims = []
    for start, end in sentences(text):
        sentence = text[start:end]
        numbers = dict.fromkeys(int(n) for n in _NUMBER.findall(sentence))
        claims.append(Claim(sentence, tuple(numbers)))
    return tuple(claims)


def _warnings(
    markers: MarkerStream, made: ContextPlan, text: str, options: AskOptions
) -> tuple[str, ...]:
    warnings = []
    if markers.unknown:
        listed = ", ".join(f"[{n}]" for n in dict.fromkeys(markers.unknown))
        warnings.append(f"removed citation numbers that lead to no passage: {listed}")
    if text and not markers.cited and made.passages and options.schema is None:
        warnings.append("the model cited no passage; nothing here is checked")
    # Candidates beyond those asked for are expected to stay out; the plan lists them.
    missing = Counter(
        "passage" if left.layer == "passages" else "earlier turn"
        for left in made.left_out
        if left.why == "no room" and (options.k or left.layer != "passages")
    )
    for what, count in missing.items():
        more = f"{count} {what}{'s' * (count > 1)}"
        warnings.append(f"left out for lack of room: {more}; --show-context lists them")
    return tuple(warnings)
