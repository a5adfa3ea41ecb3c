"""Changes of a users file: users, their tokens and groups, people who are blocked.

What an operator wrote in the file stays as it is, comments too.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from rag_infer.errors import InputError
from rag_infer.serve.auth import load_users
from rag_infer.serve.sign_on import person

_TOKEN_BYTES = 24
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user of a file, without the token."""

    name: str
    groups: tuple[str, ...]
    is_read_only: bool


def add_user(
    path: Path, name: str, groups: tuple[str, ...] = (), *, read_only: bool = False
) -> str:
    """Adds a user to a file, which is made if there is none.

    Args:
        path: The TOML file.
        name: The user's name.
        groups: Groups whose documents the user may read.
        read_only: The user may upload and remove nothing.

    Returns:
        The user's token; the file holds its SHA-256 only.

    Raises:
        InputError: There is such a user already, a name is invalid, or the file cannot be written.
    """
    content = _content(path, is_new=not path.exists())
    if name in _users(content):
        raise InputError(
            f"there is a user '{name}' already",
            where=str(path),
            code="user_exists",
        )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    entry: dict[str, Any] = {"token_sha256": hashlib.sha256(token.encode()).hexdigest()}
    if groups:
        entry["groups"] = list(groups)
    if read_only:
        entry["read_only"] = True
    content.setdefault("users", tomlkit.table(is_super_table=True))[name] = entry
    _write(path, content)
    return token


def renew_token(path: Path, name: str) -> str:
    """Gives a user another token; the former one is valid no longer, groups stay.

    Returns:
        The new token; the file holds its SHA-256 only.

    Raises:
        InputError: There is no such user, or the file cannot be written.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    digest = hashlib.sha256(token.encode()).hexdigest()
    _change(path, name, {"token": None, "token_sha256": digest})
    return token


def change_user(
    path: Path, name: str, groups: tuple[str, ...] | None = None, *, read_only: bool | None = None
) -> None:
    """Puts a user into other groups, or lets them write or not; the token stays.

    Args:
        path: The TOML file.
        name: The user's name.
        groups: The user's groups from now on; None leaves them.
        read_only: Whether the user may upload and remove nothing; None leaves it.

    Raises:
        InputError: There is no such user, a group's name is invalid, or the file cannot be written.
    """
    values: dict[str, Any] = {}
    if groups is not None:
        values["groups"] = list(groups)
    if read_only is not None:
        values["read_only"] = read_only
    _change(path, name, values)


def _change(path: Path, name: str, values: Mapping[str, Any]) -> None:
    """Writes other values of a user, and nothing else; None takes one away."""
    content = _content(path)
    users = _users(content)
    _check_user(users, name, path)
    for key, value in values.items():
        if value is None:
            users[name].pop(key, None)
        else:
            users[name][key] = value
    _write(path, content)


def _check_user(users: Mapping[str, Any], name: str, path: Path) -> None:
    """Raises InputError where there is no such user."""
    if name not in users:
        raise InputError(
            f"there is no user '{name}'",
            where=str(path),
            hint=f"who is signed on elsewhere is blocked: rag users block {name}"
            if "@" in name
            else f"there are: {', '.join(users)}",
        )


def revoke_user(path: Path, name: str) -> None:
    """Removes a user from a file. A server that runs knows it within a second.

    Raises:
        InputError: There is no such user, the last one is left, or the file cannot be written.
    """
    content = _content(path)
    users = _users(content)
    _check_user(users, name, path)
    if len(users) == 1 and not _blocked(content):
        raise InputError(
            f"'{name}' is the only user",
            where=str(path),
            hint="add another one first",
        )
    users.pop(name)
    if not users:
        content.pop("users")
    _write(path, content)


def block_user(path: Path, name: str, *, is_blocked: bool = True) -> None:
    """Lets a person in no longer, or again; a server that runs knows it within a second.

    It counts for tokens and for people who are signed on by a proxy or an identity provider, also
    for their open sessions.

    Args:
        path: The TOML file, which is made if there is none.
        name: As the server calls the person; case does not matter.
        is_blocked: False lets the person in again.

    Raises:
        InputError: The name cannot be one, the person is blocked already or is not, or the file
            cannot be written.
    """
    content = _content(path, is_new=not path.exists())
    names = _blocked(content)
    name = name.strip().lower()
    if is_blocked and (person(name, []) is None or name in names):
        reason = "is blocked already" if name in names else "is no name of a person"
        raise InputError(f"'{name}' {reason}", where=str(path))
    if not is_blocked and name not in names:
        raise InputError(f"'{name}' is not blocked", where=str(path))
    names = [*names, name] if is_blocked else [other for other in names if other != name]
    if names:
        content["blocked"] = names
    else:
        content.pop("blocked")
    _write(path, content)


def list_blocked(path: Path) -> tuple[str, ...]:
    """The names of those who are let in no longer.

    Raises:
        InputError: The file cannot be read or is invalid.
    """
    return tuple(_blocked(_content(path)))


def list_users(path: Path) -> tuple[ListedUser, ...]:
    """The users of a file.

    Raises:
        InputError: The file cannot be read or is invalid.
    """
    load_users(path)
    users = _users(_content(path))
    return tuple(
        ListedUser(name, tuple(entry.get("groups", ())), entry.get("read_only", False))
        for name, entry in users.items()
    )


def _content(path: Path, *, is_new: bool = False) -> tomlkit.TOMLDocument:
    if is_new:
        return tomlkit.document()
    try:
        return tomlkit.parse(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError:
        raise InputError("is no text", where=str(path)) from None
    except TOMLKitError as error:
        raise InputError(f"invalid TOML ({error})", where=str(path)) from error


def _users(content: tomlkit.TOMLDocument) -> dict[str, Any]:
    """The part of the file that has the users, in which changes are those of the file."""
    users = content.get("users", {})
    return users if isinstance(users, dict) else {}


def _blocked(content: tomlkit.TOMLDocument) -> list[str]:
    return [str(name) for name in content.get("blocked", ())]


def _write(path: Path, content: tomlkit.TOMLDocument) -> None:
    """Writes what is a valid users file; otherwise the file stays as it was."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(tomlkit.dumps(content))
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else _MODE)
            load_users(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error
    except InputError as error:
        raise InputError(error.what, where=str(path), hint=error.hint) from None
