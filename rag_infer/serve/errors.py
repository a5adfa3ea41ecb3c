"""Errors as HTTP responses: the status of each kind, and what of it a client reads."""

from __future__ import annotations

import logging
import math
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from rag_infer.errors import (
    ContextWindowError,
    CorruptIndexError,
    EmbedderMismatchError,
    IndexLockedError,
    IndexNotFoundError,
    IndexStorageError,
    InputError,
    MissingDependencyError,
    ModelError,
    RagError,
    ReadError,
    StoreError,
    UserDataError,
)
from rag_infer.responses import ErrorResponse
from rag_infer.serve.limits import QueueFullError, RateLimitError, ShuttingDownError

logger = logging.getLogger(__name__)

STATUS_BY_ERROR: tuple[tuple[type[RagError], int], ...] = (
    (IndexNotFoundError, 404),
    (IndexLockedError, 409),
    (CorruptIndexError, 500),
    (EmbedderMismatchError, 500),
    (IndexStorageError, 507),  # the disk is full or cannot be written
    (UserDataError, 507),
    (InputError, 400),
    (ContextWindowError, 400),
    (ReadError, 422),
    (MissingDependencyError, 501),
    (ModelError, 502),
    (StoreError, 502),
)
STATUS_BY_CODE = {"shards_unavailable": 503, "other_generation": 409}
ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request cannot be met."},
    "5XX": {"model": ErrorResponse, "description": "The server cannot meet it now."},
}
CLIENT_CLOSED_REQUEST = 499  # nginx's code for it; nobody is left to read it


def error_body(
    message: str, type_: str, code: str | None = None, parameter: str | None = None
) -> dict[str, Any]:
    """The JSON of an error, in the shape that OpenAI clients read."""
    return {"error": {"message": message, "type": type_, "param": parameter, "code": code}}


def _invalid_request(error: RequestValidationError) -> tuple[str, str | None]:
    """What is wrong with a request, and the name of its parameter."""
    first = error.errors()[0]
    where, *names = map(str, first["loc"])
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "")
        return f"the body is no JSON: {reason} at character {first['loc'][-1]}", None
    if first["loc"] == ("body",):
        json_type = 'with "Content-Type: application/json"'
        return f"the body has to be a JSON object, {json_type} ({first['msg']})", None
    parameter = ".".join(names) or where
    return (
        f"{where}.{parameter}: {first['msg']}" if names else f"{where}: {first['msg']}",
        parameter,
    )


def public_message(error: RagError) -> str:
    """The message of an error without paths of this machine and hints for its command line."""
    if isinstance(error, IndexNotFoundError):
        return "the index is empty; upload a document first"
    where = f"{error.where}: " if isinstance(error, InputError) and error.where else ""
    return f"{where}{error.what}"


def internal_error(error: Exception) -> str:
    """The message of an unexpected error: its type alone, as its text may hold anything."""
    return f"internal server error ({type(error).__name__})"


def _duration(seconds: int) -> str:
    """Seconds as people say them: "40 s", "9 h 48 min"."""
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def not_found(error: InputError) -> HTTPException:
    """A 404: the same for what does not exist and for what the user may not read."""
    return HTTPException(404, error.what)


def add_error_handlers(app: FastAPI) -> None:
    """Registers a handler for each kind of error."""

    @app.exception_handler(RagError)
    def _(_request: Request, error: RagError) -> JSONResponse:
        of_kind = next((code for kind, code in STATUS_BY_ERROR if isinstance(error, kind)), 500)
        status = STATUS_BY_CODE.get(error.code, of_kind)
        type_ = "invalid_request_error" if status < 500 else "server_error"
        return JSONResponse(error_body(public_message(error), type_), status)

    @app.exception_handler(StarletteHTTPException)
    def _(_request: Request, error: StarletteHTTPException) -> JSONResponse:
        type_ = "authentication_error" if error.status_code == 401 else "invalid_request_error"
        body = error_body(str(error.detail), type_)
        return JSONResponse(body, error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def _(_request: Request, error: RequestValidationError) -> JSONResponse:
        message, parameter = _invalid_request(error)
        return JSONResponse(error_body(message, "invalid_request_error", None, parameter), 422)

    @app.exception_handler(QueueFullError)
    def _(_request: Request, error: QueueFullError) -> JSONResponse:
        owner = "you have too many requests" if error.own_requests else "too many requests are"
        body = error_body(f"{owner} waiting; try again in a moment", "rate_limit_error", "busy")
        status = 429 if error.own_requests else 503
        return JSONResponse(body, status, headers={"Retry-After": "1"})

    @app.exception_handler(RateLimitError)
    def _(_request: Request, error: RateLimitError) -> JSONResponse:
        seconds = math.ceil(error.retry_after_s)
        message = f"rate limit exceeded ({error.limit}); try again in {_duration(seconds)}"
        body = error_body(message, "rate_limit_error", "rate_limited")
        return JSONResponse(body, 429, headers={"Retry-After": str(seconds)})

    @app.exception_handler(ShuttingDownError)
    def _(_request: Request, _error: ShuttingDownError) -> JSONResponse:
        body = error_body("the server is shutting down", "server_error", "shutting_down")
        return JSONResponse(body, 503, headers={"Retry-After": "10"})

    @app.exception_handler(ClientDisconnect)
    def _(request: Request, _error: ClientDisconnect) -> JSONResponse:
        logger.warning("request aborted by the client: %s %s", request.method, request.url.path)
        body = error_body("the request was aborted", "invalid_request_error")
        return JSONResponse(body, CLIENT_CLOSED_REQUEST)

    @app.exception_handler(Exception)
    def _(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(error_body(internal_error(error), "server_error"), 500)
