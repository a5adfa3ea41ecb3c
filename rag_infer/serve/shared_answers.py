"""Answers that were shared by a link: who may see one, and whether its quotes still stand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from rag_infer import Filter
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import document_access
from rag_infer.serve.auth import User
from rag_infer.serve.response_views import TOOL_FORMAT
from rag_infer.serve.service import Service
from rag_infer.userdata.conversations import CitedSource, ConversationStore, ConversationTurn
from rag_infer.userdata.shared_answers import SharedAnswer, SharedAnswerStore
from rag_infer.userdata.user_files import user_file_name

FILE_NAME = "shared.sqlite"


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """A shared answer as it is shown: ``changed`` are the numbers of quotes that do not stand."""

    share: SharedAnswer
    turn: ConversationTurn
    changed: tuple[int, ...]


def share_answer(service: Service, user: User, conversation: str, number: int) -> SharedAnswer:
    """Makes a link to a turn of a conversation of the user.

    Raises:
        InputError: There is no such turn, or the user may no longer read what it quotes.
    """
    turn = _turn(service.conversations(user), conversation, number)
    index = next(c.index for c in service.conversations(user).all() if c.id == conversation)
    rows = [_row(service, index, source, service.filter(user)) for source in _quoted(turn)]
    return _store(service).add(
        user.name, user.labels, index, conversation, number, {row.id: row.sha256 for row in rows}
    )


def open_share(service: Service, user: User, share_id: str) -> OpenedShare:
    """A shared answer, for someone who may read everything that it may tell.

    Raises:
        InputError: There is none that the user may see.
    """
    share = _store(service).one(share_id)
    history = service.config.data_dir / "history" / user_file_name(share.owner)
    turn = _turn(ConversationStore(history), share.conversation, share.turn)
    filter_ = service.filter(user)
    # A model may have written what passages say that it did not cite.
    if turn.model != EXTRACTIVE and share.owner != user.name:
        _require_all(service, share, filter_)
    changed = []
    for source in _quoted(turn):
        row = _row(service, share.index, source, filter_)
        is_same = row.sha256 in map(share.hashes.get, row.names)
        if not is_same or not _stands(service, share, source, filter_):
            changed.append(source.number)
    service.audit.record("share", user.name, share.index, documents=tuple(share.hashes))
    return OpenedShare(share, turn, tuple(changed))


def listed_shares(service: Service, user: User) -> list[tuple[SharedAnswer, ConversationTurn]]:
    """The links of a user whose conversations are still there, each with its turn."""
    listed = []
    store = service.conversations(user)
    for share in _store(service).of_owner(user.name):
        with suppress(InputError):
            listed.append((share, _turn(store, share.conversation, share.turn)))
    return listed


def remove_share(service: Service, user: User, share_id: str) -> None:
    """Deletes a link of the user. Raises InputError where there is none."""
    _store(service).remove(share_id, user.name)


def _store(service: Service) -> SharedAnswerStore:
    return SharedAnswerStore(service.config.data_dir / FILE_NAME)


def _turn(conversations: ConversationStore, conversation: str, number: int) -> ConversationTurn:
    turns = conversations.turns(conversation)
    if not 1 <= number <= len(turns):
        raise InputError("no such turn", where=str(number), code="unknown_conversation")
    return turns[number - 1]


def _quoted(turn: ConversationTurn) -> list[CitedSource]:
    return [source for source in turn.sources if source.format != TOOL_FORMAT]


def _row(service: Service, index: str, source: CitedSource, filter_: Filter) -> DocumentRow:
    snapshot = service.index(index).engine.snapshot
    return document_access.document(snapshot, source.document_id, filter_)


def _stands(service: Service, share: SharedAnswer, source: CitedSource, filter_: Filter) -> bool:
    snapshot = service.index(share.index).engine.snapshot
    try:
        page = document_access.page(snapshot, source.document_id, source.page_number, filter_)
    except InputError:
        return False
    return page.text[source.start : source.end] == source.quote


def _require_all(service: Service, share: SharedAnswer, filter_: Filter) -> None:
    """Raises InputError unless the filter allows all that the owner might read."""
    index = service.index(share.index)
    readable = {row.id for row in index.documents(filter_)}
    if any(row.id not in readable for row in index.documents(Filter(groups=share.owner_labels))):
        raise InputError("no such shared answer", where=share.id, code="unknown_share")
