"""The REST API of who may read a document."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from rag_infer.errors import InputError
from rag_infer.serve.dependencies import AppService, CurrentUser, WritingUser
from rag_infer.serve.document_groups import DocumentGroups, change_groups, document_groups
from rag_infer.serve.errors import not_found
from rag_infer.serve.query_parameters import DocumentId
from rag_infer.serve.rest_responses import DocumentGroupsResponse
from rag_infer.serve.schemas import AccessChange

router = APIRouter(prefix="/api", tags=["documents and questions"])


@router.get("/indexes/{index}/access")
async def access(
    index: str, document_id: DocumentId, service: AppService, user: CurrentUser
) -> DocumentGroupsResponse:
    """Who may read a document, as far as you may know."""
    return await _groups(service, index, document_id, user)


@router.put("/indexes/{index}/access")
async def change_access(
    index: str, body: AccessChange, service: AppService, user: WritingUser
) -> DocumentGroupsResponse:
    """Changes who may read a document of yours; operators change that of all they may read.

    Of an indexed folder, rules of a ``.ragaccess`` file count again when the folder is indexed.
    """
    service.index(index).check_writable()

    def change() -> None:
        change_groups(service, index, body.document_id, user, body.groups, everyone=body.everyone)

    try:
        await service.lookup(user, change)
    except InputError as error:
        raise (error if error.code == "invalid_argument" else not_found(error)) from error
    try:
        return await _groups(service, index, body.document_id, user)
    except HTTPException:  # an operator who is in none of its groups now
        return DocumentGroupsResponse(
            owner=None, is_everyone=False, groups=body.groups, people=[], may_change=False,
            choices=[],
        )  # fmt: skip


async def _groups(
    service: AppService, index: str, document_id: str, user: CurrentUser
) -> DocumentGroupsResponse:
    def look_up() -> DocumentGroups:
        return document_groups(service, index, document_id, user)

    try:
        return DocumentGroupsResponse.model_validate(await service.lookup(user, look_up))
    except InputError as error:
        raise not_found(error) from error
