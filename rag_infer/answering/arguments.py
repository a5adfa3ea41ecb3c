"""Arguments of `Index.ask` and its relatives, checked and turned into one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from rag_infer.answering.conversation import Conversation
from rag_infer.answering.options import AnswerRequest, AskOptions
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Generator
from rag_infer.generate.callable_generator import ChatFunction, as_generator
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import check_query
from rag_infer.settings import ModelProfile

if TYPE_CHECKING:
    from rag_infer.tools import ToolSpec

LlmSpec = str | ModelProfile | Generator | ChatFunction


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
    if isinstance(tools, str):
        raise InputError("tools must be a sequence, not one name", code="invalid_argument")
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


def resolve_llm(llm: LlmSpec | None, profiles: dict[str, ModelProfile]) -> str | Generator:
    """The name of a model or a loaded one; a profile is added to `profiles`."""
    if llm is None:
        return EXTRACTIVE
    if isinstance(llm, str):
        return llm
    if isinstance(llm, ModelProfile):
        profiles[llm.name] = llm
        return llm.name
    return as_generator(llm)
