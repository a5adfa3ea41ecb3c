"""The OpenAPI document of a server: what FastAPI knows of it, and the token that requests need."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_PUBLIC_PATHS = ("/healthz", "/readyz")


def describe(app: FastAPI, *, needs_token: bool) -> None:
    """Makes an application describe itself, so that clients and generators know of its tokens.

    Args:
        app: The application, its routes included.
        needs_token: Whether requests need a token; else none is spoken of.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes,
                servers=app.servers,
            )  # fmt: skip
            if needs_token:
                document.setdefault("components", {})["securitySchemes"] = {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "The token of a user: Authorization: Bearer TOKEN.",
                    }
                }
                document["security"] = [{"token": []}]
                for path in _PUBLIC_PATHS:
                    for operation in document["paths"].get(path, {}).values():
                        operation["security"] = []
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
