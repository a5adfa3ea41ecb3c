"""The application: routes, middleware and the files of the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, HTTPException, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rag_infer.serve import (
    routes_access,
    routes_conversations,
    routes_embeddings,
    routes_feedback,
    routes_openai,
    routes_responses,
    routes_rest,
    routes_shares,
    routes_uploads,
)
from rag_infer.serve.access_log import AccessLogMiddleware
from rag_infer.serve.config import ServerConfig
from rag_infer.serve.dependencies import AppService, CurrentUser
from rag_infer.serve.errors import ERROR_RESPONSES, add_error_handlers
from rag_infer.serve.limits import RequestPacer
from rag_infer.serve.middleware import LOOPBACK_HOSTS, RequestGuardMiddleware
from rag_infer.serve.oidc import (
    SESSION_COOKIE,
    SESSION_S,
    OidcProvider,
    SessionUserMiddleware,
    session_key,
    sign_on_routes,
)
from rag_infer.serve.proxies import ForwardedRequestMiddleware
from rag_infer.serve.query_parameters import FormerParametersMiddleware
from rag_infer.serve.rest_responses import HealthResponse
from rag_infer.serve.retention import delete_old_conversations
from rag_infer.serve.service import Service
from rag_infer.serve.specification import describe

_PAGE_FOLDER = Path(__file__).with_name("page")
_MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def create_app(config: ServerConfig) -> FastAPI:
    """The application of one server.

    Args:
        config: What it serves, to whom, within which limits.

    Raises:
        RagError: An index cannot be opened.
    """
    service = Service(config)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        retention = None
        if config.retention_days:
            history = config.data_dir / "history"
            retention = asyncio.create_task(
                delete_old_conversations(history, config.retention_days)
            )
        yield
        if retention is not None:
            retention.cancel()
        # In a thread: requests that were cut off get to know it meanwhile.
        await asyncio.to_thread(service.close)

    app = FastAPI(
        title="rag-infer",
        version=version("rag-infer"),
        summary="Question answering over your own documents, with quotes and citations.",
        lifespan=lifespan,
        docs_url=None,  # both would fetch scripts from other sites
        redoc_url=None,
    )
    app.state.service = service
    app.include_router(routes_openai.router, responses=ERROR_RESPONSES)
    app.include_router(routes_embeddings.router, responses=ERROR_RESPONSES)
    app.include_router(routes_responses.router, responses=ERROR_RESPONSES)
    for routes in (
        routes_rest,
        routes_uploads,
        routes_access,
        routes_conversations,
        routes_feedback,
        routes_shares,
    ):
        app.include_router(routes.router, responses=ERROR_RESPONSES)
    _add_server_routes(app)
    _add_page(app)
    add_error_handlers(app)
    describe(app, needs_token=not config.users.is_open)
    limits = config.limits
    app.add_middleware(FormerParametersMiddleware)
    app.add_middleware(
        RequestGuardMiddleware,
        users=config.users,
        pacer=RequestPacer(
            limits.requests_per_second, limits.request_burst, limits.request_delay_s
        ),
        max_json_bytes=limits.max_json_bytes,
        max_upload_bytes=limits.max_upload_bytes + limits.max_json_bytes,
        has_sign_in=config.oidc is not None,
    )
    if config.is_loopback and not config.proxies:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_HOSTS)
    if config.access_log is not None:
        app.add_middleware(AccessLogMiddleware, users=config.users, log_format=config.access_log)
    if config.oidc is not None:
        _add_sign_on(app, config, config.oidc)
    app.add_middleware(
        ForwardedRequestMiddleware,
        proxies=config.proxies,
        root_path=config.root_path,
        sign_on=config.sign_on,
    )
    return app


def _add_sign_on(app: FastAPI, config: ServerConfig, provider: OidcProvider) -> None:
    """Adds the routes of sign-on, and sessions around everything else."""
    app.include_router(sign_on_routes(provider, config.users))
    # Needs a package of the extra, which was looked for by now.
    from starlette.middleware.sessions import SessionMiddleware

    app.add_middleware(SessionUserMiddleware)
    app.add_middleware(
        SessionMiddleware,
        secret_key=session_key(config.data_dir),
        session_cookie=SESSION_COOKIE,
        max_age=SESSION_S,
        path=f"{config.root_path}/",
        same_site="lax",
        https_only=not config.is_loopback or bool(config.proxies),
    )


def _add_server_routes(app: FastAPI) -> None:
    # Coroutines: they wait for no thread pool, whatever the other requests do.
    @app.get("/healthz", tags=["server"], response_model_exclude_defaults=True)
    async def health() -> HealthResponse:
        """Whether the server is up."""
        return HealthResponse(status="ok")

    @app.get(
        "/readyz",
        tags=["server"],
        responses=ERROR_RESPONSES,
        response_model_exclude_defaults=True,
    )
    async def readiness(service: AppService) -> HealthResponse:
        """Whether questions can be answered: the indexes can be read, uploads are taken."""
        notes = await asyncio.to_thread(service.check_readiness)
        return HealthResponse(status="partial" if notes else "ready", notes=notes)

    @app.get("/metrics", tags=["server"], response_class=Response, responses=ERROR_RESPONSES)
    async def metrics(service: AppService, user: CurrentUser) -> Response:
        """Prometheus metrics; with a users file, for members of the group ``operators``."""
        if not user.is_operator:
            raise HTTPException(403, "permission denied: metrics require the group operators")
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


def _add_page(app: FastAPI) -> None:
    """Adds each file of the page by its name: no part of a request is ever part of a path."""
    for file in _PAGE_FOLDER.iterdir():
        is_page = file.name == "index.html"
        route = "/" if is_page else f"/{file.name}"
        name = "page" if is_page else file.name
        app.get(route, include_in_schema=False, name=name)(_file_route(file))


def _file_route(file: Path) -> Callable[[], Awaitable[Response]]:
    content, media_type = file.read_bytes(), _MEDIA_TYPES[file.suffix]

    async def send_file() -> Response:
        return Response(content, media_type=media_type)

    return send_file
