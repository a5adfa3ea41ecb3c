"""Query parameters of the REST API, and the former names that go on working."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Query
from starlette.types import ASGIApp, Receive, Scope, Send

CharacterOffset = Annotated[int, Query(ge=0, le=1_000_000_000)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
DocumentId = Annotated[str, Query(min_length=1, max_length=1000)]
_FORMER = {"document": "document_id", "page": "page_number"}


class FormerParametersMiddleware:
    """Gives parameters of the REST API under a former name their present one.

    They are not in the specification: new clients have no use for them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope.get("query_string", b"")
        if scope["type"] == "http" and query and scope["path"].startswith("/api/"):
            pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
            names = {name for name, _ in pairs}
            renamed = [
                (new if (new := _FORMER.get(name)) and new not in names else name, value)
                for name, value in pairs
            ]
            if renamed != pairs:
                scope = {**scope, "query_string": urlencode(renamed).encode("ascii")}
        await self._app(scope, receive, send)
