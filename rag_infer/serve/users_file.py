"""Changes of a users file: users, their tokens and groups, people who are blocked.

What an operator wrote in the file stays as it is. A change is made in its text, and written only if
the parsed result is what was meant.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    text = _text(path) if path.exists() else ""
    users = _users(text, path)
    if name in users:
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
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
    content = {**_content(text, path), "users": {**users, name: entry}}
    lines = [f"[users.{key}]", *(f"{k} = {json.dumps(v)}" for k, v in entry.items())]
    separator = "\n" if text and not text.endswith("\n\n") else ""
    ending = "" if not text or text.endswith("\n") else "\n"
    _write(path, f"{text}{ending}{separator}" + "\n".join(lines) + "\n", content)
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


def _change(path: Path, name: str, values: dict[str, Any]) -> None:
    """Writes other values of a user, and nothing else; None takes one away."""
    text = _text(path)
    users = _users(text, path)
    _check_user(users, name, path)
    lines: list[str] = []
    is_inside = is_dropped = False
    for line in text.splitlines(keepends=True):
        if is_dropped:  # the further lines of an array
            is_dropped = "]" not in line
        elif re.match(r"\s*\[", line):
            is_inside = _header(line) == ["users", name]
            lines.append(line if line.endswith("\n") else f"{line}\n")
            if is_inside:
                lines += [f"{k} = {json.dumps(v)}\n" for k, v in values.items() if v is not None]
        elif is_inside and (key := re.match(r"\s*(\w+)\s*=", line)) and key[1] in values:
            is_dropped = line[key.end() :].lstrip().startswith("[") and "]" not in line
        else:
            lines.append(line)
    entry = {k: v for k, v in {**users[name], **values}.items() if v is not None}
    _write(path, "".join(lines), {**_content(text, path), "users": {**users, name: entry}})


def _check_user(users: dict[str, Any], name: str, path: Path) -> None:
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
    text = _text(path)
    users = _users(text, path)
    _check_user(users, name, path)
    if len(users) == 1 and not list_blocked(path):
        raise InputError(
            f"'{name}' is the only user",
            where=str(path),
            hint="add another one first",
        )
    lines, is_inside = [], False
    for line in text.splitlines(keepends=True):
        if header := re.match(r"\s*\[", line):
            is_inside = bool(header) and _header(line) == ["users", name]
        if not is_inside:
            lines.append(line)
    others = {k: v for k, v in users.items() if k != name}
    _write(path, "".join(lines), {**_content(text, path), "users": others})


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
    text = _text(path) if path.exists() else ""
    content = _content(text, path)
    names = [str(other) for other in content.get("blocked", [])]
    name = name.strip().lower()
    if is_blocked and (person(name, []) is None or name in names):
        reason = "is blocked already" if name in names else "is no name of a person"
        raise InputError(f"'{name}' {reason}", where=str(path))
    if not is_blocked and name not in names:
        raise InputError(f"'{name}' is not blocked", where=str(path))
    names = [*names, name] if is_blocked else [other for other in names if other != name]
    # At the top: behind the first table it would be part of that table.
    others = re.sub(r"(?m)^blocked\s*=.*\n", "", text, count=1)
    entry = f"blocked = {json.dumps(names)}\n" if names else ""
    _write(path, entry + others, {**content, "blocked": names})


def list_blocked(path: Path) -> tuple[str, ...]:
    """The names of those who are let in no longer.

    Raises:
        InputError: The file cannot be read or is invalid.
    """
    return tuple(map(str, _content(_text(path), path).get("blocked", ())))


def list_users(path: Path) -> tuple[ListedUser, ...]:
    """The users of a file.

    Raises:
        InputError: The file cannot be read or is invalid.
    """
    load_users(path)
    users = _users(_text(path), path)
    return tuple(
        ListedUser(name, tuple(entry.get("groups", ())), entry.get("read_only", False))
        for name, entry in users.items()
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError:
        raise InputError("is no text", where=str(path)) from None


def _content(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise InputError(f"invalid TOML ({error})", where=str(path)) from error


def _users(text: str, path: Path) -> dict[str, Any]:
    users = _content(text, path).get("users", {})
    return users if isinstance(users, dict) else {}


def _header(line: str) -> list[str]:
    """The keys of the header of a table; empty where the line is none."""
    try:
        value: Any = tomllib.loads(line)
    except ValueError:
        return []
    keys = []
    while isinstance(value, dict) and len(value) == 1:
        [(key, value)] = value.items()
        keys.append(key)
    return keys


def _filled(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value}


def _write(path: Path, text: str, content: dict[str, Any]) -> None:
    """Writes a text that says this and is valid; otherwise the file stays as it was."""
    try:
        is_as_meant = _filled(tomllib.loads(text)) == _filled(content)
    except ValueError:
        is_as_meant = False
    if not is_as_meant:
        raise InputError(
            "cannot be changed here, as its tables are written in another way",
            where=str(path),
            hint="edit it by hand",
        )
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
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
