"""What every request passes: who it is from, how large it is, what the browser may do with it.

Knows: headers, tokens, sizes.
Does not know: what is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag_infer.serve.auth import User
from rag_infer.serve.service import Service

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class ErrorResponse(BaseModel):
    """What went wrong, in words; the shape that OpenAI clients expect."""

    class ErrorBody(BaseModel):
        message: str
        type: str
        param: str | None = None
        code: str | None = None

    error: ErrorBody


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request cannot be met."},
    "5XX": {"model": ErrorResponse, "description": "The server cannot meet it now."},
}


def problem(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def desk_of(request: Request) -> Service:
    found: Service = request.app.state.desk
    return found


def asker(request: Request) -> User:
    """Who asks, by ``Authorization: Bearer TOKEN``."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    person = desk_of(request).setup.people.who(token.strip() if scheme.lower() == "bearer" else "")
    if person is None:
        raise HTTPException(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
    return person


TheDesk = Annotated[Service, Depends(desk_of)]
Asker = Annotated[User, Depends(asker)]


class RequestGuardMiddleware:
    """Outermost: refuses what comes from other sites or is too large, and adds headers."""

    def __init__(self, app: ASGIApp, loopback: bool, json_bytes: int, upload_bytes: int) -> None:
        self._app = app
        self._loopback = loopback
        self._json_bytes = json_bytes
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        upload = headers.get("content-type", "").startswith("multipart/form-data")
        most = self._upload_bytes if upload else self._json_bytes
        refused = self._refused(headers, most)
        if refused is not None:
            await _answer(send, *refused)
            return
        read = 0
        started = over = False

        async def counted() -> Message:
            nonlocal read, over
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                over = True
                raise _TooLarge
            return message

        async def with_headers(message: Message) -> None:
            nonlocal started
            if over and not started:
                raise _TooLarge  # what is answered to a body that could not be read
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_added(message["headers"])]
            await send(message)

        try:
            await self._app(scope, counted, with_headers)
        except _TooLarge:
            if not started:
                await _answer(send, 413, f"the request is larger than {most / 1e6:,.0f} MB")

    def _refused(self, headers: dict[str, str], most: int) -> tuple[int, str] | None:
        host = headers.get("host", "")
        # A name that somebody else's DNS points here is not this machine's.
        if self._loopback and urlsplit(f"//{host}").hostname not in _LOOPBACK:
            return 421, "this server answers to localhost only"
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != host:
            return 403, "requests from other sites are not taken"
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > most:
            return 413, f"the request is larger than {most / 1e6:,.0f} MB"
        return None


class _TooLarge(Exception):  # noqa: N818
    pass


def _added(present: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    named = {name.lower() for name, _ in present}
    return [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in named]


async def _answer(send: Send, status: int, message: str) -> None:
    body = json.dumps(problem(message, "invalid_request_error")).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *_added(())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
