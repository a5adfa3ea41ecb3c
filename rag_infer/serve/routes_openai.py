"""The API of OpenAI's clients: ``/v1/models`` and ``/v1/chat/completions``.

A model is called ``INDEX``, or ``INDEX:MODEL`` for another model than the server's default.
Citations come twice: as a list below the text, and as ``url_citation`` annotations whose links open
the page with the words marked. ``rag`` holds the answer in the shape of the REST API.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from rag_infer import Answer, AskOptions, Conversation, GenerationOptions
from rag_infer.errors import RagError
from rag_infer.responses import AnswerResponse, Response
from rag_infer.serve import response_views
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.errors import error_body, internal_error, public_message
from rag_infer.serve.service import Service

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])

MAX_MESSAGE_CHARS = 100_000
MAX_MESSAGES = 500
MAX_OUTPUT_TOKENS = 16_384
DEFAULT_OUTPUT_TOKENS = 512
SERVER_STARTED = int(time.time())
UNREAD_PARTS_WARNING = "attached images, audio and files are not read"


_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


class MessagePart(BaseModel):
    """A part of a message; only the text of one is read."""

    type: str = Field(max_length=100)
    text: str = Field("", max_length=MAX_MESSAGE_CHARS)


class MessageContent(BaseModel):
    """What a message says: a text, or parts of which the texts are read."""

    content: (
        Annotated[str, Field(max_length=MAX_MESSAGE_CHARS)]
        | Annotated[list[MessagePart], Field(max_length=MAX_MESSAGES)]
        | None
    ) = None

    @property
    def text(self) -> str:
        """Its text parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""

    @property
    def has_unread_parts(self) -> bool:
        """Whether it has parts without text, such as images."""
        parts = self.content if isinstance(self.content, list) else []
        return any(part.type not in _TEXT_PARTS for part in parts)


class Message(MessageContent):
    """A message of a chat; those of tools and functions are accepted and not read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]


class StreamOptions(BaseModel):
    """Options of a streamed response."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """Further fields of the protocol are accepted and have no effect."""

    model: str = Field(max_length=300)
    messages: list[Message] = Field(min_length=1, max_length=MAX_MESSAGES)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, description="At most 16,384 are written.")
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0.0, le=2.0)
    top_p: float | None = Field(None, ge=0.0, le=1.0)
    seed: int | None = Field(None, ge=-(2**53), le=2**53, description="-1: none.")
    stop: str | list[str] | None = None


class ModelResponse(Response):
    """An index, with the model that answers."""

    id: str
    object: Literal["model"] = "model"
    created: int = SERVER_STARTED
    owned_by: str = "rag-infer"


class ModelsResponse(Response):
    """The models of this server."""

    object: Literal["list"] = "list"
    data: list[ModelResponse]


class UrlCitationResponse(Response):
    """A quote, by the URL that shows it."""

    start_index: int
    end_index: int
    title: str
    url: str


class AnnotationResponse(Response):
    """A citation in the text of a message."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitationResponse


class ChatMessageResponse(Response):
    """The message with the answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: str | None = None
    annotations: list[AnnotationResponse]


class ChatChoiceResponse(Response):
    """The only choice."""

    index: int = 0
    message: ChatMessageResponse
    finish_reason: Literal["stop", "length", "content_filter"] = "stop"
    logprobs: None = None


class PromptTokensResponse(Response):
    """Tokens of the prompt that a model had in its cache."""

    cached_tokens: int


class ChatUsageResponse(Response):
    """Tokens of the model."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensResponse


