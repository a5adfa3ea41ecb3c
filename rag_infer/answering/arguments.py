"""Arguments of `Index.ask` and its relatives, checked and turned into one request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from rag_infer.answering.conversation import Conversation
from rag_infer.answering.options import AnswerRequest, AskOptions
from rag_infer.answering.tool_registry import unknown_tool
from rag_infer.errors import InputError
from rag_infer.generate.callable_generator import LlmSpec, resolve_llm
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import check_query
from rag_infer.settings import OWN_TOOLS
from rag_infer.tools import Tool

if TYPE_CHECKING:
    from rag_infer.tools import ToolSpec


class AskArguments(TypedDict, total=False):
    """Keyword arguments of `Index.ask`, which the other methods that answer take too."""

    llm: LlmSpec | None
    top_k: int | None
    filter: Filter | None
    tools: Sequence[ToolSpec]
    conversation: Conversation | None
    options: AskOptions | None


def create_request(
    question: str,
    *,
    llm: LlmSpec | None = None,
    top_k: int | None = None,
    filter: Filter | None = None,
    tools: Sequence[ToolSpec] = (),
    conversation: Conversation | None = None,
    options: AskOptions | None = None,
) -> AnswerRequest:
    """The request of a question; parameters are those of `Index.ask`.

    Raises:
        InputError: An argument has the wrong type.
    """
    check_query(question, filter, top_k)
    _check_tools(tools)
    if options is not None and not isinstance(options, AskOptions):
        raise InputError.wrong_type("options", "AskOptions", options)
    if conversation is not None and not isinstance(conversation, Conversation):
        raise InputError.wrong_type("conversation", "Conversation", conversation)
    options = options or AskOptions()
    profiles = dict(options.generation.model_profiles)
    model = resolve_llm(llm, profiles)
    generation = replace(options.generation, model_profiles=profiles)
    return AnswerRequest(
        question,
        llm=model,
        top_k=top_k,
        filter=filter or Filter(),
        tools=tuple(tools),
        history=() if conversation is None else conversation.history,
        previous_answer=None if conversation is None else conversation.previous_answer,
        reserve_followups=conversation is not None and conversation.reserve_followups,
        options=replace(options, generation=generation),
    )


def _check_tools(tools: object) -> None:
    """Tools are checked also where no model uses them: a mistyped name is an error all the same."""
    if isinstance(tools, str | Mapping) or not isinstance(tools, Collection):
        raise InputError.wrong_type("tools", "a sequence of tools", tools)
    for tool in tools:
        if isinstance(tool, str):
            if tool not in OWN_TOOLS:
                raise unknown_tool(tool, OWN_TOOLS)
        elif not callable(tool) and not isinstance(tool, Tool):
            raise InputError.wrong_type("a tool", "a name, a Tool or a function", tool)
