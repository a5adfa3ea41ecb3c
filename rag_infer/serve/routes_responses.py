"""The newer API of OpenAI's clients: ``/v1/responses``, without memory of earlier responses.

Citations are ``url_citation`` annotations of the text; ``rag`` holds the answer in the shape of the
REST API. Earlier turns are sent in ``input``.
"""

from __future__ import annotations

import json
import logging
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
from rag_infer.serve.errors import internal_error, public_message
from rag_infer.serve.routes_openai import (
    DEFAULT_OUTPUT_TOKENS,
    MAX_MESSAGE_CHARS,
    MAX_MESSAGES,
    MAX_OUTPUT_TOKENS,
    UNREAD_PARTS_WARNING,
    MessageContent,
    PromptTokensResponse,
    UrlCitationResponse,
    message_text,
    resolve_model,
    url_citations,
)

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])


class InputItem(MessageContent):
    """A message; items of other types (calls of tools, reasoning) are accepted and not read."""

    type: str = Field("message", max_length=100)
    role: Literal["system", "developer", "user", "assistant"] | None = None


class ResponsesRequest(BaseModel):
    """Further fields of the protocol are accepted and have no effect."""

    model: str = Field(max_length=300)
    input: (
        Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE_CHARS)]
        | Annotated[list[InputItem], Field(min_length=1, max_length=MAX_MESSAGES)]
    )
    instructions: str | None = Field(None, max_length=MAX_MESSAGE_CHARS)
    previous_response_id: str | None = Field(None, max_length=200)
    stream: bool = False
    max_output_tokens: int | None = Field(None, ge=1, description="At most 16,384 are written.")
    temperature: float | None = Field(None, ge=0.0, le=2.0)
    top_p: float | None = Field(None, ge=0.0, le=1.0)


class TextAnnotationResponse(UrlCitationResponse):
    """A citation in the text of an output message."""

    type: Literal["url_citation"] = "url_citation"


class OutputTextResponse(Response):
    """The text of an output message."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[TextAnnotationResponse]


class OutputMessageResponse(Response):
    """The message with the answer."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Literal["completed", "incomplete"] = "completed"
    content: list[OutputTextResponse]


class ReasoningTokensResponse(Response):
    """Tokens of a model's reasoning; they are not counted apart."""

    reasoning_tokens: int = 0


class OutputUsageResponse(Response):
    """Tokens of the model."""

    input_tokens: int
    input_tokens_details: PromptTokensResponse
    output_tokens: int
    output_tokens_details: ReasoningTokensResponse = ReasoningTokensResponse()
    total_tokens: int


class IncompleteResponse(Response):
    """Why an answer ends early."""

    reason: Literal["max_output_tokens", "content_filter"]


_INCOMPLETE = {
    "length": IncompleteResponse(reason="max_output_tokens"),
    "content_filter": IncompleteResponse(reason="content_filter"),
}


