"""The REST API of a user's own conversations."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from rag_infer.errors import InputError
from rag_infer.serve import response_views
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.errors import not_found
from rag_infer.serve.rest_responses import (
    ConversationResponse,
    ConversationsResponse,
    RemovedResponse,
    TurnsResponse,
)
from rag_infer.serve.schemas import ConversationChange
from rag_infer.userdata.conversation_docx import as_docx
from rag_infer.userdata.conversations import StoredConversation, as_markdown

_MEDIA_TYPES = {
    "markdown": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
router = APIRouter(prefix="/api", tags=["documents and questions"])


@router.get("/conversations")
async def conversations(
    service: AppService, user: CurrentUser, words: Annotated[str, Query(max_length=200)] = ""
) -> ConversationsResponse:
    """Your conversations, the newest first; with ``words`` those that have all of them."""
    listed = await service.lookup(user, lambda: service.conversations(user).all(words=words))
    return ConversationsResponse(
        conversations=[ConversationResponse.model_validate(item) for item in listed]
    )


@router.get("/conversations/{conversation}")
async def conversation(conversation: str, service: AppService, user: CurrentUser) -> TurnsResponse:
    """The turns of a conversation of yours, oldest first."""
    try:
        turns = await service.lookup(user, lambda: service.conversations(user).turns(conversation))
    except InputError as error:
        raise not_found(error) from error
    return TurnsResponse(turns=[response_views.turn_response(turn) for turn in turns])


@router.patch("/conversations/{conversation}")
async def rename_conversation(
    conversation: str, body: ConversationChange, service: AppService, user: CurrentUser
) -> ConversationResponse:
    """Gives a conversation of yours another title."""
    store = service.conversations(user)

    def rename() -> StoredConversation:
        store.rename(conversation, body.title)
        return next(c for c in store.all() if c.id == conversation)

    try:
        return ConversationResponse.model_validate(await service.lookup(user, rename))
    except InputError as error:
        if error.code == "unknown_conversation":
            raise not_found(error) from error
        raise


@router.get(
    "/conversations/{conversation}/export",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in _MEDIA_TYPES.values()}}},
)
async def export_conversation(
    conversation: str,
    service: AppService,
    user: CurrentUser,
    format: Literal["markdown", "docx"] = "markdown",
) -> Response:
    """A conversation of yours as a file: questions, answers, sources with their quotes."""
    store = service.conversations(user)

    def export() -> bytes:
        turns = [response_views.named_turn(turn) for turn in store.turns(conversation)]
        title = next((c.title for c in store.all() if c.id == conversation), conversation)
        if format == "docx":
            return as_docx(title, turns)
        return f"# {title}\n\n{as_markdown(turns)}".encode()

    try:
        content = await service.lookup(user, export)
    except InputError as error:
        raise not_found(error) from error
    return Response(content, media_type=_MEDIA_TYPES[format])


@router.delete("/conversations/{conversation}")
async def delete_conversation(
    conversation: str, service: AppService, user: CurrentUser
) -> RemovedResponse:
    """Deletes a conversation of yours, text and all."""
    try:
        await service.lookup(user, lambda: service.conversations(user).remove(conversation))
    except InputError as error:
        raise not_found(error) from error
    service.forget_answers(user, conversation)
    return RemovedResponse(removed=[conversation])
