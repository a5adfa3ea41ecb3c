"""Who sent a request: a token, or a proxy or a session that has signed the person on already.

A proxy that does the sign-on (oauth2-proxy, Authelia, a company's own) tells the name and the
groups in headers. They count only where the connection comes from a proxy that the operator trusts;
from anybody else they are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Scope

from rag_infer.errors import InputError
from rag_infer.serve.auth import (
    EVERYONE_GROUP,
    RESERVED_NAMES,
    User,
    UserStore,
    bearer_token,
    private_label,
)

_SCOPE_KEY = "rag_infer.user"
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
# Also mail addresses, as sign-on services name people; none of them can be a folder's or a label's.
_PERSON = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,127}")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STANDARD_HEADERS = frozenset({"authorization", "cookie", "host", "origin", "content-type"})


@dataclass(frozen=True, slots=True)
class SignOnHeaders:
    """The headers by which a trusted proxy names the person who is signed on.

    Attributes:
        user: The header with the name, such as ``X-Forwarded-User``.
        groups: The header with the groups, separated by commas; None: persons have none.
    """

    user: str
    groups: str | None = None

    def __post_init__(self) -> None:
        for name in filter(None, (self.user, self.groups)):
            if not _HEADER.fullmatch(name) or name.lower() in _STANDARD_HEADERS:
                raise InputError(f"'{name}' cannot name a person", where="--user-header")

    def user_of(self, headers: Mapping[str, str]) -> User | None:
        """The person whom the headers of a trusted proxy name; None where they name nobody.

        Args:
            headers: The headers of a request, names in lower case.
        """
        groups = headers.get(self.groups.lower(), "") if self.groups else ""
        return person(headers.get(self.user.lower(), ""), re.split(r"[,;|]", groups))


def person(name: str, groups: list[str]) -> User | None:
    """A person whom a sign-on service names; None where the name cannot be one.

    Args:
        name: As the service has it; case does not matter.
        groups: Of the service; those that cannot be groups here are left out.
    """
    name = name.strip().lower()
    if not _PERSON.fullmatch(name) or name in RESERVED_NAMES:
        return None
    members = {group.strip().lstrip("/") for group in groups}
    valid = frozenset(g for g in members if _GROUP.fullmatch(g) and g != EVERYONE_GROUP)
    return User(name, valid, valid | {private_label(name)})


def signed_on(scope: Scope, user: User) -> Scope:
    """The request as one of a person who is signed on."""
    return {**scope, _SCOPE_KEY: user}


def is_signed_on(scope: Scope) -> bool:
    """Whether a request is one of a person who is signed on, rather than of a token."""
    return isinstance(scope.get(_SCOPE_KEY), User)


def request_user(scope: Scope, users: UserStore) -> User | None:
    """Who sent a request: the person who is signed on, else whose token it has; None for nobody.

    Args:
        scope: Of the request.
        users: The users with tokens, and who is blocked.
    """
    user = scope.get(_SCOPE_KEY)
    if isinstance(user, User):
        return None if users.is_blocked(user.name) else user
    # A repeated header cannot add up to a token of its own: the last one counts, as everywhere.
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    return users.authenticate(bearer_token(values[-1].decode("latin-1") if values else ""))
