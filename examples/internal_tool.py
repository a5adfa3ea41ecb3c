"""An internal tool of 40 lines: own documents, embedder, history, filters and a stream.

Run it with: uvicorn internal_tool:app   (needs the extra "serve")
"""

import json
import os
import zlib
from collections.abc import AsyncIterator

from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from rag_infer import AnswerEvent, Conversation, Filter, Index, InputError, TextEvent


def embed(texts: list[str]) -> list[list[float]]:
    """Stands for your own model: hashed words."""
    rows = [[0.01] * 256 for _ in texts]
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[zlib.crc32(word.strip(".,?!").encode()) % 256] += 1
    return rows


class Ticket(BaseModel):
    id: str
    text: str
    team: str


class Question(BaseModel):
    text: str
    team: str
    conversation: str = "default"


app = FastAPI()
index = Index.open(os.environ.get("TOOL_INDEX", "./tickets"), create=True, embedder=embed)
conversations: dict[tuple[str, str], Conversation] = {}


@app.put("/tickets")
def put_ticket(ticket: Ticket) -> int:
    try:
        index.add_text(ticket.text, id=ticket.id, metadata={"team": ticket.team})
    except InputError as error:
        raise HTTPException(400, str(error)) from error
    return len(index)


@app.post("/ask")
def ask(question: Question) -> StreamingResponse:
    key = (question.team, question.conversation)
    conversation = conversations.setdefault(key, index.conversation())
    only_team = Filter(metadata={"team": question.team})
    stream = index.astream(question.text, filter=only_team, conversation=conversation)

    async def lines() -> AsyncIterator[str]:
        async for event in stream:
            if isinstance(event, TextEvent):
                yield json.dumps({"text": event.text}) + "\n"
            elif isinstance(event, AnswerEvent):
                yield event.answer.to_json() + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
