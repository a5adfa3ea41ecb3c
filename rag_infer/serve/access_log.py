"""One line for each request: who asked for what, and what came of it.

Neither questions nor answers are logged, nor the query of an address: a line holds the method, the
path, the user, the status, the time and the size. The id of a request is in the line and in its
response (``X-Request-ID``), so that a person's report is found in the log.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag_infer.serve.auth import UserStore
from rag_infer.serve.sign_on import request_user

LogFormat = Literal["text", "json"]

ACCESS_LOGGER = "rag_infer.access"
REQUEST_ID_HEADER = "x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger(ACCESS_LOGGER)


class AccessLogMiddleware:
    """Logs each request when its response has ended, also one that was broken off.

    Args:
        app: The application.
        users: For the names in the log.
        log_format: ``text`` or ``json``.
    """

    def __init__(self, app: ASGIApp, users: UserStore, log_format: LogFormat) -> None:
        self._app = app
        self._users = users
        self._log_format = log_format

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        requested = headers.get(REQUEST_ID_HEADER, "")
        request_id = requested if _REQUEST_ID.fullmatch(requested) else uuid.uuid4().hex
        started = time.perf_counter()
        status = size = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                own = (REQUEST_ID_HEADER.encode(), request_id.encode())
                message["headers"] = [*message.get("headers", ()), own]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            user = request_user(scope, self._users)
            entry = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "request_id": request_id,
                "client": (scope.get("client") or ("",))[0],
                "user": "" if user is None else user.name,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round(1000 * (time.perf_counter() - started), 1),
                "bytes": size,
            }
            logger.info(self._line(entry))

    def _line(self, entry: dict[str, Any]) -> str:
        if self._log_format == "json":
            return json.dumps(entry)
        # A path may hold anything: as JSON it keeps to its line.
        return (
            f"{entry['time']} {entry['request_id']} {entry['client'] or '-'} "
            f"{entry['user'] or '-'} {entry['method']} {json.dumps(entry['path'])} "
            f"{entry['status']} {entry['ms']} ms {entry['bytes']} bytes"
        )
