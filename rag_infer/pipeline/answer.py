"""From a question to an answer: retrieve, plan, write, cite.

Knows: the order of the steps, and which of the two ways an answer is made (quoted or written).
Does not know: how any step is done, how an answer is shown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, GenerateOptions, Generator, load_generator
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.conversation import carry
from rag_infer.sentences import sentences
from rag_infer.types import Answer, Citation, Claim, ContextPlan, Hit, Span, Usage

if TYPE_CHECKING:
    from rag_infer.cite.markers import MarkerStream
    from rag_infer.pipeline.index import Index


_NAMED = 2  # words of earlier turns with which a follow-up question is judged
_NUMBER = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How a question is answered.

    ``generator`` is ``extractive`` (quotes, no model), the folder or hub id of a chat model, or a
    loaded Generator. ``k`` passages are retrieved. ``history`` is earlier turns, oldest first, as
    ``{"role": "user" | "assistant", "content": ...}``. ``on_text`` is called with each piece of an
    answer as a model writes it. ``threshold`` is the probability from which on an extractive answer
    is given; None is the fitted one. ``stopped`` is asked between tokens.
    """

    k: int = 5
    filter: Filter = field(default_factory=Filter)
    reranker: str | None = None
    generator: str | Generator = EXTRACTIVE
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    system: str | None = None
    history: Sequence[Mapping[str, str]] = ()
    threshold: float | None = None
    on_text: Callable[[str], None] | None = None
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
    earlier = [turn["content"] for turn in options.history if turn["role"] == "user"]
    hits = index.search(
        question,
        options.k,
        filter=options.filter,
        reranker=options.reranker,
        earlier=earlier,
    )
    retrieved = time.perf_counter() - began
    if generator is None:
        from rag_infer.generate.extractive import extract

        share = word_share(index.snapshot, options.filter)
        asked = carry(question, earlier, share).text(question, _NAMED)
        found = extract(asked, hits, index.embedder, share, threshold=options.threshold)
        found = replace(found, question=question)
    else:
        found = _written(question, hits, generator, options)
    usage = replace(found.usage, retrieval_s=retrieved, total_s=time.perf_counter() - began)
    return replace(found, usage=usage)


def _generator(options: AskOptions) -> Generator | None:
    if not isinstance(options.generator, str):
        return options.generator
    return None if options.generator == EXTRACTIVE else load_generator(options.generator)


def _written(
    question: str, hits: Sequence[Hit], generator: Generator, options: AskOptions
) -> Answer:
    """An answer that a model writes, its citation numbers held to the passages it was shown."""
    from rag_infer.cite.markers import MarkerStream
    from rag_infer.context.plan import SYSTEM, Budget, plan

    # The reserve gives way before the question does, down to a sentence or two.
    reserve = min(options.max_tokens, max(64, generator.window // 2))
    made = plan(
        generator.template,
        Budget(generator.window, reserve),
        question,
        hits,
        options.history,
        options.system or SYSTEM,
    )
    began = time.perf_counter()
    first: float | None = None
    markers = MarkerStream(len(made.passages))
    pieces: list[str] = []
    chosen = GenerateOptions(
        max_tokens=reserve,
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
        take(markers.feed(piece))
    take(markers.finish())
    text = "".join(pieces).strip()
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
            prompt_tokens=made.tokens,
            output_tokens=generator.template.count(text),
            first_token_s=first,
        ),
        warnings=_warnings(markers, made, text),
        plan=made,
        streamed=options.on_text is not None,
    )


def _citations(numbers: Sequence[int], made: ContextPlan) -> tuple[Citation, ...]:
    cited = []
    for number in sorted(numbers):
        passage = made.passages[number - 1]
        chunk = passage.hit.chunk
        cited.append(
            Citation(
                number,
                Span(chunk.document, chunk.page, chunk.start, chunk.end, chunk.text),
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


def _warnings(markers: MarkerStream, made: ContextPlan, text: str) -> tuple[str, ...]:
    warnings = []
    if markers.unknown:
        listed = ", ".join(f"[{n}]" for n in dict.fromkeys(markers.unknown))
        warnings.append(f"removed citation numbers that lead to no passage: {listed}")
    if text and not markers.cited and made.passages:
        warnings.append("the model cited no passage; nothing here is checked")
    for left in made.left_out:
        if left.why == "no room":
            warnings.append(f"left out for lack of room: {left.what}")
    return tuple(warnings)
