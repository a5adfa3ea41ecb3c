"""The protocol of a generator, and what is passed to it and comes back.

A generator turns a plan of the context window into text. It knows nothing of indexes or citations,
so that a model of one's own needs a name, a window, a template and ``stream``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from rag_infer.context.template import Template
from rag_infer.types import ContextPlan, ToolCall

FinishReason = Literal["stop", "length", "content_filter"]
EXTRACTIVE = "extractive"  # in place of a model: answers are quotes
SERVER = "openai:"  # before the name of a model on the server that OPENAI_BASE_URL names


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """What a generator itself counted, in its own tokens; ``cached`` are of the prompt's."""

    prompt: int
    output: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """How to write. ``temperature`` 0 is greedy: the same plan gives the same text.

    ``should_stop`` is asked between tokens; when it says True the text ends there. With a
    ``schema``
    (JSON Schema) the text is JSON that it allows. ``on_usage`` hears what a generator that
    counts for itself counted; ``on_tool_call`` the calls of tools that a server tells apart from
    text (a model of this machine writes them into its text: ``calls``). ``on_finish`` hears why the
    text ends, where that is known; ``on_reasoning`` the pieces of reasoning that a server tells
    apart from the text, each followed by an empty piece of text. ``on_log_probabilities`` hears the
    tokens of the text with the logarithms of their probabilities, where a server tells them; it is
    asked to where this is set.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    should_stop: Callable[[], bool] = lambda: False
    schema: Mapping[str, Any] | None = None
    on_usage: Callable[[TokenUsage], None] = lambda _: None
    on_tool_call: Callable[[ToolCall], None] = lambda _: None
    on_finish: Callable[[FinishReason], None] = lambda _: None
    on_reasoning: Callable[[str], None] = lambda _: None
    on_log_probabilities: Callable[[Sequence[tuple[str, float]]], None] | None = None


@runtime_checkable
class Generator(Protocol):
    """Something that writes. ``window`` is its context window in tokens of its ``template``."""

    name: str
    window: int

    @property
    def template(self) -> Template:
        """How it wants to be asked, and its tokens."""
        ...

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """The answer to a plan, piece by piece. Raises ModelError when it breaks off."""
        ...
