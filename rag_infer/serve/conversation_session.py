"""The conversation that a question over HTTP belongs to.

Knows: its turns, the answer that its next prompt can go on from.
Does not know: requests, how questions are answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_infer import Answer
    from rag_infer.serve.auth import User
    from rag_infer.serve.service import Service


class ConversationSession:
    """The conversation that a question goes on with; none is kept where none was asked for.

    Raises InputError for one that is not the person's.
    """

    def __init__(self, desk: Service, person: User, index: str, wanted: str | None) -> None:
        self._desk, self._person = desk, person
        self._kept = desk.history(person) if wanted else None
        self._index = index
        self._id = wanted
        self._turns = [] if wanted in (None, "new") else self._turns_of()

    def _turns_of(self) -> Any:
        assert self._kept is not None
        return self._kept.turns(str(self._id))

    def history(self) -> list[dict[str, str]]:
        from rag_infer.userdata.conversations import history

        return history(self._turns)

    def previous(self) -> Answer | None:
        """The answer before, if this server gave it: a model's prompt can go on from its prompt."""
        if self._id in (None, "new"):
            return None
        return self._desk.answers.get((self._person.name, str(self._id), len(self._turns)))

    def keep(self, found: Answer) -> str | None:
        if self._kept is None or not found.text:
            return None
        if self._id == "new":
            self._id = self._kept.start(self._index)
        self._kept.add(str(self._id), found)
        key = (self._person.name, str(self._id), len(self._turns) + 1)
        self._desk.remember(key, found)
        return self._id
