"""The REST API of uploads: files accepted from requests, and the jobs that index them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from rag_infer.errors import IndexStorageError, InputError
from rag_infer.serve.dependencies import AppService, CurrentUser, WritingUser
from rag_infer.serve.errors import error_body
from rag_infer.serve.multipart import REQUEST_BODY, MultipartFileStream
from rag_infer.serve.rest_responses import (
    JobResponse,
    JobsResponse,
    RejectedFileResponse,
    UploadResponse,
)
from rag_infer.serve.uploads import UploadJob

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["documents and questions"])

MAX_FILES_PER_UPLOAD = 100
MAX_LISTED_JOBS = 200


@router.post(
    "/indexes/{index}/documents",
    status_code=202,
    response_model=UploadResponse,
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def upload(
    index: str,
    service: AppService,
    user: WritingUser,
    request: Request,
    share: Annotated[str | None, Query(max_length=64, description="A group, or everyone.")] = None,
    password: Annotated[
        str | None,
        Header(alias="X-Document-Password", max_length=1000, description="Percent-encoded."),
    ] = None,
) -> Response:
    """Accepts files; each becomes a job. What is in ``accepted`` is on disk and will not be lost.

    A password is for encrypted files of the request; it is not stored.
    Files that are not accepted are in ``rejected`` with the reason; with none accepted it is a 400.
    """
    service.index(index).check_writable()
    received = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal received
        async for data in request.stream():
            received += len(data)
            yield data

    async with service.upload_limiter.slot(user.name):
        files = MultipartFileStream(stream(), request.headers.get("content-type", ""))
        try:
            response = await _accept_files(
                files, index, service, user, share, unquote(password) if password else None
            )
        except ClientDisconnect:
            logger.warning("upload aborted by %s after %d bytes", user.name, received)
            raise HTTPException(400, "the upload was aborted") from None
    if response.accepted:
        return JSONResponse(response.model_dump(mode="json"), 202)
    if not response.rejected:
        raise InputError("no part named 'file' in the request")
    first = response.rejected[0]
    message = ": ".join(filter(None, (first.name, first.error)))
    body = response.model_dump(mode="json") | error_body(message, "invalid_request_error")
    return JSONResponse(body, 400)


async def _accept_files(
    files: MultipartFileStream, index: str, service: AppService, user: CurrentUser,
    share: str | None, password: str | None,
) -> UploadResponse:  # fmt: skip
    accepted: list[JobResponse] = []
    rejected: list[RejectedFileResponse] = []
    try:
        while (name := await files.next_file()) is not None:
            if len(accepted) + len(rejected) == MAX_FILES_PER_UPLOAD:
                raise InputError(f"at most {MAX_FILES_PER_UPLOAD} files per request")
            try:
                job = await service.uploads.accept(
                    files.chunks(), name, index, user, share, password
                )
                accepted.append(JobResponse.model_validate(job))
            except InputError as error:
                rejected.append(RejectedFileResponse(name=name, error=error.what))
            except IndexStorageError as error:
                if not accepted:
                    raise
                rejected.append(RejectedFileResponse(name=name, error=error.what))
    except InputError as error:  # the remaining body is malformed, or too much
        rejected.append(RejectedFileResponse(name="", error=error.what))
    return UploadResponse(accepted=accepted, rejected=rejected)


@router.get("/jobs")
async def jobs(service: AppService, user: CurrentUser) -> JobsResponse:
    """Your uploads, the newest first."""
    listed = service.uploads.jobs_of(user)[:MAX_LISTED_JOBS]
    return JobsResponse(jobs=[JobResponse.model_validate(job) for job in listed])


@router.get("/jobs/{job_id}")
async def job(job_id: str, service: AppService, user: CurrentUser) -> JobResponse:
    """One upload: queued, running, done or failed."""
    match: UploadJob | None = service.uploads.job(job_id, user)
    if match is None:
        raise HTTPException(404, "no such job")
    return JobResponse.model_validate(match)
