"""Users: their tokens, their groups, and what they may read.

A users file is TOML; tokens may be given as their SHA-256, so that the file holds no secret:

    [users.alice]
    token_sha256 = "9f86d08..."
    groups = ["finance", "operators"]

Each user reads documents without groups, documents of their groups, and their own. Who is listed in
``blocked``, at the top of the file, is let in no longer, also where somebody else signs people on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rag_infer.errors import InputError

OPERATORS_GROUP = "operators"  # may read the metrics of the server
EVERYONE_GROUP = "everyone"
OWNER_NAME = "you"
# Names with a meaning of their own: the history and the uploads of one must not become another's.
RESERVED_NAMES = frozenset({EVERYONE_GROUP, OWNER_NAME, "uploads"})
MIN_TOKEN_CHARS = 16
_KEYS = frozenset({"token", "token_sha256", "groups", "read_only"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class User:
    """Someone who sends requests.

    Attributes:
        name: Who it is.
        groups: The groups of the user.
        labels: Labels of which a document must have one to be read, if it has any; None: the owner,
            who may read everything.
        may_write: Whether documents may be uploaded and removed; a program that only asks need not.
    """

    name: str
    groups: frozenset[str] = frozenset()
    labels: frozenset[str] | None = None
    may_write: bool = True

    @property
    def is_operator(self) -> bool:
        """Whether the user may read the metrics."""
        return self.labels is None or OPERATORS_GROUP in self.groups


OWNER = User(OWNER_NAME)


class UserStore:
    """The users of a server, by the SHA-256 of their token.

    Args:
        users: The users; None: everybody is the owner, and needs no token.
        blocked: Names of those who are let in no longer, in lower case.
    """

    def __init__(
        self, users: dict[str, User] | None = None, blocked: frozenset[str] = frozenset()
    ) -> None:
        self._users = users or {}
        self._is_open = users is None
        self._blocked = blocked

    @property
    def is_open(self) -> bool:
        """Whether no token is needed."""
        return self._is_open

    def members(self) -> tuple[User, ...]:
        """The users with tokens."""
        return tuple(self._users.values())

    def is_blocked(self, name: str) -> bool:
        """Whether a person is let in no longer, however they were signed on."""
        return name.lower() in self._blocked

    def authenticate(self, token: str) -> User | None:
        """The user with a token, or None. All are compared, each in constant time."""
        if self.is_open:
            return OWNER
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        match = None
        for stored, user in self._users.items():
            if hmac.compare_digest(stored, digest):
                match = user
        return None if match is None or self.is_blocked(match.name) else match


def bearer_token(authorization: str) -> str:
    """The token of an ``Authorization`` header; empty where it holds none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def single_user(token: str, option: str = "--token") -> UserStore:
    """A store of the owner alone.

    Args:
        token: The token of the owner.
        option: Where it was said.

    Raises:
        InputError: The token is too short.
    """
    if len(token) < MIN_TOKEN_CHARS:
        raise InputError(f"a token needs at least {MIN_TOKEN_CHARS} characters", where=option)
    return UserStore({hashlib.sha256(token.encode()).hexdigest(): OWNER})


def load_users(path: Path) -> UserStore:
    """The users of a TOML file.

    Raises:
        InputError: The file cannot be read or is invalid; the message names the place in it.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        tables, blocked = content.get("users", {}), content.get("blocked", [])
        if not isinstance(tables, dict) or not (tables or blocked):
            raise KeyError("users")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except KeyError:
        raise InputError("no users defined", where=str(path), hint="add: [users.alice]") from None
    except ValueError as error:
        raise InputError(f"invalid TOML ({error})", where=str(path)) from error
    users: dict[str, User] = {}
    for name, table in tables.items():
        digest, user = _parse_user(name, table, path)
        if digest in users:
            raise InputError(f"'{name}' has the same token as another user", where=str(path))
        users[digest] = user
    if not isinstance(blocked, list) or not all(isinstance(name, str) for name in blocked):
        raise InputError("'blocked' must be a list of names", where=str(path))
    return UserStore(users, frozenset(name.lower() for name in blocked))


def _parse_user(name: str, table: object, path: Path) -> tuple[str, User]:
    """The SHA-256 of a user's token, and the user."""

    def invalid(reason: str) -> InputError:
        return InputError(f"'users.{name}': {reason}", where=str(path))

    if not _NAME.fullmatch(name):
        raise invalid("invalid name (letters, digits, '.', '-' and '_', at most 64)")
    if name.lower() in RESERVED_NAMES:
        raise invalid("reserved name")
    if not isinstance(table, dict) or table.keys() - _KEYS:
        raise invalid("unknown key; valid keys: token or token_sha256, groups, read_only")
    token, digest = table.get("token"), table.get("token_sha256")
    read_only = table.get("read_only", False)
    if not isinstance(read_only, bool):
        raise invalid("read_only must be true or false")
    groups = table.get("groups", [])
    if not isinstance(groups, list) or not all(
        isinstance(g, str) and _NAME.fullmatch(g) and g != EVERYONE_GROUP for g in groups
    ):
        raise invalid("invalid groups; expected a list of names")
    if isinstance(token, str) and len(token) >= MIN_TOKEN_CHARS and digest is None:
        digest = hashlib.sha256(token.encode()).hexdigest()
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise invalid(f"needs a token of at least {MIN_TOKEN_CHARS} characters, or token_sha256")
    memberships = frozenset(groups)
    labels = memberships | {private_label(name)}
    return digest, User(name, memberships, labels, may_write=not read_only)


def private_label(name: str) -> str:
    """The label of what one user alone may read; no group can have that name."""
    return f"user:{name}"
