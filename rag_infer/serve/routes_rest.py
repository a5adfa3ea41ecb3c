"""The REST API: indexes, documents, search, questions, pages, jobs, conversations.

Knows: paths, and whom each request is for.
Does not know: how any of it is done.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from rag_infer import AskOptions
from rag_infer.errors import InputError, RagError
from rag_infer.retrieve import document_access
from rag_infer.serve import serializers
from rag_infer.serve.answer_task import AnswerTask
from rag_infer.serve.conversation_session import ConversationSession
from rag_infer.serve.middleware import Asker, TheDesk
from rag_infer.serve.multipart import BODY, MultipartFileStream
from rag_infer.serve.schemas import AskRequest, SearchRequest, SummaryRequest
from rag_infer.serve.service import Service
from rag_infer.serve.upload_ids import owner, shown_document
from rag_infer.serve.uploads import plain
from rag_infer.summary.pipeline import SummaryOptions, summarize_indexed

router = APIRouter(prefix="/api", tags=["documents and questions"])
_MOST_FILES = 100
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
Number = Annotated[int, Query(ge=1, le=1_000_000)]
DocumentId = Annotated[str, Query(max_length=1000)]


@router.get("/me")
def me(desk: TheDesk, person: Asker) -> dict[str, Any]:
    """Who you are to this server, and what it offers."""
    return {
        "name": person.name,
        "groups": sorted(person.groups),
        "shared": person.labels is not None,
        "indexes": list(desk.indexes),
        "models": list(desk.models),
        "upload_bytes": desk.setup.limits.upload_bytes,
    }


@router.get("/indexes")
def indexes(desk: TheDesk, person: Asker) -> dict[str, Any]:
    """The indexes, each with how many documents you may read."""
    counted = [
        {"name": name, "documents": len(index.documents(desk.filter(person)))}
        for name, index in desk.indexes.items()
    ]
    return {"indexes": counted}


@router.get("/indexes/{index}/documents")
def documents(index: str, desk: TheDesk, person: Asker) -> dict[str, Any]:
    """The documents that you may read."""
    rows = _index(desk, index).documents(desk.filter(person))
    return {
        "documents": [
            serializers.document(row, person.labels is None or owner(row.file) == person.name)
            for row in rows
        ]
    }


@router.post("/indexes/{index}/documents", status_code=202, openapi_extra={"requestBody": BODY})
async def upload(
    index: str,
    desk: TheDesk,
    person: Asker,
    request: Request,
    share: Annotated[str | None, Query(max_length=64, description="A group, or everyone.")] = None,
) -> JSONResponse:
    """Takes in files; each becomes a job. What is in ``accepted`` is on disk and will not be lost.

    Files that are not wanted stand in ``refused`` with the reason; with none accepted it is a 400.
    """
    _index(desk, index)
    parts = MultipartFileStream(request.stream(), request.headers.get("content-type", ""))
    accepted: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    most = desk.setup.limits.upload_bytes
    try:
        while (name := await parts.next()) is not None:
            if len(accepted) + len(refused) == _MOST_FILES:
                raise InputError(f"what follows {_MOST_FILES} files is not taken")
            try:
                job = await desk.uploads.accept(parts.pieces(), name, index, person, share, most)
                accepted.append(plain(job))
            except InputError as error:
                refused.append({"name": name, "error": error.what})
    except InputError as error:  # the rest of the body is not to be understood, or too much
        refused.append({"name": "", "error": error.what})
    if not accepted and not refused:
        raise InputError("there is no part called file in it")
    body: dict[str, Any] = {"accepted": accepted, "refused": refused}
    if refused and not accepted:
        said = ": ".join(filter(None, (refused[0]["name"], refused[0]["error"])))
        body["error"] = {"message": said, "type": "invalid_request_error"}
    return JSONResponse(body, 202 if accepted else 400)


@router.delete("/indexes/{index}/documents")
def remove(index: str, document: DocumentId, desk: TheDesk, person: Asker) -> dict[str, Any]:
    """Removes a document of yours, its text from the index's files included."""
    _index(desk, index)
    return {"removed": list(_found(lambda: desk.remove(index, document, person)))}


@router.post("/indexes/{index}/search")
async def search(index: str, asked: SearchRequest, desk: TheDesk, person: Asker) -> dict[str, Any]:
    """The passages nearest to a query, with every score."""
    opened = _index(desk, index)
    chosen = desk.filter(person, asked.filter())
    hits = await desk.work(person, lambda: opened.search(asked.query, asked.k, filter=chosen))
    return {"hits": [serializers.hit(hit) for hit in hits]}


@router.post("/indexes/{index}/ask", response_model=dict[str, Any])
async def ask(index: str, asked: AskRequest, desk: TheDesk, person: Asker, request: Request) -> Any:
    """Answers a question with citations to the exact words.

    With ``stream`` the reply is server-sent events: ``doing`` (``loading`` a model, ``searching``),
    ``text`` pieces while a model writes, then ``answer`` with the whole, or ``error``.
    """
    opened = _index(desk, index)
    thread = _found(lambda: ConversationSession(desk, person, index, asked.conversation))
    options = AskOptions(
        top_k=asked.k,
        filter=asked.filter(),
        max_tokens=asked.max_tokens,
        temperature=asked.temperature,
        history=thread.history(),
        reserve_followups=asked.conversation is not None,
        previous_answer=thread.previous(),
    )
    asking = await desk.ask(person, opened, asked.question, asked.model, options)
    if asked.stream:
        return StreamingResponse(_events(asking, thread), media_type="text/event-stream")
    found = await asking.answer(request.is_disconnected)
    return serializers.answer(found) | {"conversation": thread.keep(found)}


