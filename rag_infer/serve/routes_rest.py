"""The REST API: indexes, documents, search, questions, pages, jobs, conversations."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.requests import ClientDisconnect

from rag_infer import AskOptions, GenerationOptions
from rag_infer.errors import InputError, RagError
from rag_infer.responses import AnswerResponse, HitResponse, SummaryResponse
from rag_infer.responses import Response as ResponseModel
from rag_infer.retrieve import document_access
from rag_infer.serve import response_views
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.conversation_session import ConversationSession
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.errors import error_body, internal_error, not_found, public_message
from rag_infer.serve.multipart import REQUEST_BODY, MultipartFileStream
from rag_infer.serve.response_views import ConversationTurnResponse, UserDocumentResponse
from rag_infer.serve.schemas import AskRequest, SearchRequest, SummaryRequest
from rag_infer.serve.upload_ids import display_document
from rag_infer.serve.uploads import UploadJob, UploadState
from rag_infer.summary.pipeline import SummaryOptions, summarize_indexed

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["documents and questions"])

MAX_FILES_PER_UPLOAD = 100
MAX_LISTED_JOBS = 200
CharacterOffset = Annotated[int, Query(ge=0, le=1_000_000_000)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
DocumentId = Annotated[str, Query(min_length=1, max_length=1000)]


class UserResponse(ResponseModel):
    """Who you are to this server, and what it offers. ``is_shared``: it has several users."""

    name: str
    groups: list[str]
    is_shared: bool
    indexes: list[str]
    models: list[str]
    max_upload_bytes: int


class IndexResponse(ResponseModel):
    """An index, and how many of its documents you may read."""

    name: str
    documents: int


class IndexesResponse(ResponseModel):
    """The indexes of the server."""

    indexes: list[IndexResponse]


class DocumentsResponse(ResponseModel):
    """Documents that you may read."""

    documents: list[UserDocumentResponse]


class JobResponse(ResponseModel):
    """An upload and its state."""

    id: str
    index: str
    document_id: str
    name: str
    owner: str
    bytes: int
    created: float
    state: UploadState
    pages: int
    chunks: int
    notes: list[str]
    error: str | None


class JobsResponse(ResponseModel):
    """Your uploads, the newest first."""

    jobs: list[JobResponse]


class RejectedFileResponse(ResponseModel):
    """A file that was not accepted, and why."""

    name: str
    error: str


class UploadResponse(ResponseModel):
    """The files of a request: what is accepted is on disk and will be indexed."""

    accepted: list[JobResponse]
    rejected: list[RejectedFileResponse]


class RemovedResponse(ResponseModel):
    """What was removed, by id."""

    removed: list[str]


class SearchResponse(ResponseModel):
    """Passages, best first."""

    hits: list[HitResponse]


class ConversationAnswerResponse(AnswerResponse):
    """An answer, and the conversation that it was stored in."""

    conversation: str | None = None


class PageImageResponse(ResponseModel):
    """Size of a page's image; boxes are left, top, width, height as shares of it."""

    width: int
    height: int
    boxes: list[list[float]]


class PageResponse(ResponseModel):
    """A page's text; for a PDF also where the span is on its image. ``note``: why there is none."""

    document_id: str
    name: str
    title: str | None
    format: str
    page_number: int
    pages: int
    page_label: str | None
    text: str
    image: PageImageResponse | None
    note: str | None


class ConversationResponse(ResponseModel):
    """A conversation as it is listed; ``changed`` is UTC."""

    id: str
    index: str
    title: str
    changed: str
    turns: int


class ConversationsResponse(ResponseModel):
    """Your conversations, the newest first."""

    conversations: list[ConversationResponse]


class TurnsResponse(ResponseModel):
    """The turns of a conversation, oldest first."""

    turns: list[ConversationTurnResponse]


