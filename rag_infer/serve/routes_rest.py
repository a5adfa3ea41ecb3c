"""The REST API: indexes, documents, search, questions, pages."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from rag_infer import AskOptions, GenerationOptions
from rag_infer.conflicts.results import ConflictReport
from rag_infer.errors import InputError, RagError
from rag_infer.extraction.results import Extraction
from rag_infer.responses import (
    AnswerResponse,
    ConflictReportResponse,
    ExtractionResponse,
    SummaryResponse,
)
from rag_infer.retrieve import document_access
from rag_infer.serve import response_views
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.conversation_session import ConversationSession
from rag_infer.serve.dependencies import AppService, CurrentUser, WritingUser
from rag_infer.serve.errors import internal_error, not_found, public_message
from rag_infer.serve.query_parameters import CharacterOffset, DocumentId, PageNumber
from rag_infer.serve.rest_responses import (
    ConversationAnswerResponse,
    DocumentsResponse,
    IndexesResponse,
    IndexResponse,
    PageBlockResponse,
    PageImageResponse,
    PageResponse,
    PageTableResponse,
    RemovedResponse,
    SearchResponse,
    SuggestionsResponse,
    UserDocumentResponse,
    UserResponse,
)
from rag_infer.serve.schemas import (
    AskRequest,
    ConflictsRequest,
    ExtractionRequest,
    SearchRequest,
    SummaryRequest,
)
from rag_infer.serve.sign_on import is_signed_on
from rag_infer.serve.upload_ids import display_document
from rag_infer.summary.options import SummaryOptions
from rag_infer.summary.pipeline import summarize_indexed
from rag_infer.types import Hit

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["documents and questions"])


@router.get("/me")
async def me(service: AppService, user: CurrentUser, request: Request) -> UserResponse:
    """Who you are to this server, and what it offers."""
    return UserResponse(
        name=user.name,
        groups=sorted(user.groups),
        is_shared=user.labels is not None,
        may_write=user.may_write,
        is_signed_on=service.config.oidc is not None and is_signed_on(request.scope),
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


@router.delete("/indexes/{index}/documents")
async def remove(
    index: str, document_id: DocumentId, service: AppService, user: WritingUser
) -> RemovedResponse:
    """Removes a document of yours, and its text from the files of the index."""
    service.index(index)
    try:
        removed = await service.lookup(user, lambda: service.remove(index, document_id, user))
    except InputError as error:
        raise not_found(error) from error
    return RemovedResponse(removed=list(removed))


@router.get("/indexes/{index}/suggestions")
async def suggestions(index: str, service: AppService, user: CurrentUser) -> SuggestionsResponse:
    """A few questions to begin with."""
    target, filter_ = service.index(index), service.filter(user)
    questions = await service.lookup(user, lambda: service.suggestions.questions(target, filter_))
    return SuggestionsResponse(questions=questions)


@router.post("/indexes/{index}/search")
async def search(
    index: str, body: SearchRequest, service: AppService, user: CurrentUser
) -> SearchResponse:
    """The passages nearest to a query, with every score."""
    target = service.index(index)
    filter_ = service.filter(user, body.filter())

    def hits_of_query() -> tuple[list[Hit], list[str]]:
        started = time.perf_counter()
        hits = target.search(body.query, body.top_k, filter=filter_)
        documents = [hit.chunk.document_id for hit in hits]
        service.audit.record("search", user.name, index, text=body.query, documents=documents)
        return hits, target.engine.shard_notes(started)

    hits, notes = await service.compute(user, hits_of_query)
    views = [response_views.hit_response(hit) for hit in hits]
    return SearchResponse(hits=views, warnings=notes)


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
    conversation = await session.store(answer)
    turn = None if conversation is None else session.next_turn
    return ConversationAnswerResponse.model_construct(
        **values, conversation=conversation, turn=turn
    )


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
    service.audit.record("summarize", user.name, index, documents=(row.id,))
    summary = await service.compute(user, lambda: summarize_indexed(engine, row.id, options))
    return response_views.summary_response(summary)


@router.post("/indexes/{index}/extract")
async def extract(
    index: str, body: ExtractionRequest, service: AppService, user: CurrentUser
) -> ExtractionResponse:
    """Fields of documents as a table, each cell with its citation. No model is used."""
    target = service.index(index)
    filter_ = service.filter(user, body.filter())

    def table() -> Extraction:
        extraction = target.extract(body.fields, filter=filter_, max_documents=body.max_documents)
        documents = [row.document_id for row in extraction.rows]
        fields = ", ".join(body.fields)
        service.audit.record("extract", user.name, index, text=fields, documents=documents)
        return extraction

    extraction = await service.compute(user, table)
    return response_views.extraction_response(extraction)


@router.post("/indexes/{index}/conflicts")
async def conflicts(
    index: str, body: ConflictsRequest, service: AppService, user: CurrentUser
) -> ConflictReportResponse:
    """Statements of the same thing that differ between documents, each with its citation."""
    target = service.index(index)
    filter_ = service.filter(user, body.filter())

    def report() -> ConflictReport:
        compared = target.conflicts(filter=filter_, max_documents=body.max_documents)
        quoted = [s.span.document_id for c in compared.conflicts for s in c.statements]
        service.audit.record("compare", user.name, index, documents=quoted)
        return compared

    return response_views.conflicts_response(await service.compute(user, report))


@router.get("/indexes/{index}/page")
async def page(
    index: str, document_id: DocumentId, page_number: PageNumber, service: AppService,
    user: CurrentUser, start: CharacterOffset = 0, end: CharacterOffset = 0,
) -> PageResponse:  # fmt: skip
    """A page's text and structure; for a PDF also where ``[start, end)`` is on its image."""
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
        blocks=[PageBlockResponse.model_validate(block) for block in view.blocks],
        tables=[PageTableResponse.model_validate(table) for table in view.tables],
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
