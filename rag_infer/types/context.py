"""What enters a model's context window: passages and results of tools, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag_infer.types.documents import Hit
from rag_infer.types.json_result import JsonResult


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model asks of a tool. ``arguments`` are as it wrote them, not checked yet."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult(JsonResult):
    """What a tool gave back on the way to an answer. ``id`` is the caller's, made up if empty.

    ``is_error``: ``text`` says why there is nothing. ``hits`` are passages of the index that the
    text shows, ``documents`` those that it was made from.
    """

    name: str
    arguments: Mapping[str, Any]
    text: str
    id: str = ""
    is_error: bool = False
    seconds: float = 0.0
    hits: tuple[Hit, ...] = ()
    documents: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """``calculator: 12 * 30``: the call, as a citation names it."""
        arguments = "; ".join(
            str(value) if len(self.arguments) == 1 else f"{name}: {value}"
            for name, value in self.arguments.items()
        )
        return f"{self.name}: {arguments}" if arguments else self.name


@dataclass(frozen=True, slots=True)
class PromptPassage:
    """A passage as it stands in a prompt: numbered, fenced, whole or cut between sentences.

    ``hit.chunk.text[start:end]`` is what is shown of it; a ``is_cut`` one is marked where words are
    missing.
    """

    number: int
    hit: Hit
    text: str
    tokens: int
    start: int
    end: int

    @property
    def is_cut(self) -> bool:
        return (self.start, self.end) != (0, len(self.hit.chunk.text))


@dataclass(frozen=True, slots=True)
class PromptToolResult:
    """What a tool gave back as it stands in a prompt: numbered after the passages, perhaps cut.

    ``result`` is as it is shown; ``source.text[start:end]`` is what is shown of what the tool gave.
    ``tokens`` is about what it takes, the call included.
    """

    number: int
    result: ToolResult
    tokens: int
    source: ToolResult
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OmittedItem:
    """Something that did not enter the window, why, and how many tokens it would have taken.

    ``layer`` is that of the plan's ledger. Passages that no room was left for are not counted one
    by one; their tokens are those of the index.
    """

    item: str
    reason: str
    tokens: int
    layer: str = "passages"


@dataclass(frozen=True, slots=True)
class ContextPlan(JsonResult):
    """What enters the window, in order, counted in the model's own tokens.

    ``prompt`` is the rendered ``messages``; ``tokens + reserve <= window`` always. ``layers`` are
    (name, tokens) and add up to ``tokens``. ``tools`` go beside the messages where the template
    has a place for them; otherwise they are part of the system text and this is empty.
    ``is_upper_bound``: the counts are upper bounds, as the model's tokenizer is not at hand.
    """

    messages: tuple[Mapping[str, Any], ...]
    prompt: str
    tokens: int
    window: int
    reserve: int
    layers: tuple[tuple[str, int], ...]
    passages: tuple[PromptPassage, ...]
    omitted: tuple[OmittedItem, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_results: tuple[PromptToolResult, ...] = ()
    is_upper_bound: bool = False
