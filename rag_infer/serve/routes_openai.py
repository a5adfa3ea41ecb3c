"""The API of OpenAI's clients: ``/v1/models`` and ``/v1/chat/completions``.

Knows: their shapes.
Does not know: how a question is answered.

A model is called ``INDEX``, or ``INDEX:WRITER`` where another than the server's default shall
write. Citations come twice: as a list below the text, and as ``url_citation`` annotations whose
links open the page with the words marked. ``rag`` holds what has no place in that protocol.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from rag_infer import Answer, AskOptions
from rag_infer.errors import RagError
from rag_infer.serve import serializers
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.middleware import Asker, TheDesk, problem
from rag_infer.serve.service import Service

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
_STARTED = int(time.time())


class MessagePart(BaseModel):
    type: Literal["text"]
    text: str = Field(max_length=100_000)


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[MessagePart] | None = Field(None, max_length=100_000)

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """Further fields of the protocol are taken and have no effect."""

    model: str = Field(max_length=300)
    messages: list[Message] = Field(min_length=1, max_length=500)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, le=16_384)
    max_completion_tokens: int | None = Field(None, ge=1, le=16_384)
    temperature: float | None = Field(None, ge=0.0, le=2.0)
    top_p: float | None = Field(None, gt=0.0, le=1.0)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    stop: str | list[str] | None = None


@router.get("/models")
def models(desk: TheDesk, _person: Asker) -> dict[str, Any]:
    """Every index, alone and with each model that may write its answers."""
    names = [
        name
        for index in desk.indexes
        for name in (index, *(f"{index}:{model}" for model in desk.models))
    ]
    return {"object": "list", "data": [_model(name) for name in names]}


@router.get("/models/{model:path}")
def model(model: str, desk: TheDesk, _person: Asker) -> dict[str, Any]:
    """One of them."""
    _chosen(desk, model)
    return _model(model)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _STARTED, "owned_by": "rag-infer"}


@router.post("/chat/completions", response_model=dict[str, Any])
async def chat(asked: ChatRequest, desk: TheDesk, person: Asker, request: Request) -> Any:
    """Answers the last user message from an index; earlier turns are its history."""
    index, writer = _chosen(desk, asked.model)
    turns = [m for m in asked.messages if m.role in ("user", "assistant") and m.text.strip()]
    if not turns or turns[-1].role != "user":
        raise HTTPException(400, "the last message has to be the user's question")
    system = "\n".join(m.text for m in asked.messages if m.role in ("system", "developer"))
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    options = AskOptions(
        history=[{"role": m.role, "content": m.text} for m in turns[:-1]],
        max_tokens=asked.max_completion_tokens or asked.max_tokens or 512,
        temperature=asked.temperature or 0.0,
        top_p=asked.top_p or 1.0,
        seed=asked.seed,
        stop=tuple(stop),
        system=system or None,
    )
    asking = await desk.ask(person, desk.index(index), turns[-1].text, writer, options)
    base, told = str(request.base_url), f"chatcmpl-{secrets.token_hex(12)}"
    if asked.stream:
        usage = bool(asked.stream_options and asked.stream_options.include_usage)
        pieces = _chunks(asking, told, asked.model, base, index, usage)
        return StreamingResponse(pieces, media_type="text/event-stream")
    found = await asking.answer(request.is_disconnected)
    message = {
        "role": "assistant",
        "content": serializers.with_sources(found),
        "refusal": None,
        "annotations": _annotations(found, base, index),
    }
    return {
        "id": told,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(found),
        "rag": serializers.answer(found),
    }


async def _chunks(
    asking: AnswerTask, told: str, model: str, base: str, index: str, usage: bool
) -> AsyncIterator[str]:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data(_head(told, model) | {"choices": [choice]} | more)

    yield chunk({"role": "assistant", "content": ""})
    written = ""
    async for name, piece in asking.events():
        if name == "text":
            written += piece
            yield chunk({"content": piece})
    try:
        found = await asking.answer()
    except RagError as error:
        yield _data(problem(error.what, "server_error"))
        return
    whole = serializers.with_sources(found)
    # What came piece by piece is not said twice; sources follow it.
    rest = whole.removeprefix(found.text) if written.strip() else whole
    yield chunk({"content": rest, "annotations": _annotations(found, base, index)})
    yield chunk({}, "stop", rag=serializers.answer(found))
    if usage:
        yield _data(_head(told, model) | {"choices": [], "usage": _usage(found)})
    yield "data: [DONE]\n\n"


def _head(told: str, model: str) -> dict[str, Any]:
    return {
        "id": told,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": model,
    }


def _data(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _annotations(found: Answer, base: str, index: str) -> list[dict[str, Any]]:
    """A ``url_citation`` for each ``[n]`` in the text, where it stands."""
    cited = {c.number: c for c in found.citations if c.format != serializers.TOOL}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": mark.start(),
                "end_index": mark.end(),
                "title": serializers.place(cited[int(mark.group(1))]),
                "url": serializers.link(base, index, cited[int(mark.group(1))]),
            },
        }
        for mark in re.finditer(r"\[(\d{1,4})\]", found.text)
        if int(mark.group(1)) in cited
    ]


def _usage(found: Answer) -> dict[str, Any]:
    spent = found.usage
    return {
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.output_tokens,
        "total_tokens": spent.prompt_tokens + spent.output_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cached_tokens},
    }


def _chosen(desk: Service, name: str) -> tuple[str, str | None]:
    """Which index and which writer a model's name means."""
    index, _, writer = name.partition(":")
    if index not in desk.indexes or (writer and writer not in desk.models):
        raise HTTPException(404, f"the model '{name[:100]}' does not exist; see /v1/models")
    return index, writer or None
