"""A queue that serves its owners in turn, each with a bounded number of items at work."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque


class FairQueue:
    """Items by owner: first in, first out for one owner, round robin between owners.

    Args:
        per_owner: Items of one owner at work at the same time.
    """

    def __init__(self, per_owner: int) -> None:
        self._per_owner = per_owner
        self._waiting: OrderedDict[str, deque[str]] = OrderedDict()
        self._active: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, owner: str, item: str) -> None:
        """Appends an item."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(item)
            self._changed.notify()

    def get(self) -> tuple[str, str] | None:
        """Waits for the next owner and item; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                owner = next((o for o in self._waiting if self._active[o] < self._per_owner), None)
                if owner is not None:
                    items = self._waiting.pop(owner)
                    item = items.popleft()
                    if items:
                        self._waiting[owner] = items  # behind the other owners
                    self._active[owner] += 1
                    return owner, item
                self._changed.wait()
            return None

    def task_done(self, owner: str) -> None:
        """Says that an item of an owner is no longer at work."""
        with self._changed:
            self._active[owner] -= 1
            self._changed.notify()

    def close(self) -> None:
        """Ends all ``get``; items that wait stay."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
