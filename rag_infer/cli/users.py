"""``rag users``: who may use a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from rag_infer.serve.users_file import ListedUser


class UsersAction(StrEnum):
    """What is done with a users file."""

    ADD = "add"
    LIST = "list"
    RENEW = "renew"
    CHANGE = "change"
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
        typer.Option(
            "--group",
            metavar="GROUP",
            help="A group of the user; with change, from now on only these. Repeatable.",
        ),
    ] = None,
    read_only: Annotated[
        bool | None,
        typer.Option("--read-only/--may-write", help="The user may upload and remove nothing."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Add, list, change, revoke and block users.

    The token of a new user is shown once; the file holds its SHA-256 only. One that was lost is
    renewed; groups and what the user stored stay. A person who signs on by a proxy or an identity
    provider has no token to revoke and is blocked, open sessions included. A running server knows
    of a change within a second.
    """
    try:
        from rag_infer.serve import users_file
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("rag_infer"):
            raise
        raise MissingDependencyError("rag users needs optional packages", extra="serve") from None
    if action is UsersAction.LIST:
        _list(users_file.list_users(file), users_file.list_blocked(file), json_)
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
    if action is UsersAction.CHANGE:
        if group is None and read_only is None:
            raise InputError("say what changes", hint=f"rag users change {name} --group finance")
        users_file.change_user(file, name, tuple(group) if group else None, read_only=read_only)
        changed = [user for user in users_file.list_users(file) if user.name == name]
        _list(changed, (), json_)
        return
    if action is UsersAction.RENEW:
        token = users_file.renew_token(file, name)
    else:
        token = users_file.add_user(file, name, tuple(group or ()), read_only=bool(read_only))
    if json_:
        [user] = [user for user in users_file.list_users(file) if user.name == name]
        print_json({"name": name, "groups": list(user.groups), "token": token})
        return
    print_text(token)
    print_note(f"the token of {name}, shown only now; {file} holds its SHA-256", "dim")


def _list(members: Sequence[ListedUser], blocked: Sequence[str], json_: bool) -> None:
    if json_:
        print_json({"users": [asdict(user) for user in members], "blocked": blocked})
        return
    width = max(map(len, (*(user.name for user in members), *blocked)))
    for user in members:
        is_blocked = " (blocked)" if user.name.lower() in blocked else ""
        reads = " (read only)" if user.is_read_only else ""
        print_text(f"{user.name:<{width}}  {', '.join(user.groups)}{reads}{is_blocked}".rstrip())
    names = {user.name.lower() for user in members}
    for person in blocked:
        if person not in names:
            print_text(f"{person:<{width}}  (blocked)")
