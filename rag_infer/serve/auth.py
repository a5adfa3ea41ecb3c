"""Who asks: tokens, users, groups, and what they may see.

Knows: the file of users, how a token is compared.
Does not know: requests, documents.

A users file is TOML; tokens may be given as their SHA-256, so that the file holds no secret:

    [users.alice]
    token_sha256 = "9f86d08..."
    groups = ["finance", "operators"]

Each user reads what has no label, what a group of theirs may read, and what is theirs alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rag_infer.errors import InputError

OPERATORS = "operators"  # may see the metrics of everybody
EVERYONE = "everyone"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHORTEST = 16


@dataclass(frozen=True, slots=True)
class User:
    """An asker. ``labels`` None is a trusted one, who may read everything."""

    name: str
    groups: frozenset[str] = frozenset()
    labels: frozenset[str] | None = None

    @property
    def operator(self) -> bool:
        return self.labels is None or OPERATORS in self.groups


OWNER = User("you")


class UserStore:
    """Those who may ask. Without tokens there is one, the owner of the machine."""

    def __init__(self, known: dict[str, User] | None = None) -> None:
        self._known = known or {}  # by the SHA-256 of their token

    @property
    def open(self) -> bool:
        """Whether nobody needs a token."""
        return not self._known

    def who(self, token: str | None) -> User | None:
        """The person with that token; None for nobody. All are compared, in constant time."""
        if self.open:
            return OWNER
        given = hashlib.sha256((token or "").encode("utf-8", "replace")).hexdigest()
        found = None
        for digest, person in self._known.items():
            if hmac.compare_digest(digest, given):
                found = person
        return found


def with_token(token: str) -> UserStore:
    """One trusted person, known by a token. Raises InputError for a short one."""
    if len(token) < _SHORTEST:
        raise InputError(f"a token needs {_SHORTEST} characters or more", where="--token")
    return UserStore({hashlib.sha256(token.encode()).hexdigest(): OWNER})


def from_file(path: Path) -> UserStore:
    """The people of a users file. Raises InputError, naming the file and what is wrong in it."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))["users"]
        if not isinstance(tables, dict) or not tables:
            raise KeyError("users")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except KeyError:
        raise InputError("names no user", where=str(path), hint="add: [users.alice]") from None
    except ValueError as error:
        raise InputError(f"is no TOML ({error})", where=str(path)) from error
    known: dict[str, User] = {}
    for name, table in tables.items():
        digest, person = _person(name, table, path)
        if digest in known:
            raise InputError(f"'{name}' has the token of another", where=str(path))
        known[digest] = person
    return UserStore(known)


def _person(name: str, table: object, path: Path) -> tuple[str, User]:
    def wrong(what: str) -> InputError:
        return InputError(f"'users.{name}' {what}", where=str(path))

    if not _NAME.fullmatch(name) or name == EVERYONE:
        raise wrong("is no name; letters, digits, dot, dash and underscore make one")
    if not isinstance(table, dict) or table.keys() - {"token", "token_sha256", "groups"}:
        raise wrong("takes token or token_sha256, and groups")
    token, digest = table.get("token"), table.get("token_sha256")
    groups = table.get("groups", [])
    if not isinstance(groups, list) or not all(
        isinstance(g, str) and _NAME.fullmatch(g) and g != EVERYONE for g in groups
    ):
        raise wrong("has groups that are no names")
    if isinstance(token, str) and len(token) >= _SHORTEST and digest is None:
        digest = hashlib.sha256(token.encode()).hexdigest()
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise wrong(f"needs a token of {_SHORTEST} characters or more, or its token_sha256")
    member = frozenset(groups)
    return digest, User(name, member, member | {own(name)})


def own(name: str) -> str:
    """The label of what one user alone may read; no group can be called that."""
    return f"user:{name}"