@router.get("/me")
async def me(service: AppService, user: CurrentUser) -> UserResponse:
    """Who you are to this server, and what it offers."""
    return UserResponse(
        name=user.name,
        groups=sorted(user.groups),
        is_shared=user.labels is not None,
        indexes=list(service.indexes),
        models=list(service.models),
        max_upload_bytes=service.config.limits.max_upload_bytes,
    )


@router.get("/indexes")
async def indexes(service: AppService, user: CurrentUser) -> IndexesResponse:
    """The indexes, each with how many documents you may read."""

    def count() -> list[IndexResponse]:
        return [
            IndexResponse(name=name, documents=len(index.documents(service.filter(user))))
            for name, index in service.indexes.items()
        ]

    return IndexesResponse(indexes=await service.lookup(user, count))


@router.get("/indexes/{index}/documents")
async def documents(index: str, service: AppService, user: CurrentUser) -> DocumentsResponse:
    """The documents that you may read."""

    def rows() -> list[UserDocumentResponse]:
        listed = service.index(index).documents(service.filter(user))
        return [response_views.document_response(row, user) for row in listed]

    return DocumentsResponse(documents=await service.lookup(user, rows))


@router.post(
    "/indexes/{index}/documents",
    status_code=202,
    response_model=UploadResponse,
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def upload(
    index: str,
    service: AppService,
    user: CurrentUser,
    request: Request,
    share: Annotated[str | None, Query(max_length=64, description="A group, or everyone.")] = None,
) -> Response:
    """Accepts files; each becomes a job. What is in ``accepted`` is on disk and will not be lost.

    Files that are not accepted are in ``rejected`` with the reason; with none accepted it is a 400.
    """
    service.index(index)
    received = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal received
        async for data in request.stream():
            received += len(data)
            yield data

    async with service.upload_limiter.slot(user.name):
        files = MultipartFileStream(stream(), request.headers.get("content-type", ""))
        try:
            response = await _accept_files(files, index, service, user, share)
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
    share: str | None,
) -> UploadResponse:  # fmt: skip
    accepted: list[JobResponse] = []
    rejected: list[RejectedFileResponse] = []
    try:
        while (name := await files.next_file()) is not None:
            if len(accepted) + len(rejected) == MAX_FILES_PER_UPLOAD:
                raise InputError(f"at most {MAX_FILES_PER_UPLOAD} files per request")
            try:
                job = await service.uploads.accept(files.chunks(), name, index, user, share)
                accepted.append(JobResponse.model_validate(job))
            except InputError as error:
                rejected.append(RejectedFileResponse(name=name, error=error.what))
    except InputError as error:  # the remaining body is malformed, or too much
        rejected.append(RejectedFileResponse(name="", error=error.what))
    return UploadResponse(accepted=accepted, rejected=rejected)


@router.delete("/indexes/{index}/documents")
async def remove(
    index: str, document_id: DocumentId, service: AppService, user: CurrentUser
) -> RemovedResponse:
    """Removes a document of yours, and its text from the files of the index."""
    service.index(index)
    try:
        removed = await service.lookup(user, lambda: service.remove(index, document_id, user))
    except InputError as error:
        raise not_found(error) from error
    return RemovedResponse(removed=list(removed))


@router.post("/indexes/{index}/search")
async def search(
    index: str, body: SearchRequest, service: AppService, user: CurrentUser
) -> SearchResponse:
    """The passages nearest to a query, with every score."""
    target = service.index(index)
    filter_ = service.filter(user, body.filter())
    hits = await service.compute(
        user, lambda: target.search(body.query, body.top_k, filter=filter_)
    )
    return SearchResponse(hits=[response_views.hit_response(hit) for hit in hits])


