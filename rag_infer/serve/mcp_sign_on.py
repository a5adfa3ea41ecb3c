"""Who sends a request to the MCP server over HTTP: the users of a users file, by their tokens."""

from __future__ import annotations

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from rag_infer.serve.auth import UserStore

_LABELS = "labels"


class McpSignOn:
    """Checks tokens, and says what the sender of the present request may read.

    Args:
        users: The users, each with a token.
        url: The address of the server.
    """

    def __init__(self, users: UserStore, url: str) -> None:
        self._users = users
        # Tokens are made by the operator: no other server hands them out.
        self.settings = AuthSettings(
            issuer_url=AnyHttpUrl(url),
            resource_server_url=AnyHttpUrl(url),
            validate_token_resource=False,
        )

    async def verify_token(self, token: str) -> AccessToken | None:
        """The user of a token with what they may read, or None."""
        user = self._users.authenticate(token)
        if user is None:
            return None
        labels = None if user.labels is None else sorted(user.labels)
        return AccessToken(
            token=token, client_id=user.name, subject=user.name, scopes=[], claims={_LABELS: labels}
        )

    def labels(self) -> frozenset[str] | None:
        """The labels that the sender of this request may read; None: all. Nobody: none."""
        access = get_access_token()
        if access is None or access.claims is None:
            return frozenset()
        labels = access.claims[_LABELS]
        return None if labels is None else frozenset(labels)