async def _events(asking: AnswerTask, thread: ConversationSession) -> AsyncIterator[str]:
    from rag_infer.serve.app import public_message

    async for name, told_now in asking.events():
        yield _event(name, told_now)
    try:
        found = await asking.answer()
        yield _event("answer", serializers.answer(found) | {"conversation": thread.keep(found)})
    except RagError as error:
        yield _event("error", public_message(error))
    except Exception as error:  # the status went out long ago
        yield _event("error", f"a fault of the server ({type(error).__name__})")


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


@router.post("/indexes/{index}/summarize")
async def summarize(
    index: str, asked: SummaryRequest, desk: TheDesk, person: Asker
) -> dict[str, Any]:
    """The points of a whole document, each with its place, and what was read of it."""
    opened = _index(desk, index)
    row = _found(
        lambda: document_access.document(
            opened.engine.snapshot, asked.document, desk.filter(person)
        )
    )
    options = SummaryOptions(
        bullets=asked.bullets, words=asked.words, outline=asked.outline, question=asked.question
    )
    made = await desk.work(person, lambda: summarize_indexed(opened, row.id, options))
    return serializers.summary(made)


@router.get("/indexes/{index}/page")
def page(
    index: str, document: DocumentId, page: Number, desk: TheDesk, person: Asker,
    start: Offset = 0, end: Offset = 0,
) -> dict[str, Any]:  # fmt: skip
    """A page's text; for a PDF also where ``[start, end)`` stands on its picture.

    ``boxes`` are left, top, width, height as shares of the picture.
    """
    _index(desk, index)
    span = (start, end) if end > start else None
    note = None
    try:
        seen, drawn = _found(lambda: desk.picture(index, document, page, span, person))
    except RagError as error:
        drawn, note = None, error.what
        opened = desk.index(index)
        seen = _found(
            lambda: document_access.page(
                opened.engine.snapshot, document, page, desk.filter(person)
            )
        )
    shown = asdict(seen) | {"name": shown_document(document), "picture": None, "note": note}
    if drawn is not None:
        boxes = [list(box) for span_boxes in drawn.boxes for box in span_boxes]
        shown["picture"] = {"width": drawn.width, "height": drawn.height, "boxes": boxes}
        shown["note"] = drawn.note
    return shown


@router.get("/indexes/{index}/picture", response_class=Response,
            responses={200: {"content": {"image/png": {}}}})  # fmt: skip
def picture(
    index: str, document: DocumentId, page: Number, desk: TheDesk, person: Asker,
    start: Offset = 0, end: Offset = 0,
) -> Response:  # fmt: skip
    """A page of a PDF as it is printed (PNG)."""
    _index(desk, index)
    span = (start, end) if end > start else None
    _, drawn = _found(lambda: desk.picture(index, document, page, span, person))
    if drawn is None:
        raise HTTPException(404, "this document has no pictures of its pages")
    return Response(drawn.png, media_type="image/png")


@router.get("/jobs")
def jobs(desk: TheDesk, person: Asker) -> dict[str, Any]:
    """Your uploads, the newest first."""
    return {"jobs": [plain(job) for job in desk.uploads.of(person)[:200]]}


@router.get("/jobs/{job}")
def job(job: str, desk: TheDesk, person: Asker) -> dict[str, Any]:
    """One upload: queued, running, done or failed."""
    found = desk.uploads.find(job, person)
    if found is None:
        raise HTTPException(404, "there is no such job")
    return plain(found)


@router.get("/conversations")
def conversations(desk: TheDesk, person: Asker) -> dict[str, Any]:
    """Your conversations, the newest first."""
    return {"conversations": [asdict(one) for one in desk.history(person).all()]}


@router.get("/conversations/{conversation}")
def conversation(conversation: str, desk: TheDesk, person: Asker) -> dict[str, Any]:
    """The turns of a conversation of yours, oldest first."""
    turns = _found(lambda: desk.history(person).turns(conversation))
    return {"turns": [serializers.turn(turn) for turn in turns]}


@router.delete("/conversations/{conversation}")
def forget(conversation: str, desk: TheDesk, person: Asker) -> dict[str, Any]:
    """Deletes a conversation of yours, text and all."""
    _found(lambda: desk.history(person).remove(conversation))
    desk.forget(person, conversation)
    return {"removed": conversation}


def _index(desk: Service, name: str) -> Any:
    return _found(lambda: desk.index(name))


def _found(look: Any) -> Any:
    """What ``look`` finds; what is not there, or not theirs to see, is a 404 either way."""
    try:
        return look()
    except InputError as error:
        raise HTTPException(404, error.what) from error
