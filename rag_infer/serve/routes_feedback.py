"""The REST API of what a user says of answers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from rag_infer.errors import InputError
from rag_infer.retrieve import document_access
from rag_infer.serve.auth import User
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.errors import not_found
from rag_infer.serve.rest_responses import (
    FeedbackIdResponse,
    FeedbackListResponse,
    FeedbackResponse,
    RemovedResponse,
)
from rag_infer.serve.schemas import FeedbackRequest, PassagePlace
from rag_infer.serve.service import Service
from rag_infer.userdata.conversations import CitedSource

router = APIRouter(prefix="/api", tags=["documents and questions"])
FeedbackId = Annotated[int, Path(ge=1, le=2**53)]


@router.post("/feedback")
async def add_feedback(
    body: FeedbackRequest, service: AppService, user: CurrentUser
) -> FeedbackIdResponse:
    """Stores that an answer of a conversation of yours is right or wrong."""
    conversations, store = service.conversations(user), service.feedback(user)

    def add() -> int:
        turns = conversations.turns(body.conversation)
        number = body.turn or len(turns)
        if not 1 <= number <= len(turns):
            raise InputError("no such turn", where=str(number), code="unknown_conversation")
        index = next(c.index for c in conversations.all() if c.id == body.conversation)
        place = body.passage
        passage = None if place is None else _passage(service, user, index, place)
        return store.add(
            index,
            turns[number - 1],
            is_right=body.is_right,
            correction=body.correction,
            passage=passage,
        )

    try:
        return FeedbackIdResponse(id=await service.lookup(user, add))
    except InputError as error:
        if error.code == "invalid_argument":
            raise
        raise not_found(error) from error


def _passage(service: Service, user: User, index: str, place: PassagePlace) -> CitedSource:
    """A passage that the user may read. Raises InputError for others."""
    snapshot, filter_ = service.index(index).engine.snapshot, service.filter(user)
    page = document_access.page(snapshot, place.document_id, place.page_number, filter_)
    return CitedSource(
        0, place.document_id, page.text[place.start : place.end], place.document_id,
        place.page_number, place.start, place.end, page.format,
    )  # fmt: skip


@router.get("/feedback")
async def list_feedback(service: AppService, user: CurrentUser) -> FeedbackListResponse:
    """What you said of answers, oldest first."""
    listed = await service.lookup(user, lambda: service.feedback(user).all())
    return FeedbackListResponse(feedback=[FeedbackResponse.model_validate(f) for f in listed])


@router.delete("/feedback/{feedback_id}")
async def delete_feedback(
    feedback_id: FeedbackId, service: AppService, user: CurrentUser
) -> RemovedResponse:
    """Deletes what you said of an answer, text and all."""
    try:
        await service.lookup(user, lambda: service.feedback(user).remove(feedback_id))
    except InputError as error:
        raise not_found(error) from error
    return RemovedResponse(removed=[str(feedback_id)])
