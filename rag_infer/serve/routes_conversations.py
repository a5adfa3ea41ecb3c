"""The REST API of a user's own conversations."""

from __future__ import annotations

from fastapi import APIRouter

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

router = APIRouter(prefix="/api", tags=["documents and questions"])


@router.get("/conversations")
async def conversations(service: AppService, user: CurrentUser) -> ConversationsResponse:
    """Your conversations, the newest first."""
    listed = await service.lookup(user, lambda: service.conversations(user).all())
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
