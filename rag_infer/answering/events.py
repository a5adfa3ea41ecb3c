"""Events of an answer while it is being made, as ``Index.stream`` yields them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from rag_infer.types import Answer, ToolResult

Stage = Literal["loading", "searching", "reading", "thinking", "generating"]


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A stage has begun.

    The model is loaded, the index searched, a prompt of ``tokens`` tokens read, reasoning written
    that is not shown, the text written. ``detail`` is the query of a further search.
    """

    stage: Stage
    tokens: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class TextEvent:
    """A piece of text.

    The pieces of the last step, joined, are the text of the answer. A model that calls tools writes
    in several steps; the text of the earlier ones leads to the answer and is no part of it.
    """

    text: str
    step: int = 0


@dataclass(frozen=True, slots=True)
class ToolResultEvent:
    """A tool has returned or failed."""

    result: ToolResult


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """The complete answer; always the last event."""

    answer: Answer


StreamEvent = StatusEvent | TextEvent | ToolResultEvent | AnswerEvent
"""What a stream yields; tell the types apart with ``isinstance``."""


def collect_answer(
    events: Iterable[StreamEvent],
    *,
    on_text: Callable[[str], None] | None = None,
    on_step: Callable[[], None] | None = None,
    on_status: Callable[[StatusEvent], None] | None = None,
    on_tool_result: Callable[[ToolResult], None] | None = None,
) -> Answer:
    """Consumes a stream and returns its answer.

    Args:
        events: As ``Index.stream`` yields them.
        on_text: Called with each piece of text, and with a blank line between steps.
        on_step: Called in place of that blank line: the text so far is no part of the answer.
        on_status: Called when a stage begins.
        on_tool_result: Called with each result of a tool.
    """
    last_step: int | None = None
    for event in events:
        if isinstance(event, TextEvent) and on_text is not None:
            if last_step not in (None, event.step):
                on_text("\n\n") if on_step is None else on_step()
            last_step = event.step
            on_text(event.text)
        elif isinstance(event, StatusEvent) and on_status is not None:
            on_status(event)
        elif isinstance(event, ToolResultEvent) and on_tool_result is not None:
            on_tool_result(event.result)
        elif isinstance(event, AnswerEvent):
            return event.answer
    raise ValueError("the stream ended without an answer")
