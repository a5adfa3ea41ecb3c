"""``/v1/embeddings`` and ``/v1/rerank``: the embedder of an index for other programs.

The first has the shape of OpenAI's API, the second the one that Cohere, Jina and vLLM share. The
model is an index: its embedder makes the vectors, so that they may be compared with those in it.
"""

from __future__ import annotations

import base64
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from rag_infer.embed.base import FloatRows
from rag_infer.responses import Response
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.routes_openai import resolve_model

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])

MAX_INPUTS = 256  # some ten seconds on a slow machine; the other questions wait meanwhile
MAX_INPUT_CHARS = 100_000

Text = Annotated[str, Field(max_length=MAX_INPUT_CHARS)]
Texts = Annotated[list[Text], Field(min_length=1, max_length=MAX_INPUTS)]


class EmbeddingsRequest(BaseModel):
    """Further fields of the protocol are accepted and have no effect."""

    model: str = Field(max_length=300, description="The name of an index.")
    input: Text | Texts
    encoding_format: Literal["float", "base64"] = "float"
    input_type: Literal["document", "query"] = Field(
        "document", description="Queries get the prefix that the embedder wants."
    )


class EmbeddingResponse(Response):
    """The vector of one input, of length 1."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class TokenUsageResponse(Response):
    """Tokens of the inputs, as the embedder counts them before it cuts them to its window."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsResponse(Response):
    """The vectors, in the order of the inputs."""

    object: Literal["list"] = "list"
    model: str
    data: list[EmbeddingResponse]
    usage: TokenUsageResponse


class RerankDocument(BaseModel):
    """A document with its text."""

    text: Text


class RerankRequest(BaseModel):
    """Texts to be put in the order of their nearness to a query."""

    model: str = Field(max_length=300, description="The name of an index.")
    query: Text
    documents: Annotated[list[Text | RerankDocument], Field(min_length=1, max_length=MAX_INPUTS)]
    top_n: int | None = Field(None, ge=1)
    return_documents: bool = False


class RerankResultResponse(Response):
    """A text by its place in the request, with the cosine of its vector and the query's."""

    index: int
    relevance_score: float
    document: dict[str, str] | None = None


class RerankResponse(Response):
    """The nearest texts, best first."""

    model: str
    results: list[RerankResultResponse]


@router.post("/embeddings")
async def embeddings(
    body: EmbeddingsRequest, service: AppService, user: CurrentUser
) -> EmbeddingsResponse:
    """Vectors of texts, by the embedder of an index."""
    name, _ = resolve_model(service, body.model)
    index = service.index(name)
    texts = [body.input] if isinstance(body.input, str) else body.input

    def compute() -> tuple[FloatRows, int]:
        embedder = index.engine.embedder
        embed = embedder.embed_queries if body.input_type == "query" else embedder.embed
        return embed(texts), sum(map(len, embedder.offsets(texts)))

    rows, tokens = await service.compute(user, compute)
    vectors = np.asarray(rows, dtype="<f4")
    data = [
        EmbeddingResponse(
            index=number,
            embedding=base64.b64encode(vector.tobytes()).decode("ascii")
            if body.encoding_format == "base64"
            else vector.tolist(),
        )
        for number, vector in enumerate(vectors)
    ]
    usage = TokenUsageResponse(prompt_tokens=tokens, total_tokens=tokens)
    return EmbeddingsResponse(model=body.model, data=data, usage=usage)


@router.post("/rerank")
async def rerank(body: RerankRequest, service: AppService, user: CurrentUser) -> RerankResponse:
    """Texts in the order of their nearness to a query."""
    name, _ = resolve_model(service, body.model)
    index = service.index(name)
    texts = [d if isinstance(d, str) else d.text for d in body.documents]

    def compute() -> FloatRows:
        embedder = index.engine.embedder
        scores: FloatRows = embedder.embed(texts) @ embedder.embed_queries([body.query])[0]
        return scores

    scores = await service.compute(user, compute)
    best = np.argsort(-scores, kind="stable")[: body.top_n]
    results = [
        RerankResultResponse(
            index=int(n),
            relevance_score=round(float(scores[n]), 6),
            document={"text": texts[n]} if body.return_documents else None,
        )
        for n in best
    ]
    return RerankResponse(model=body.model, results=results)