@router.post("/indexes/{index}/ask", response_model=ConversationAnswerResponse)
async def ask(
    index: str, body: AskRequest, service: AppService, user: CurrentUser, request: Request
) -> Any:
    """Answers a question with citations of the exact words.

    With ``stream`` the response is server-sent events: ``status`` (``loading`` a model,
    ``searching``), ``text`` pieces while a model writes, then ``answer``, or ``error``.
    """
    target = service.index(index)
    try:
        session = await service.lookup(
            user, lambda: ConversationSession(service, user, index, body.conversation)
        )
    except InputError as error:
        raise not_found(error) from error
    generation = GenerationOptions(max_tokens=body.max_tokens, temperature=body.temperature)
    task = await service.ask(
        user,
        target,
        body.question,
        body.model,
        top_k=body.top_k,
        filter_=body.filter(),
        conversation=session.conversation(),
        options=AskOptions(generation=generation),
    )
    if body.stream:
        return StreamingResponse(_answer_events(task, session), media_type="text/event-stream")
    return await _finished(task, session, request)


async def _finished(
    task: AnswerTask, session: ConversationSession, request: Request | None = None
) -> ConversationAnswerResponse:
    answer = await task.answer(request.is_disconnected if request else None)
    response = response_views.answer_response(answer)
    values = {name: getattr(response, name) for name in AnswerResponse.model_fields}
    return ConversationAnswerResponse.model_construct(**values, conversation=session.store(answer))


async def _answer_events(task: AnswerTask, session: ConversationSession) -> AsyncIterator[str]:
    async for name, text in task.events():
        yield _server_sent_event(name, text)
    try:
        response = await _finished(task, session)
        yield _server_sent_event("answer", response.model_dump(mode="json"))
    except RagError as error:
        yield _server_sent_event("error", public_message(error))
    except Exception as error:  # the status was sent long ago
        logger.exception("answering failed")
        yield _server_sent_event("error", internal_error(error))


def _server_sent_event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


@router.post("/indexes/{index}/summarize")
async def summarize(
    index: str, body: SummaryRequest, service: AppService, user: CurrentUser
) -> SummaryResponse:
    """The points of a document with their sources, and what was read of it."""
    engine = service.index(index).engine
    try:
        row = await service.lookup(
            user,
            lambda: document_access.document(
                engine.snapshot, body.document_id, service.filter(user)
            ),
        )
    except InputError as error:
        raise not_found(error) from error
    options = SummaryOptions(
        bullets=body.bullets, words=body.words, outline=body.outline, question=body.question
    )
    summary = await service.compute(user, lambda: summarize_indexed(engine, row.id, options))
    return response_views.summary_response(summary)


@router.get("/indexes/{index}/page")
async def page(
    index: str, document_id: DocumentId, page_number: PageNumber, service: AppService,
    user: CurrentUser, start: CharacterOffset = 0, end: CharacterOffset = 0,
) -> PageResponse:  # fmt: skip
    """A page's text; for a PDF also where ``[start, end)`` is on its image."""
    span = (start, end) if end > start else None
    try:
        view, image, note = await service.page(index, document_id, page_number, span, user)
    except InputError as error:
        raise not_found(error) from error
    size = None
    if image is not None:
        boxes = [list(box) for span_boxes in image.boxes for box in span_boxes]
        size = PageImageResponse(width=image.width, height=image.height, boxes=boxes)
    return PageResponse(
        document_id=document_id,
        name=display_document(document_id),
        title=view.title,
        format=view.format,
        page_number=view.number,
        pages=view.pages,
        page_label=view.label,
        text=view.text,
        image=size,
        note=note,
    )


@router.get(
    "/indexes/{index}/page-image",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
async def page_image(
    index: str, document_id: DocumentId, page_number: PageNumber, service: AppService,
    user: CurrentUser, start: CharacterOffset = 0, end: CharacterOffset = 0,
) -> Response:  # fmt: skip
    """A page of a PDF as it is printed (PNG)."""
    span = (start, end) if end > start else None
    try:
        image = await service.page_image(index, document_id, page_number, span, user)
    except InputError as error:
        raise not_found(error) from error
    if image is None:
        raise HTTPException(404, "no page images for this document")
    return Response(image.png, media_type="image/png")


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
