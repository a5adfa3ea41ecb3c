"""Every option of a question, with its default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Generator
from rag_infer.retrieve import Filter
from rag_infer.settings import ModelProfile
from rag_infer.tools.executor import ToolLimits
from rag_infer.types import Answer, ToolResult

if TYPE_CHECKING:
    from rag_infer.answering.tool_registry import ToolSpec


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How a question is answered: retrieval, generation, tools, conversation, verification."""

    # Retrieval

    top_k: int | None = None
    """The most passages that are read. None: 5 for quotes, enough to fill a model's window."""
    filter: Filter = field(default_factory=Filter)
    """Which documents may be read, and for which user."""
    reranker: str | None = None
    """Folder or hub id of a cross-encoder that orders the best candidates."""

    # Generation

    llm: str | Generator = EXTRACTIVE
    """``extractive`` (quotes, no model), the name of a profile in ``model_profiles``, a model's
    folder or hub id, ``openai:MODEL``, or a loaded ``Generator``."""
    model_profiles: Mapping[str, ModelProfile] = field(default_factory=dict)
    """Models by name, with their server, runtime, tokenizer and price."""
    schema: Mapping[str, Any] | None = None
    """A JSON Schema: the answer is JSON that it allows, and is not verified."""
    max_tokens: int = 512
    """The most tokens that a model writes."""
    temperature: float = 0.0
    """0 is greedy: the same prompt gives the same text."""
    top_p: float = 1.0
    """The share of probability that is sampled from (nucleus sampling)."""
    seed: int | None = None
    """For sampling that can be repeated."""
    stop: tuple[str, ...] = ()
    """Texts before which generation ends."""
    system: str | None = None
    """A system prompt in place of the built-in one."""
    on_text: Callable[[str], None] | None = None
    """Called with each piece of text as a model writes it."""
    should_stop: Callable[[], bool] = lambda: False
    """Asked between tokens; True ends the text there."""
    dry_run: bool = False
    """Stops before anything is generated or sent: the answer holds the hits and the context."""

    # Tools

    tools: Sequence[ToolSpec] = ()
    """What a model may call: names of built-in tools, ``Tool`` objects, typed functions."""
    tool_limits: ToolLimits = field(default_factory=ToolLimits)
    """Bounds on steps, calls, seconds and text of tools."""
    on_tool_result: Callable[[ToolResult], None] | None = None
    """Called with each result of a tool."""

    # Conversation

    history: Sequence[Mapping[str, str]] = ()
    """Earlier turns, oldest first: ``{"role": "user" | "assistant", "content": ...}``."""
    rewrite: bool = True
    """Whether a model rewrites a follow-up question into a standalone one for the search."""
    reserve_followups: bool = False
    """Whether a part of the window is left free for later questions."""
    previous_answer: Answer | None = None
    """The answer before in the conversation; where possible the prompt extends that answer's
    prompt, so that a model with a KV cache reads only what is new."""

    # Verification

    min_confidence: float | None = None
    """The probability from which on an extractive answer is given; None is the fitted one."""
    verifier: str | None = None
    """Folder or hub id of a cross-encoder for natural language inference; None: the bundled one."""
    drop_unsupported: bool = False
    """Leaves claims out that the passages do not support; the text then comes as a whole."""

    def __post_init__(self) -> None:
        if self.top_k is not None and (not isinstance(self.top_k, int) or self.top_k < 1):
            raise InputError(f"top_k must be a whole number of 1 or more, not {self.top_k!r}")
        if not isinstance(self.max_tokens, int) or self.max_tokens < 1:
            raise InputError(f"max_tokens must be a whole number of 1 or more: {self.max_tokens!r}")
        _check_number("temperature", self.temperature, 0.0, 100.0)
        _check_number("top_p", self.top_p, 0.0, 1.0)
        if self.min_confidence is not None:
            _check_number("min_confidence", self.min_confidence, 0.0, 1.0)
        if not isinstance(self.filter, Filter):
            raise InputError(f"filter must be a Filter, not {type(self.filter).__name__}")
        for name in ("stop", "tools", "history"):
            if isinstance(getattr(self, name), str):
                raise InputError(f"{name} must be a collection, not a text")


def _check_number(name: str, value: float, least: float, most: float) -> None:
    if not isinstance(value, int | float) or not least <= value <= most:
        raise InputError(f"{name} must be a number from {least:g} to {most:g}, not {value!r}")
