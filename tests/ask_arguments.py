"""Arguments of ``Index.ask`` from names alone, so that a test need not group its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from rag_infer import (
    Answer,
    AskOptions,
    Conversation,
    GenerationOptions,
    Index,
    RetrievalOptions,
    ToolResult,
)
from rag_infer.answering.events import collect_answer


def ask_arguments(
    *,
    history: Sequence[Mapping[str, str]] = (),
    previous_answer: Answer | None = None,
    reserve_followups: bool = False,
    **values: Any,
) -> dict[str, Any]:
    """Keyword arguments of ``Index.ask``: each value goes to the group that has such a field."""
    groups: dict[type[Any], dict[str, Any]] = {GenerationOptions: {}, RetrievalOptions: {}}
    rest: dict[str, Any] = {}
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        for group, group_options in groups.items():
            if name in {field.name for field in fields(group)}:
                group_options[name] = value
                break
        else:
            is_argument = name in ("llm", "top_k", "filter", "tools")
            (arguments if is_argument else rest)[name] = value
    options = AskOptions(
        generation=GenerationOptions(**groups[GenerationOptions]),
        retrieval=RetrievalOptions(**groups[RetrievalOptions]),
        **rest,
    )
    if history or previous_answer is not None or reserve_followups:
        arguments["conversation"] = Conversation(
            history, previous_answer=previous_answer, reserve_followups=reserve_followups
        )
    return arguments | {"options": options}


def ask(
    index: Index,
    question: str,
    *,
    on_text: Callable[[str], None] | None = None,
    on_tool_result: Callable[[ToolResult], None] | None = None,
    **values: Any,
) -> Answer:
    """The answer to a question, streamed to the callbacks."""
    events = index.stream(question, **ask_arguments(**values))
    return collect_answer(events, on_text=on_text, on_tool_result=on_tool_result)
