"""How many questions are worked on at once, and how many may wait.

Knows: a bound, and whose turn it is.
Does not know: what is done inside.
"""

from __future__ import annotations

import asyncio
from collections import Counter


class Busy(Exception):  # noqa: N818 - an answer to the asker, not a fault
    """Too many wait already. ``mine``: the asker's own requests are what fills the queue."""

    def __init__(self, mine: bool) -> None:
        self.mine = mine
        super().__init__("too many requests are waiting")


class Closing(Exception):  # noqa: N818
    """The server is going down and takes no more."""


class Gate:
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
            raise Closing
        if self._held[person] >= self._each:
            raise Busy(mine=True)
        if self.held >= self._bound:
            raise Busy(mine=False)
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
