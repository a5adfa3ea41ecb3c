"""The application of a shard: the rounds of searches, for the router that has its key."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Literal

from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rag_infer import Index
from rag_infer.errors import IndexNotFoundError, RagError
from rag_infer.serve.access_log import AccessLogMiddleware
from rag_infer.serve.auth import OWNER_NAME
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.errors import add_error_handlers
from rag_infer.serve.limits import ConcurrencyLimiter, RequestPacer
from rag_infer.serve.metrics import BUCKETS_S
from rag_infer.serve.middleware import LOOPBACK_HOSTS, RequestGuardMiddleware
from rag_infer.serve.rest_responses import HealthResponse
from rag_infer.shards.http_transport import ROUTES
from rag_infer.shards.messages import MAX_REQUEST_BYTES
from rag_infer.shards.partition import Shard
from rag_infer.shards.shard_scorer import ShardScorer

logger = logging.getLogger(__name__)

Action = Literal["statistics", "nominations", "scores", "state"]
_MISDIRECTED = 421


class ShardMetrics:
    """The series of one shard, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._rounds = Counter(
            "rag_shard_rounds", "Rounds by outcome.", ["round", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "rag_shard_seconds", "Time of a round.", ["round"],
            buckets=BUCKETS_S, registry=self.registry,
        )  # fmt: skip

    def count(self, action: str, seconds: float, outcome: str) -> None:
        """Counts a round: ``answered``, ``refused`` or ``error``."""
        self._rounds.labels(action, outcome).inc()
        self._seconds.labels(action).observe(seconds)


class ShardService:
    """The index of a shard, and what bounds the work on it."""

    def __init__(self, config: ServerConfig, shard: Shard) -> None:
        (path,) = config.indexes.values()
        index = Index.open(path, create=True)
        refresh = None if index.bucket is None else index.bucket.refresh
        self.scorer = ShardScorer(lambda: index.engine.snapshot, shard, refresh)
        self.metrics = ShardMetrics()
        limits = config.limits
        self._limiter = ConcurrencyLimiter(
            limits.concurrency, limits.queue_size, limits.concurrency + limits.queue_size
        )
        self._executor = ThreadPoolExecutor(limits.concurrency, "round")

    async def answer(self, action: Action, body: bytes) -> bytes:
        """The answer to a round, in its turn."""
        started = time.perf_counter()
        outcome = "error"
        try:
            async with self._limiter.slot(OWNER_NAME):
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self._executor, self._answer, action, body)
            outcome = "answered"
        except RagError:
            outcome = "refused"
            raise
        finally:
            self.metrics.count(action, time.perf_counter() - started, outcome)
        return answer

    def _answer(self, action: Action, body: bytes) -> bytes:
        if action != "state":
            return self.scorer.answer(action, body)
        self.scorer.check_generation(body.decode("ascii", "replace"))
        return b"{}"

    def close(self) -> None:
        """Takes no more rounds; those that run end by themselves."""
        self._limiter.closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)


def _warn_without_work(scorer: ShardScorer, name: str) -> None:
    """A line in the log where a shard has nothing to score, which its router cannot tell."""
    try:
        segments = len(scorer.state().snapshot.segments)
    except IndexNotFoundError:
        logger.warning("there is no index '%s' here yet: the shard answers nothing", name)
        return
    except RagError:
        return  # whoever asks is told
    if not scorer.state().numbers:
        have = f"{segments} segment{'' if segments == 1 else 's'}"
        logger.warning("shard %s has nothing to score: the index has %s", scorer.shard, have)


def create_shard_app(config: ServerConfig, shard: Shard) -> FastAPI:
    """The application of one shard.

    Args:
        config: Which index it scores, who may ask, within which limits.
        shard: Which shard it is.

    Raises:
        RagError: The index cannot be opened.
    """
    service = ShardService(config, shard)
    _warn_without_work(service.scorer, next(iter(config.indexes)))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title=f"rag-infer, shard {shard}",
        version=version("rag-infer"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # for its router alone
    )

    @app.post(f"{ROUTES}/{{action}}")
    async def answer_round(action: Action, request: Request) -> Response:
        asked = request.query_params.get("shard")
        if asked != str(shard):
            raise HTTPException(_MISDIRECTED, f"this is shard {shard}")
        answer = await service.answer(action, await request.body())
        return Response(answer, media_type="application/json")

    @app.get("/healthz", response_model_exclude_defaults=True)
    async def health() -> HealthResponse:
        return HealthResponse(status="ok")

    @app.get("/readyz", response_model_exclude_defaults=True)
    async def readiness() -> HealthResponse:
        try:
            await asyncio.to_thread(service.scorer.state)
        except RagError as error:
            raise HTTPException(503, "the index cannot be read") from error
        return HealthResponse(status="ready")

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        text = generate_latest(service.metrics.registry)
        return Response(text, media_type="text/plain; version=0.0.4")

    add_error_handlers(app)
    app.add_middleware(
        RequestGuardMiddleware,
        users=config.users,
        pacer=RequestPacer(0, 0, 0),
        max_json_bytes=MAX_REQUEST_BYTES,
        max_upload_bytes=MAX_REQUEST_BYTES,
    )
    if config.is_loopback:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_HOSTS)
    if config.access_log is not None:
        app.add_middleware(AccessLogMiddleware, users=config.users, log_format=config.access_log)
    return app
