"""Who may read a document, and changes of that by its owner or an operator."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import HTTPException

from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import document_access
from rag_infer.serve.auth import EVERYONE_GROUP, User, private_label
from rag_infer.serve.service import Service
from rag_infer.serve.upload_ids import owner_of

_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class DocumentGroups:
    """Who may read a document, as far as one user is told.

    Attributes:
        owner: Who uploaded it; None for one of an indexed folder.
        is_everyone: All users may read it.
        groups: Groups that may read it: all of them for its owner and for operators, else those
            that the user is in.
        people: Those for whom alone it is, and for operators the users of the users file who may
            read it.
        may_change: Whether this user may change it.
        choices: Groups that this user may let read it.
    """

    owner: str | None
    is_everyone: bool
    groups: tuple[str, ...]
    people: tuple[str, ...]
    may_change: bool
    choices: tuple[str, ...]


def document_groups(service: Service, index: str, document_id: str, user: User) -> DocumentGroups:
    """Who may read a document that the user may read.

    Raises:
        InputError: There is none.
    """
    row = _row(service, index, document_id, user)
    owner = owner_of(row.file)
    knows_all = user.is_operator or owner == user.name
    private = private_label("")
    visible = row.labels if knows_all else row.labels & (user.labels or frozenset())
    people = {label.removeprefix(private) for label in visible if label.startswith(private)}
    groups = {label for label in visible if not label.startswith(private)}
    choices = set(user.groups)
    if user.is_operator:
        members = service.config.users.members()
        people |= {m.name for m in members if not row.labels or row.labels & (m.labels or set())}
        choices |= {group for member in members for group in member.groups} | groups
    return DocumentGroups(
        owner, not row.labels, tuple(sorted(groups)), tuple(sorted(people)),
        _may_change(row, user), tuple(sorted(choices)),
    )  # fmt: skip


def change_groups(
    service: Service, index: str, document_id: str, user: User, groups: list[str], *, everyone: bool
) -> None:
    """Lets others read a document.

    Args:
        service: Of the server.
        index: The index.
        document_id: A document of the user; for operators any that they may read.
        user: Who asks for it.
        groups: Groups that may read it; none: its owner alone.
        everyone: All users may read it.

    Raises:
        InputError: There is no such document, or a name cannot be that of a group.
        HTTPException: The user may not do that (403).
    """
    row = _row(service, index, document_id, user)
    if not _may_change(row, user):
        raise HTTPException(403, "permission denied: only its owner and operators change that")
    for group in groups:
        if not _GROUP.fullmatch(group) or group == EVERYONE_GROUP:
            raise InputError("is no name of a group", where=group, code="invalid_argument")
        if not user.is_operator and group not in user.groups:
            raise HTTPException(403, f"permission denied: you are not in the group {group}")
    labels = [] if everyone else list(groups)
    if not everyone and not groups:
        owner = owner_of(row.file)
        if owner is None:
            raise InputError("name a group, or everyone", code="invalid_argument")
        labels = [private_label(owner)]
    with service.writing(index):
        service.index(index).set_groups([named.file for named in row.by_names()], labels)
    service.audit.record("access", user.name, index, text=", ".join(labels), documents=(row.id,))


def _row(service: Service, index: str, document_id: str, user: User) -> DocumentRow:
    snapshot = service.index(index).engine.snapshot
    return document_access.document(snapshot, document_id, service.filter(user))


def _may_change(row: DocumentRow, user: User) -> bool:
    return user.may_write and (user.is_operator or owner_of(row.file) == user.name)
