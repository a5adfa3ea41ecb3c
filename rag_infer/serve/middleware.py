"""What every request passes first: its origin, its user, its size; headers of every response."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag_infer.serve.auth import UserStore
from rag_infer.serve.errors import error_body
from rag_infer.serve.limits import RateLimitError, RequestPacer
from rag_infer.serve.proxies import route_path
from rag_infer.serve.sign_on import request_user

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_RESPONSE_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# A name that somebody else's DNS points here is not this machine's (DNS rebinding).
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_PROTECTED_PREFIXES = ("/api/", "/v1/", "/metrics")


class RequestGuardMiddleware:
    """Refuses requests of other sites, of unknown users, and those that are too large.

    Unknown users are refused here, before the body: nobody without a token makes the server wait
    for one. Those of a user who sends very many wait here, before they cost anything.
    """

    def __init__(
        self,
        app: ASGIApp,
        users: UserStore,
        pacer: RequestPacer,
        max_json_bytes: int,
        max_upload_bytes: int,
        has_sign_in: bool = False,
    ) -> None:
        self._app = app
        self._users = users
        self._pacer = pacer
        self._max_json_bytes = max_json_bytes
        self._max_upload_bytes = max_upload_bytes
        self._has_sign_in = has_sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        path = route_path(scope)
        is_upload = headers.get("content-type", "").startswith("multipart/form-data")
        max_bytes = self._max_upload_bytes if is_upload else self._max_json_bytes
        refusal = (
            _refusal(headers, path)
            or await self._user_refusal(scope, path)
            or self._size_refusal(headers, max_bytes)
        )
        if refusal is not None:
            # The page offers to sign in where that is possible.
            await _send_error(send, *refusal, code="sign_in" if self._has_sign_in else None)
            return
        received = 0
        response_started = too_large = False

        async def receive_counted() -> Message:
            nonlocal received, too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                too_large = True
                raise _TooLargeError
            return message

        async def send_with_headers(message: Message) -> None:
            nonlocal response_started
            if too_large and not response_started:
                raise _TooLargeError  # the response to a body that could not be read
            if message["type"] == "http.response.start":
                response_started = True
                message["headers"] = [*message["headers"], *_missing(message["headers"])]
            await send(message)

        try:
            await self._app(scope, receive_counted, send_with_headers)
        except _TooLargeError:
            if not response_started:
                await _send_error(send, 413, _too_large(max_bytes))

    async def _user_refusal(self, scope: Scope, path: str) -> tuple[int, str] | None:
        """The status and message for a request without a valid token, or one too many of a user.

        Returns when it is the request's turn.
        """
        if not path.startswith(_PROTECTED_PREFIXES):
            return None
        user = request_user(scope, self._users)
        if user is None:
            return 401, "a valid token is required"
        if user.labels is None:  # the owner shares the server with nobody
            return None
        try:
            delay_s = self._pacer.delay_s(user.name)
        except RateLimitError as error:
            return 429, f"too many requests; retry in {math.ceil(error.retry_after_s)} s"
        if delay_s:
            await asyncio.sleep(delay_s)
        return None

    def _size_refusal(self, headers: dict[str, str], max_bytes: int) -> tuple[int, str] | None:
        """The status and message for a request that says that its body is too large."""
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > max_bytes:
            return 413, _too_large(max_bytes)
        return None


class _TooLargeError(Exception):
    pass


def _refusal(headers: dict[str, str], path: str) -> tuple[int, str] | None:
    """The status and message for a request that a page of another site has sent."""
    host, origin = headers.get("host", ""), headers.get("origin")
    try:
        urlsplit(f"//{host}").port  # noqa: B018 - raises for a malformed one
        foreign = bool(origin) and urlsplit(origin).netloc != host
    except ValueError:
        return 400, "malformed Host or Origin header"
    if foreign:
        return 403, "requests of other sites are not allowed"
    # Browsers send no Origin with a GET for an image or a script of another site; they send this.
    site = headers.get("sec-fetch-site", "none")
    if path.startswith(_PROTECTED_PREFIXES) and site in ("cross-site", "same-site"):
        return 403, "requests of other sites are not allowed"
    return None


def _too_large(max_bytes: int) -> str:
    return f"the request is larger than {max_bytes / 1e6:,.0f} MB"


def _missing(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name.lower() for name, _ in headers}
    return [
        (name.encode(), value.encode())
        for name, value in _RESPONSE_HEADERS.items()
        if name.encode() not in names
    ]


async def _send_error(send: Send, status: int, message: str, code: str | None = None) -> None:
    type_ = {401: "authentication_error", 429: "rate_limit_error"}.get(
        status, "invalid_request_error"
    )
    body = json.dumps(error_body(message, type_, code if status == 401 else None)).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *_missing(())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 429:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
