"""The conversation that a question belongs to: its turns, and where they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rag_infer.types import Answer

if TYPE_CHECKING:
    from rag_infer.userdata.conversations import ConversationStore


class Conversation:
    """Turns of a conversation about one index, for ``Index.ask(..., conversation=...)``.

    Each answer is recorded as a turn. With a store, turns are also written to disk; a new
    conversation is stored with its first turn.

    Args:
        history: Earlier turns, oldest first: ``{"role": "user" | "assistant", "content": ...}``.
        previous_answer: The last answer, if it is still in memory: the next prompt extends its.
        reserve_followups: Whether part of a model's window stays free for further questions.
        store: Where turns are stored; None keeps them in memory.
        index: The name under which the store lists the index.
        id: The id of a conversation in the store; None starts a new one.

    Raises:
        InputError: The store has no conversation with that id.
    """

    def __init__(
        self,
        history: Iterable[Mapping[str, str]] = (),
        *,
        previous_answer: Answer | None = None,
        reserve_followups: bool = True,
        store: ConversationStore | None = None,
        index: str = "",
        id: str | None = None,
    ) -> None:
        self.id = id
        """Id in the store; None before the first turn is stored."""
        self.previous_answer = previous_answer
        self.reserve_followups = reserve_followups
        self._store = store
        self._index = index
        self._messages = [dict(message) for message in history]
        if store is not None and id is not None:
            for turn in store.turns(id):
                self._append(turn.question, turn.answer)

    @property
    def history(self) -> tuple[Mapping[str, str], ...]:
        """The turns as chat messages, oldest first."""
        return tuple(self._messages)

    def __len__(self) -> int:
        return sum(message["role"] == "user" for message in self._messages)

    def __bool__(self) -> bool:
        return True  # an empty conversation is still one

    def __repr__(self) -> str:
        return f"<Conversation {self.id or 'in memory'}: {len(self)} turns>"

    def record(self, answer: Answer) -> None:
        """Appends a turn; an answer without text is not one."""
        if not answer.text:
            return
        if self._store is not None:
            if self.id is None:
                self.id = self._store.start(self._index)
            self._store.add(self.id, answer)
        self._append(answer.question, answer.text)
        self.previous_answer = answer

    def delete_last_turn(self) -> str | None:
        """Removes the last turn, stored copy included, and returns its question."""
        if not self._messages:
            return None
        if self._store is not None and self.id is not None:
            self._store.delete_last_turn(self.id)
        while self._messages and self._messages[-1]["role"] != "user":
            self._messages.pop()
        self.previous_answer = None
        return self._messages.pop()["content"] if self._messages else None

    def history_before(self, answer: Answer) -> tuple[Mapping[str, str], ...]:
        """The turns before an answer; all of them if it is not the last one recorded."""
        turn = (answer.question, answer.text)
        is_last = tuple(message["content"] for message in self._messages[-2:]) == turn
        return tuple(self._messages[:-2] if is_last else self._messages)

    def _append(self, question: str, text: str) -> None:
        self._messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": text},
        ]