class ResponsesResponse(Response):
    """An answer as a response; ``rag`` is the answer in the shape of the REST API."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["completed", "incomplete"]
    model: str
    output: list[OutputMessageResponse]
    usage: OutputUsageResponse
    incomplete_details: IncompleteResponse | None = None
    error: None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    parallel_tool_calls: bool = False
    previous_response_id: None = None
    store: bool = False
    temperature: float | None = None
    tool_choice: Literal["none"] = "none"
    tools: list[str] = Field(default_factory=list)
    top_p: float | None = None
    rag: AnswerResponse


@router.post("/responses", response_model=ResponsesResponse)
async def responses(
    body: ResponsesRequest, service: AppService, user: CurrentUser, request: Request
) -> Any:
    """Answers the last user message of the input from an index; earlier ones are its history."""
    index, model = resolve_model(service, body.model)
    if body.previous_response_id is not None:
        raise HTTPException(400, "responses are not kept here; send the earlier turns in 'input'")
    items = _items(body)
    turns = [item for item in items if item.role in ("user", "assistant") and item.text.strip()]
    if not turns or turns[-1].role != "user":
        raise HTTPException(400, "the last item must have the role 'user' and a text")
    history = [{"role": str(item.role), "content": item.text} for item in turns[:-1]]
    systems = [item.text for item in items if item.role in ("system", "developer")]
    system = "\n".join(filter(None, (body.instructions, *systems)))
    task = await service.ask(
        user,
        service.index(index),
        turns[-1].text,
        model,
        conversation=Conversation(history, reserve_followups=False),
        options=AskOptions(
            generation=GenerationOptions(
                max_tokens=min(body.max_output_tokens or DEFAULT_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS),
                temperature=0.0 if body.top_p == 0.0 else body.temperature or 0.0,
                top_p=body.top_p or 1.0,
                system=system or None,
            )
        ),
    )
    warnings = [UNREAD_PARTS_WARNING] if turns[-1].has_unread_parts else []
    reply = _Reply(body, str(request.base_url), index, warnings)
    if body.stream:
        return StreamingResponse(reply.events(task), media_type="text/event-stream")
    return reply.response(await task.answer(request.is_disconnected))


def _items(body: ResponsesRequest) -> list[InputItem]:
    if isinstance(body.input, str):
        return [InputItem(type="message", role="user", content=body.input)]
    return [item for item in body.input if item.type == "message"]


class _Reply:
    """The reply to one request: complete, or as events."""

    def __init__(
        self, body: ResponsesRequest, base_url: str, index: str, warnings: list[str]
    ) -> None:
        self._body = body
        self._base_url = base_url
        self._index = index
        self._warnings = warnings
        self._id = f"resp_{secrets.token_hex(16)}"
        self._message_id = f"msg_{secrets.token_hex(16)}"
        self._created = int(time.time())
        self._number = -1

    def response(self, answer: Answer) -> ResponsesResponse:
        """The complete answer."""
        reason = _INCOMPLETE.get(answer.finish_reason or "")
        usage = answer.usage
        return ResponsesResponse(
            id=self._id,
            created_at=self._created,
            status="incomplete" if reason else "completed",
            model=self._body.model,
            output=[self._message(answer)],
            usage=OutputUsageResponse(
                input_tokens=usage.prompt_tokens,
                input_tokens_details=PromptTokensResponse(cached_tokens=usage.cached_tokens),
                output_tokens=usage.output_tokens,
                total_tokens=usage.prompt_tokens + usage.output_tokens,
            ),
            incomplete_details=reason,
            instructions=self._body.instructions,
            max_output_tokens=self._body.max_output_tokens,
            temperature=self._body.temperature,
            top_p=self._body.top_p,
            rag=response_views.answer_response(answer),
        )

    async def events(self, task: AnswerTask) -> AsyncIterator[str]:
        """The answer as the events of the protocol, with its sources as the last piece of text."""
        begun = {**self._head("in_progress"), "output": [], "usage": None}
        message = {"id": self._message_id, "type": "message", "role": "assistant"}
        content_part = {"output_index": 0, "item_id": self._message_id, "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield self._event("created", response=begun)
        yield self._event("in_progress", response=begun)
        item = {**message, "status": "in_progress", "content": []}
        yield self._event("output_item.added", output_index=0, item=item)
        yield self._event("content_part.added", **content_part, part=empty)
        streamed = ""
        async for name, text in task.events():
            if name == "text":
                streamed += text
                yield self._event("output_text.delta", **content_part, delta=text, logprobs=[])
        try:
            answer = await task.answer()
        except RagError as error:
            yield self._failure(public_message(error))
            return
        except Exception as error:  # the status was sent long ago
            logger.exception("answering failed")
            yield self._failure(internal_error(error))
            return
        complete = self.response(answer).model_dump(mode="json")
        item = complete["output"][0]
        text = item["content"][0]["text"]
        # What was streamed is not repeated; the sources follow it.
        remaining = text.removeprefix(answer.text) if streamed.strip() else text
        if remaining:
            yield self._event("output_text.delta", **content_part, delta=remaining, logprobs=[])
        yield self._event("output_text.done", **content_part, text=text, logprobs=[])
        yield self._event("content_part.done", **content_part, part=item["content"][0])
        yield self._event("output_item.done", output_index=0, item=item)
        yield self._event(complete["status"], response=complete)

    def _message(self, answer: Answer) -> OutputMessageResponse:
        cited = url_citations(answer, self._base_url, self._index)
        annotations = [TextAnnotationResponse(**citation.model_dump()) for citation in cited]
        text = message_text(answer, self._warnings)
        content = [OutputTextResponse(text=text, annotations=annotations)]
        return OutputMessageResponse(id=self._message_id, content=content)

    def _failure(self, message: str) -> str:
        error = {"code": "server_error", "message": message}
        failed = {**self._head("failed"), "output": [], "usage": None, "error": error}
        return self._event("failed", response=failed)

    def _head(self, status: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "model": self._body.model,
        }

    def _event(self, name: str, **fields: Any) -> str:
        self._number += 1
        body = {"type": f"response.{name}", "sequence_number": self._number, **fields}
        return f"event: response.{name}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"
