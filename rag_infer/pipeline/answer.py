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

from rag_infer.context.plan import SYSTEM, Budget, plan
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Counted, GenerateOptions, Generator, load_generator
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.conversation import carry
from rag_infer.settings import ModelProfile
from rag_infer.types import Answer, Citation, Claim, ContextPlan, Hit, Span, Usage

if TYPE_CHECKING:
    from rag_infer.cite.markers import MarkerStream
    from rag_infer.pipeline.index import Index


QUOTED_FROM = 5  # passages whose sentences are weighed when answers are quotes
_NAMED = 2  # words of earlier turns with which a follow-up question is judged


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
    generator = _generator(options)
    if options.schema is not None and generator is None:
        raise InputError("answers by a schema are written by a model", hint="choose one with --llm")
    k = options.k or (QUOTED_FROM if generator is None else _budget(generator, options).candidates)
    earlier = [turn["content"] for turn in options.history if turn["role"] == "user"]
    asked_at = time.perf_counter()
    hits = index.search(
        question, k, filter=options.filter, reranker=options.reranker, earlier=earlier
    )
    retrieved = time.perf_counter() - asked_at
    if options.dry_run:
        found = _unasked(question, hits, generator, options)
    elif generator is None:
        from rag_infer.generate.extractive import extract

        share = word_share(index.snapshot, options.filter)
        asked = carry(question, earlier, share).text(question, _NAMED)
        found = extract(asked, hits, index.embedder, share, threshold=options.threshold)
        found = replace(found, question=question)
    else:
        found = _written(index, question, hits, generator, options)
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
    index: Index, question: str, hits: Sequence[Hit], generator: Generator, options: AskOptions
) -> Answer:
    """An answer that a model writes, each claim of it held to the passages that it was shown."""
    from rag_infer.cite.markers import MarkerStream

    if not hits and not options.history:
        return _nothing(question, generator)
    made = _planned(question, hits, generator, options)
    began = time.perf_counter()
    first: float | None = None
    shown = None if options.strict else options.on_text
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
            if shown is not None:
                shown(piece)

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
    claims = () if options.schema is not None else _claims(index, text, made, options)
    answer = Answer(
        question=question,
        text=text,
        answered=bool(text),
        generator=generator.name,
        citations=_citations(claims, made),
        claims=claims,
        hits=tuple(hits),
        reason=None if text else "the model wrote nothing",
        usage=Usage(
            prompt_tokens=spent.prompt,
            output_tokens=spent.output,
            cached_tokens=spent.cached,
            cost=_cost(spent, options),
            first_token_s=first,
        ),
        warnings=_warnings(markers, made, claims, options),
        plan=made,
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


def _cost(spent: Counted, options: AskOptions) -> float | None:
    profile = options.models.get(options.generator) if isinstance(options.generator, str) else None
    if profile is None or profile.price is None:
        return None
    return profile.price.of(spent.prompt, spent.cached, spent.output)


def _claims(index: Index, text: str, made: ContextPlan, options: AskOptions) -> tuple[Claim, ...]:
    from rag_infer.cite.claims import Passage, bear

    if not text:
        return ()
    shown = []
    for passage in made.passages:
        chunk = passage.hit.chunk
        words = chunk.text[passage.start : passage.end]  # what was shown of it
        start = chunk.start + passage.start
        shown.append(Passage(passage.number, chunk.document, chunk.page, start, words))
    return bear(text, shown, index.verifier(options.verifier))


def _citations(claims: Sequence[Claim], made: ContextPlan) -> tuple[Citation, ...]:
    """Each passage that a claim leads to, with its words that bear most, or all that was shown."""
    cited = []
    for number in sorted({n for claim in claims for n in claim.citations}):
        passage = made.passages[number - 1]
        chunk = passage.hit.chunk
        start, end = chunk.start + passage.start, chunk.start + passage.end
        whole = Span(
            chunk.document, chunk.page, start, end, chunk.text[passage.start : passage.end]
        )
        bearing = [
            (claim.probability or 0.0, span)
            for claim in claims
            if number in claim.citations and claim.verdict in ("supported", "partly")
            for span in claim.spans
            if (span.document, span.page) == (chunk.document, chunk.page)
            and start <= span.start < end
        ]
        best = max(bearing, key=lambda pair: pair[0], default=(0.0, whole))[1]
        hit = passage.hit
        cited.append(Citation(number, best, chunk.heading, hit.page_label, hit.format))
    return tuple(cited)


def _warnings(
    markers: MarkerStream, made: ContextPlan, claims: Sequence[Claim], options: AskOptions
) -> tuple[str, ...]:
    warnings = []
    if markers.unknown:
        listed = ", ".join(f"[{n}]" for n in dict.fromkeys(markers.unknown))
        warnings.append(f"removed citation numbers that lead to no passage: {listed}")
    judged = [c.verdict for c in claims if c.verdict != "unchecked"]
    if judged and not options.strict and set(judged) == {"unsupported"}:
        warnings.append("no claim of this answer is borne by the documents; do not rely on it")
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