class ChatResponse(Response):
    """An answer as a chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoiceResponse]
    usage: ChatUsageResponse
    rag: AnswerResponse


@router.get("/models")
async def models(service: AppService, _user: CurrentUser) -> ModelsResponse:
    """Every index, alone and with each model that may answer."""
    names = [
        name
        for index in service.indexes
        for name in (index, *(f"{index}:{model}" for model in service.models))
    ]
    return ModelsResponse(data=[ModelResponse(id=name) for name in names])


@router.get("/models/{model:path}")
async def model(model: str, service: AppService, _user: CurrentUser) -> ModelResponse:
    """One of the models."""
    resolve_model(service, model)
    return ModelResponse(id=model)


@router.post("/chat/completions", response_model=ChatResponse)
async def chat(body: ChatRequest, service: AppService, user: CurrentUser, request: Request) -> Any:
    """Answers the last user message from an index; earlier turns are its history."""
    index, model = resolve_model(service, body.model)
    turns = [m for m in body.messages if m.role in ("user", "assistant") and m.text.strip()]
    if not turns or turns[-1].role != "user":
        raise HTTPException(400, "the last message must have the role 'user' and a text")
    history = [{"role": m.role, "content": m.text} for m in turns[:-1]]
    task = await service.ask(
        user,
        service.index(index),
        turns[-1].text,
        model,
        conversation=Conversation(history, reserve_followups=False),
        options=AskOptions(generation=_generation_options(body)),
    )
    warnings = [UNREAD_PARTS_WARNING] if turns[-1].has_unread_parts else []
    reply = _ChatReply(f"chatcmpl-{secrets.token_hex(12)}", body, str(request.base_url), index)
    if body.stream:
        return StreamingResponse(reply.events(task, warnings), media_type="text/event-stream")
    return reply.response(await task.answer(request.is_disconnected), warnings)


def _generation_options(body: ChatRequest) -> GenerationOptions:
    """The options of the model; values that clients send out of bounds are clipped to them."""
    system = "\n".join(m.text for m in body.messages if m.role in ("system", "developer"))
    max_tokens = body.max_completion_tokens or body.max_tokens or DEFAULT_OUTPUT_TOKENS
    greedy = body.top_p == 0.0  # no more than the likeliest token
    return GenerationOptions(
        max_tokens=min(max_tokens, MAX_OUTPUT_TOKENS),
        temperature=0.0 if greedy else body.temperature or 0.0,
        top_p=body.top_p or 1.0,
        seed=None if body.seed is None or body.seed < 0 else body.seed % 2**31,
        stop=tuple([body.stop] if isinstance(body.stop, str) else body.stop or ()),
        system=system or None,
    )


def _finish_reason(answer: Answer) -> Literal["stop", "length", "content_filter"]:
    if answer.finish_reason == "length":
        return "length"
    return "content_filter" if answer.finish_reason == "content_filter" else "stop"


class _ChatReply:
    """The reply to one request: complete, or in pieces."""

    def __init__(self, id_: str, body: ChatRequest, base_url: str, index: str) -> None:
        self._id = id_
        self._body = body
        self._base_url = base_url
        self._index = index

    def response(self, answer: Answer, warnings: list[str]) -> ChatResponse:
        """The complete answer."""
        message = ChatMessageResponse(
            content=message_text(answer, warnings), annotations=self._annotations(answer)
        )
        return ChatResponse(
            id=self._id,
            created=int(time.time()),
            model=self._body.model,
            choices=[ChatChoiceResponse(message=message, finish_reason=_finish_reason(answer))],
            usage=_usage(answer),
            rag=response_views.answer_response(answer),
        )

    async def events(self, task: AnswerTask, warnings: list[str]) -> AsyncIterator[str]:
        """The answer as ``chat.completion.chunk`` events."""
        yield self._chunk({"role": "assistant", "content": ""})
        streamed = ""
        async for name, text in task.events():
            if name == "text":
                streamed += text
                yield self._chunk({"content": text})
        try:
            answer = await task.answer()
        except RagError as error:
            yield _data(error_body(public_message(error), "server_error"))
            return
        except Exception as error:  # the status was sent long ago
            logger.exception("answering failed")
            yield _data(error_body(internal_error(error), "server_error"))
            return
        content = message_text(answer, warnings)
        # What was streamed is not repeated; the sources follow it.
        remaining = content.removeprefix(answer.text) if streamed.strip() else content
        annotations = [a.model_dump(mode="json") for a in self._annotations(answer)]
        yield self._chunk({"content": remaining, "annotations": annotations})
        rag = response_views.answer_response(answer).model_dump(mode="json")
        yield self._chunk({}, _finish_reason(answer), rag=rag)
        if self._body.stream_options and self._body.stream_options.include_usage:
            usage = _usage(answer).model_dump(mode="json")
            yield _data(self._head() | {"choices": [], "usage": usage})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> str:
        choice = {
            "index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None,
        }  # fmt: skip
        return _data(self._head() | {"choices": [choice]} | more)

    def _annotations(self, answer: Answer) -> list[AnnotationResponse]:
        cited = url_citations(answer, self._base_url, self._index)
        return [AnnotationResponse(url_citation=citation) for citation in cited]

    def _head(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": self._body.model,
        }


def url_citations(answer: Answer, base_url: str, index: str) -> list[UrlCitationResponse]:
    """A citation for each ``[n]`` in the text of an answer, at its offsets.

    Args:
        answer: The answer.
        base_url: The address of the page.
        index: The index that it is from.
    """
    citations = {c.number: c for c in answer.citations if c.format != response_views.TOOL_FORMAT}
    cited = []
    for match in re.finditer(r"\[(\d{1,4})\]", answer.text):
        citation = citations.get(int(match.group(1)))
        if citation is not None:
            cited.append(
                UrlCitationResponse(
                    start_index=match.start(),
                    end_index=match.end(),
                    title=response_views.citation_response(citation).location,
                    url=response_views.citation_link(base_url, index, citation),
                )
            )
    return cited


def message_text(answer: Answer, warnings: list[str]) -> str:
    """The text of a message: the answer, its sources, what was not read."""
    notes = [f"({warning})" for warning in warnings]
    return "\n\n".join([response_views.answer_with_sources(answer), *notes])


def _data(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _usage(answer: Answer) -> ChatUsageResponse:
    usage = answer.usage
    return ChatUsageResponse(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.output_tokens,
        total_tokens=usage.prompt_tokens + usage.output_tokens,
        prompt_tokens_details=PromptTokensResponse(cached_tokens=usage.cached_tokens),
    )


def resolve_model(service: Service, name: str) -> tuple[str, str | None]:
    """The index and the model that a name of this API means."""
    index, _, model = name.partition(":")
    if index not in service.indexes or (model and model not in service.models):
        raise HTTPException(404, f"the model '{name[:100]}' does not exist; see /v1/models")
    return index, model or None
