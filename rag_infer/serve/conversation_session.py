"""The conversation that a question over HTTP belongs to."""

from __future__ import annotations

import logging

from rag_infer import Conversation
from rag_infer.errors import InputError, UserDataError
from rag_infer.serve.auth import User
from rag_infer.serve.service import Service
from rag_infer.types import Answer
from rag_infer.userdata.conversations import ConversationTurn, history

logger = logging.getLogger(__name__)
NEW_CONVERSATION = "new"


class ConversationSession:
    """The stored conversation of a question; without an id nothing is stored.

    Raises:
        InputError: The user has no conversation of that id.
    """

    def __init__(
        self, service: Service, user: User, index: str, conversation_id: str | None
    ) -> None:
        self._service, self._user, self._index = service, user, index
        self._id = conversation_id
        self._store = service.conversations(user) if conversation_id else None
        self._turns: list[ConversationTurn] = []
        if self._store is not None and conversation_id not in (None, NEW_CONVERSATION):
            self._turns = self._store.turns(str(conversation_id))

    @property
    def next_turn(self) -> int:
        """The number of the turn that this question makes, from 1."""
        return len(self._turns) + 1

    def conversation(self) -> Conversation | None:
        """The turns before, as a question takes them; None where nothing is stored."""
        if self._id is None:
            return None
        return Conversation(history(self._turns), previous_answer=self._previous_answer())

    def _previous_answer(self) -> Answer | None:
        """The answer before, if still in memory: a model's prompt can extend its prompt."""
        if self._id in (None, NEW_CONVERSATION):
            return None
        return self._service.cached_answer((self._user.name, str(self._id), len(self._turns)))

    async def store(self, answer: Answer) -> str | None:
        """Stores the turn; returns the id of its conversation, None where it cannot be stored."""
        store = self._store
        if store is None or not answer.text:
            return None

        def write() -> str:
            started = self._id == NEW_CONVERSATION
            conversation = store.start(self._index) if started else str(self._id)
            store.add(conversation, answer)
            return conversation

        try:
            self._id = await self._service.write(write)
        except (UserDataError, InputError) as error:  # a full disk does not cost the answer
            logger.warning("an answer cannot be stored: %s", error.what)
            return None
        turn = (self._user.name, str(self._id), self.next_turn)
        self._service.cache_answer(turn, answer)
        return self._id
