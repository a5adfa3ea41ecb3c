"""How many questions are worked on at once, how many may wait, how many one person has a minute.

Knows: bounds, and whose turn it is.
Does not know: what is done inside.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable


class QueueFullError(Exception):
    """Too many wait already. ``mine``: the asker's own requests are what fills the queue."""

    def __init__(self, mine: bool) -> None:
        self.mine = mine
        super().__init__("too many requests are waiting")


class RateLimitError(Exception):
    """One person asks faster than they may; ``after`` so many seconds the next one is taken."""

    def __init__(self, after: float) -> None:
        self.after = after
        super().__init__("too many requests in a minute")


class ShuttingDownError(Exception):
    """The server is going down and takes no more."""


class ConcurrencyLimiter:
    """``at_once`` inside, ``waiting`` before it, of which one person may have ``each``."""

    def __init__(self, at_once: int, waiting: int, each: int) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._bound = at_once + waiting
        self._each = each
        self._held: Counter[str] = Counter()
        self.closed = False

    @property
    def held(self) -> int:
        """Requests inside and waiting."""
        return self._held.total()

    async def enter(self, person: str) -> None:
        """Waits for a place; ``leave`` gives it back. Raises Busy or Closing at once, where waiting
        would have no end.
        """
        if self.closed:
            raise ShuttingDownError
        if self._held[person] >= self._each:
            raise QueueFullError(mine=True)
        if self.held >= self._bound:
            raise QueueFullError(mine=False)
        self._held[person] += 1
        try:
            await self._room.acquire()
        except BaseException:
            self._uncount(person)
            raise

    def leave(self, person: str) -> None:
        self._room.release()
        self._uncount(person)

    def _uncount(self, person: str) -> None:
        self._held[person] -= 1
        if not self._held[person]:
            del self._held[person]


class RateLimiter:
    """``per_minute`` questions of each person, all at once or spread; 0 is no bound.

    A bucket of so many that fills evenly (Turner 1986, "leaky bucket as a meter").
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # how many were left, and when

    def take(self, person: str) -> None:
        """Counts a question. Raises Hurried when it comes too soon, and does not count it then."""
        if not self._most:
            return
        now = self._clock()
        left, then = self._left.get(person, (float(self._most), now))
        left = min(self._most, left + (now - then) * self._most / 60)
        if left < 1:
            raise RateLimitError((1 - left) * 60 / self._most)
        self._left[person] = (left - 1, now)
