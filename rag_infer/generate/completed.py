"""Models that are not asked now: their text comes later, or is there already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag_infer.context.template import BoundedTemplate, Template
from rag_infer.generate.base import FinishReason, GenerateOptions, TokenUsage
from rag_infer.types import ContextPlan

_PIECES = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote to a prompt.

    Attributes:
        text: Its text.
        usage: Tokens as it counted them; None where it does not say.
        finish_reason: Why the text ends, where that is known.
        has_reasoning: Whether it wrote reasoning beside the text.
    """

    text: str
    usage: TokenUsage | None = None
    finish_reason: FinishReason | None = None
    has_reasoning: bool = False


class SilentGenerator:
    """Stands for a model that is asked later: prompts are planned for it, and it writes nothing.

    Args:
        name: Its name.
        window: Its context window in tokens.
        template: How it wants to be asked.
    """

    def __init__(self, name: str, window: int, template: Template) -> None:
        self.name = name
        self.window = window
        self.template = template

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """Nothing."""
        yield from ()


class CompletedGenerator:
    """Writes what a model wrote before, whatever the prompt.

    Args:
        name: The name of the model.
        completion: Its text.
        window_note: What is to be said of its context window.
    """

    window = 0

    def __init__(self, name: str, completion: Completion, window_note: str | None = None) -> None:
        self.name = name
        self.window_note = window_note
        self.template: Template = BoundedTemplate()
        self._completion = completion

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """The text in pieces, so that one that repeats itself is cut as it would be live."""
        completion = self._completion
        if completion.usage is not None:
            options.on_usage(completion.usage)
        if completion.has_reasoning:
            options.on_reasoning(" ")
            yield ""
        if completion.finish_reason is not None:
            options.on_finish(completion.finish_reason)
        for piece in _PIECES.findall(completion.text):
            if options.should_stop():
                return
            yield piece
