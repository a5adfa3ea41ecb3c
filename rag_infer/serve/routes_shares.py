"""The REST API of answers that are shared by a link on this server."""

from __future__ import annotations

from fastapi import APIRouter

from rag_infer.errors import InputError
from rag_infer.serve import response_views
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.errors import not_found
from rag_infer.serve.rest_responses import (
    RemovedResponse,
    SharedAnswerResponse,
    ShareIdResponse,
    ShareResponse,
    SharesResponse,
)
from rag_infer.serve.schemas import ShareRequest
from rag_infer.serve.shared_answers import listed_shares, open_share, remove_share, share_answer

router = APIRouter(prefix="/api", tags=["documents and questions"])


@router.post("/shares")
async def share(body: ShareRequest, service: AppService, user: CurrentUser) -> ShareIdResponse:
    """Makes a link to an answer of yours; it ends with the conversation."""
    try:
        link = await service.lookup(
            user, lambda: share_answer(service, user, body.conversation, body.turn)
        )
    except InputError as error:
        raise not_found(error) from error
    return ShareIdResponse(id=link.id)


@router.get("/shares")
async def shares(service: AppService, user: CurrentUser) -> SharesResponse:
    """Your links, the newest first."""
    listed = await service.lookup(user, lambda: listed_shares(service, user))
    return SharesResponse(
        shares=[
            ShareResponse(id=s.id, index=s.index, question=turn.question, at=s.at)
            for s, turn in listed
        ]
    )


@router.get("/shares/{share_id}")
async def shared_answer(
    share_id: str, service: AppService, user: CurrentUser
) -> SharedAnswerResponse:
    """A shared answer with its receipt, for those who may read the documents that it quotes.

    What a model wrote is shown to those who may read all that its owner may read in the index.
    """
    try:
        opened = await service.lookup(user, lambda: open_share(service, user, share_id))
    except InputError as error:
        raise not_found(error) from error
    return SharedAnswerResponse(
        id=opened.share.id,
        owner=opened.share.owner,
        at=opened.share.at,
        index=opened.share.index,
        turn=response_views.turn_response(opened.turn),
        sha256=dict(opened.share.hashes),
        changed=list(opened.changed),
    )


@router.delete("/shares/{share_id}")
async def delete_share(share_id: str, service: AppService, user: CurrentUser) -> RemovedResponse:
    """Deletes a link of yours."""
    try:
        await service.lookup(user, lambda: remove_share(service, user, share_id))
    except InputError as error:
        raise not_found(error) from error
    return RemovedResponse(removed=[share_id])
