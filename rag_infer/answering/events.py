"""Events of an answer while it is being made, as ``Index.stream`` yields them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag_infer.types import Answer, ToolResult

Stage = Literal["loading", "searching", "generating"]


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A stage has begun: loading the model, searching the index, generating the text."""

    stage: Stage


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
