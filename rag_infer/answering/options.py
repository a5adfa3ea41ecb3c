"""How a question is to be answered: every choice there is, with its default.

Knows: the choices.
Does not know: what is done with any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag_infer.generate import EXTRACTIVE, Generator
from rag_infer.retrieve import Filter
from rag_infer.settings import ModelProfile
from rag_infer.tools.executor import ToolLimits
from rag_infer.types import Answer, ToolResult

if TYPE_CHECKING:
    from rag_infer.answering.tool_registry import ToolSpec


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How a question is answered.

    ``llm`` is ``extractive`` (quotes, no model), the folder or hub id of a chat model, the
    name of a profile in ``model_profiles``, or a loaded Generator. ``top_k`` is the most passages
    that are
    read; None is 5 for quotes, and for a model enough to choose from for its window. ``dry_run``
    stops before anything is generated or sent: the answer then holds the hits and, for a model,
    the plan. ``history`` is earlier turns, oldest first, as ``{"role": "user" | "assistant",
    "content": ...}``; with it a follow-up question is written anew by the model, to be searched for
    by itself, unless ``rewrite`` is off. ``on_text`` is called with each piece of an answer as a
    model writes it. With ``reserve_followups`` room is left for further questions; with
    ``previous_answer``, the
    answer before in the same conversation, a model's prompt goes on from that answer's wherever it
    can, so that a model which keeps a prefix reads only what is new.
    ``min_confidence`` is the probability from which on an extractive answer is given; None is the
    fitted one. What a model wrote is checked claim by claim against the passages that it saw, by
    ``verifier``: the folder or hub id of a cross-encoder for natural language inference, or None
    for the one that comes with the package. ``drop_unsupported`` leaves out what they do not
    bear; the text
    then comes whole, after checking. ``should_stop`` is asked between tokens. With a ``schema``
    (JSON Schema) a model's answer is JSON that it allows, and is not checked.
    """

    top_k: int | None = None
    filter: Filter = field(default_factory=Filter)
    reranker: str | None = None
    llm: str | Generator = EXTRACTIVE
    model_profiles: Mapping[str, ModelProfile] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    system: str | None = None
    tools: Sequence[ToolSpec] = ()
    tool_limits: ToolLimits = field(default_factory=ToolLimits)
    on_tool_result: Callable[[ToolResult], None] | None = None
    rewrite: bool = True
    reserve_followups: bool = False
    previous_answer: Answer | None = None
    history: Sequence[Mapping[str, str]] = ()
    min_confidence: float | None = None
    verifier: str | None = None
    drop_unsupported: bool = False
    on_text: Callable[[str], None] | None = None
    dry_run: bool = False
    should_stop: Callable[[], bool] = lambda: False
