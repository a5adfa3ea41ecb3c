"""``rag users``: who may use a server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.errors import InputError, MissingDependencyError


class UsersAction(StrEnum):
    """What is done with a users file."""

    ADD = "add"
    LIST = "list"
    REVOKE = "revoke"
    BLOCK = "block"
    UNBLOCK = "unblock"


def users(
    action: Annotated[UsersAction, typer.Argument(help="What to do.")],
    name: Annotated[str, typer.Argument(help="The user, for all but list.")] = "",
    file: Annotated[
        Path, typer.Option("--file", metavar="FILE", help="The users file of rag serve --users.")
    ] = Path("users.toml"),
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="GROUP", help="A group of a new user. Repeatable."),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="A new user may upload and remove nothing.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Add, list, revoke and block users.

    The token of a new user is shown once; the file holds its SHA-256 only. A person who signs on by
    a proxy or an identity provider has no token to revoke and is blocked, open sessions included. A
    running server knows of a change within a second.
    """
    try:
        from rag_infer.serve import users_file
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag_infer"):
            raise
        raise MissingDependencyError("rag users needs optional packages", extra="serve") from None
    if action is UsersAction.LIST:
        members, blocked = users_file.list_users(file), users_file.list_blocked(file)
        if json_:
            listed = [{"name": n, "groups": g} for n, g in members.items()]
            print_json({"users": listed, "blocked": blocked})
            return
        width = max(map(len, (*members, *blocked)))
        for member, groups in members.items():
            print_text(f"{member:<{width}}  {', '.join(groups)}".rstrip())
        for person in blocked:
            print_text(f"{person:<{width}}  (blocked)")
        return
    if not name:
        raise InputError("name the user", hint=f"rag users {action.value} alice")
    if action is UsersAction.REVOKE:
        users_file.revoke_user(file, name)
        if json_:
            print_json({"name": name, "is_revoked": True})
            return
        print_text(f"{name} is removed from {file}")
        return
    if action in (UsersAction.BLOCK, UsersAction.UNBLOCK):
        is_blocked = action is UsersAction.BLOCK
        users_file.block_user(file, name, is_blocked=is_blocked)
        if json_:
            print_json({"name": name, "is_blocked": is_blocked})
            return
        print_text(f"{name} is let in {'no longer' if is_blocked else 'again'}")
        return
    token = users_file.add_user(file, name, tuple(group or ()), read_only=read_only)
    if json_:
        print_json({"name": name, "groups": list(group or ()), "token": token})
        return
    print_text(token)
    print_note(f"the token of {name}, shown only now; {file} holds its SHA-256", "dim")
