"""The state of a conversation between questions: earlier turns, and the answer to go on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag_infer.answering.options import AskOptions
from rag_infer.types import Answer


class ChatSession:
    """Earlier turns of one conversation, so that follow-up questions are understood.

    Hand it to ``Index.ask(conversation=...)``; each answer is added to it. Not for several threads
    at once: a conversation has one question after the other.

    Args:
        history: Earlier turns, oldest first, as ``{"role": "user" | "assistant", "content": ...}``.
    """

    def __init__(self, history: Sequence[Mapping[str, str]] = ()) -> None:
        self._history = [dict(turn) for turn in history]
        self._previous: Answer | None = None

    @property
    def history(self) -> tuple[Mapping[str, str], ...]:
        """All turns, oldest first."""
        return tuple(self._history)

    @property
    def last_answer(self) -> Answer | None:
        """The newest answer; None before the first question."""
        return self._previous

    def apply(self, options: AskOptions) -> AskOptions:
        """The options of the next question, with this conversation before it."""
        return replace(
            options,
            history=self.history,
            previous_answer=self._previous,
            reserve_followups=True,
        )

    def add(self, answer: Answer) -> None:
        """Appends a question and its answer."""
        self._history.append({"role": "user", "content": answer.question})
        self._history.append({"role": "assistant", "content": answer.text})
        self._previous = answer

    def clear(self) -> None:
        """Forgets all turns."""
        self._history.clear()
        self._previous = None
