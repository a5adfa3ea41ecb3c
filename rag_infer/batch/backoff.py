"""How many questions are asked at once of a server that may be busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_ANSWERS_FOR_ONE_MORE = 8


class SharedBackoff:
    """Slots that all questions of a run share: fewer after a server is busy, more as it answers.

    A busy server halves the slots and makes everyone wait, as long as it says, else twice as long
    as the last time; some answers in a row give one slot back (additive increase, multiplicative
    decrease: Chiu and Jain 1989).

    Args:
        slots: Most questions at once.
        sleep: How to wait, in seconds.
    """

    def __init__(self, slots: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._most = self._slots = slots
        self._used = 0
        self._answers = 0
        self._pause_s = _FIRST_PAUSE_S
        self._until = 0.0
        self._sleep = sleep
        self._changed = threading.Condition()

    @property
    def slots(self) -> int:
        """How many questions may be asked at once now."""
        return self._slots

    def enter(self) -> None:
        """Waits for a slot, and for the end of a pause."""
        with self._changed:
            self._changed.wait_for(lambda: self._used < self._slots)
            self._used += 1
            pause = self._until - time.monotonic()
        if pause > 0:
            self._sleep(pause)

    def leave(self, *, busy: bool, retry_after_s: float | None = None) -> None:
        """Gives a slot back.

        Args:
            busy: The server refused, for now.
            retry_after_s: When it said to come again.
        """
        with self._changed:
            self._used -= 1
            if busy:
                if time.monotonic() >= self._until:  # not each of those that were under way
                    self._slots = max(1, self._slots // 2)
                    pause = retry_after_s if retry_after_s is not None else self._pause_s
                    self._until = time.monotonic() + min(pause, _LONGEST_PAUSE_S)
                    self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
                self._answers = 0
            else:
                self._answers += 1
                self._pause_s = _FIRST_PAUSE_S
                if self._answers >= _ANSWERS_FOR_ONE_MORE and self._slots < self._most:
                    self._slots += 1
                    self._answers = 0
            self._changed.notify_all()
