"""The application: doors, routes, the page, and what an error looks like from outside.

Knows: which module answers which path.
Does not know: what any of them does.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from rag_infer.errors import (
    ContextWindowError,
    IndexLockedError,
    IndexNotFoundError,
    InputError,
    MissingDependencyError,
    ModelError,
    RagError,
    ReadError,
)
from rag_infer.serve import routes_openai, routes_rest
from rag_infer.serve.limits import QueueFullError, RateLimitError, ShuttingDownError
from rag_infer.serve.middleware import PROBLEMS, Asker, RequestGuardMiddleware, TheDesk, problem
from rag_infer.serve.service import Service, Setup

_PAGE = Path(__file__).with_name("page")
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript",
          ".svg": "image/svg+xml"}  # fmt: skip
_STATUS: tuple[tuple[type[RagError], int], ...] = (
    (IndexNotFoundError, 404), (IndexLockedError, 409), (InputError, 400),
    (ContextWindowError, 400), (ReadError, 422), (MissingDependencyError, 501), (ModelError, 502),
)  # fmt: skip


def make(setup: Setup) -> FastAPI:
    """The application of one server. Raises what opening its indexes raises."""
    desk = Service(setup)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        desk.start()
        yield
        desk.close()

    app = FastAPI(
        title="rag-infer",
        version=version("rag-infer"),
        summary="Ask your own documents: answers are quoted and cited.",
        lifespan=lifespan,
        docs_url=None,  # both would fetch scripts from other sites
        redoc_url=None,
    )
    app.state.desk = desk
    app.include_router(routes_openai.router, responses=PROBLEMS)
    app.include_router(routes_rest.router, responses=PROBLEMS)
    _own_routes(app)
    _errors(app)
    limits = setup.limits
    app.add_middleware(
        RequestGuardMiddleware,
        loopback=setup.loopback,
        json_bytes=limits.json_bytes,
        upload_bytes=limits.upload_bytes + limits.json_bytes,
    )
    return app


def _own_routes(app: FastAPI) -> None:
    @app.get("/healthz", tags=["server"])
    def health() -> dict[str, str]:
        """Whether the server is up."""
        return {"status": "ok"}

    @app.get("/metrics", tags=["server"], response_class=Response, responses=PROBLEMS)
    def metrics(desk: TheDesk, person: Asker) -> Response:
        """Prometheus metrics; with a users file, for members of the group ``operators``."""
        if not person.operator:
            raise HTTPException(403, "metrics are for the group operators")
        return Response(desk.metrics.text(), media_type="text/plain; version=0.0.4")

    def file(path: Path) -> Any:
        def served() -> FileResponse:
            return FileResponse(path, media_type=_KINDS[path.suffix])

        return served

    # Each file by its name: nothing that a request says is ever part of a path.
    for path in _PAGE.iterdir():
        at = "/" if path.name == "index.html" else f"/{path.name}"
        app.get(at, include_in_schema=False)(file(path))


def _errors(app: FastAPI) -> None:
    @app.exception_handler(RagError)
    def _(_request: Request, error: RagError) -> JSONResponse:
        status = next((s for kind, s in _STATUS if isinstance(error, kind)), 500)
        kind = "invalid_request_error" if status < 500 else "server_error"
        return JSONResponse(problem(public_message(error), kind), status)

    @app.exception_handler(StarletteHTTPException)
    def _(_request: Request, error: StarletteHTTPException) -> JSONResponse:
        kind = "authentication_error" if error.status_code == 401 else "invalid_request_error"
        shown = problem(str(error.detail), kind)
        return JSONResponse(shown, error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def _(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse(problem(f"{where}: {first['msg']}", "invalid_request_error"), 422)

    @app.exception_handler(QueueFullError)
    def _(_request: Request, error: QueueFullError) -> JSONResponse:
        said = "you have too many questions waiting" if error.mine else "too many questions wait"
        shown = problem(f"{said}; try again in a moment", "rate_limit_error", "busy")
        return JSONResponse(shown, 429 if error.mine else 503, headers={"Retry-After": "1"})

    @app.exception_handler(RateLimitError)
    def _(_request: Request, error: RateLimitError) -> JSONResponse:
        seconds = math.ceil(error.after)
        said = f"you have asked all the questions of a minute; the next one in {seconds} s"
        shown = problem(said, "rate_limit_error", "hurried")
        return JSONResponse(shown, 429, headers={"Retry-After": str(seconds)})

    @app.exception_handler(ShuttingDownError)
    def _(_request: Request, _error: ShuttingDownError) -> JSONResponse:
        shown = problem("the server is going down", "server_error", "closing")
        return JSONResponse(shown, 503, headers={"Retry-After": "10"})

    @app.exception_handler(Exception)
    def _(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(problem(f"a fault of the server ({type(error).__name__})",
                                    "server_error"), 500)  # fmt: skip


def public_message(error: RagError) -> str:
    """An error for somebody who does not sit at this machine: without its paths."""
    if isinstance(error, IndexNotFoundError):
        return "there is nothing in this index yet; upload a document first"
    where = f"{error.where}: " if isinstance(error, InputError) and error.where else ""
    return f"{where}{error.what}"
