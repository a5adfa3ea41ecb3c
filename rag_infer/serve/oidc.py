"""Sign-on by OpenID Connect: a browser goes to an identity provider and comes back with a name.

The protocol is Authlib's (code flow with PKCE, state and nonce; the signature of the ID token is
checked). Who is signed on stands in a signed cookie, which scripts cannot read and other sites
cannot use; programs go on using tokens.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rag_infer.errors import InputError, MissingDependencyError, UserDataError
from rag_infer.serve.auth import UserStore
from rag_infer.serve.sign_on import person, signed_on

SESSION_COOKIE = "rag_session"
SESSION_S = 12 * 3600
_KEY_BYTES = 32
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PROVIDER = "provider"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An identity provider, and what it calls people and their groups.

    Attributes:
        issuer: Its address; ``/.well-known/openid-configuration`` lies below it.
        client_id: What it knows this server as.
        client_secret: Its secret for this server; None for a public client (PKCE alone).
        user_claim: The claim of the ID token that names the person.
        groups_claim: The claim that lists groups.
    """

    issuer: str
    client_id: str
    client_secret: str | None = None
    user_claim: str = "email"
    groups_claim: str = "groups"

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        is_safe = parts.scheme == "https" or parts.hostname in _LOOPBACK
        if not parts.hostname or not is_safe:
            raise InputError(
                f"'{self.issuer}' is no https address of an identity provider",
                where="--oidc-issuer",
            )


def session_key(data_dir: Path) -> str:
    """The key that signs sessions, made at the first start; who has it can sign on as anybody.

    Raises:
        UserDataError: It can be neither read nor written.
    """
    path = data_dir / "session.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_text("ascii").strip()
            if len(key) >= _KEY_BYTES:
                return key
            raise UserDataError("is no key; delete it", where=str(path)) from None
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            key = secrets.token_hex(_KEY_BYTES)
            file.write(key)
        return key
    except OSError as error:
        raise UserDataError(f"cannot be written ({error.strerror})", where=str(path)) from error


class SessionUserMiddleware:
    """Signs on the person of the session, until it ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            session = scope["session"]
            user = person(str(session.get("user", "")), list(session.get("groups", ())))
            if user is not None and session.get("until", 0) > time.time():
                scope = signed_on(scope, user)
        await self._app(scope, receive, send)


def sign_on_routes(provider: OidcProvider, users: UserStore) -> APIRouter:
    """The routes that sign people on and out.

    Args:
        provider: Who says who they are.
        users: Who is blocked here, whatever the provider says.

    Raises:
        MissingDependencyError: The extra is not installed.
    """
    try:
        from authlib.integrations.starlette_client import OAuth, OAuthError
    except ImportError:
        raise MissingDependencyError(
            "sign-on by OpenID Connect needs optional packages", extra="oidc"
        ) from None
    client = OAuth().register(
        _PROVIDER,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    async def sign_in(request: Request) -> Response:
        try:
            response: Response = await client.authorize_redirect(
                request, request.url_for("sign_in_callback")
            )
        except Exception as error:  # whatever the client's layers raise
            raise _unreachable(error) from error
        return response

    @router.get("/sign-in/callback")
    async def sign_in_callback(request: Request) -> Response:
        try:
            token = await client.authorize_access_token(request)
        except OAuthError as error:
            logger.warning("a sign-on was refused: %s", error)
            raise HTTPException(403, "the sign-on was refused or has expired; try again") from error
        except Exception as error:  # as above; also a forged ID token
            raise _unreachable(error) from error
        claims: dict[str, Any] = token.get("userinfo") or {}
        user = person(*_named(claims, provider))
        if user is None:
            raise HTTPException(
                403, f"the identity provider names nobody (claim {provider.user_claim})"
            )
        if users.is_blocked(user.name):
            raise HTTPException(403, f"{user.name} is blocked on this server")
        request.session.clear()
        request.session.update(
            user=user.name, groups=sorted(user.groups), until=int(time.time()) + SESSION_S
        )
        return RedirectResponse(request.url_for("page"), 303)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        request.session.clear()
        return Response(status_code=204)

    return router


def _named(claims: dict[str, Any], provider: OidcProvider) -> tuple[str, list[str]]:
    """The name and the groups of claims; no name where a mail address was not verified."""
    groups = claims.get(provider.groups_claim) or []
    listed = groups.split(",") if isinstance(groups, str) else [str(g) for g in groups]
    is_unverified = provider.user_claim == "email" and claims.get("email_verified") is False
    return "" if is_unverified else str(claims.get(provider.user_claim) or ""), listed


def _unreachable(error: Exception) -> HTTPException:
    logger.error("sign-on failed: %s: %s", type(error).__name__, error)
    return HTTPException(502, "the identity provider does not answer as it should; see the log")
