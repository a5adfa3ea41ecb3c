"""Limits of concurrency and of rate, per user and in total."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_DAY_S = 86_400


class QueueFullError(Exception):
    """Too many requests wait already. ``own_requests``: those of this user alone."""

    def __init__(self, own_requests: bool) -> None:
        self.own_requests = own_requests
        super().__init__("too many requests are waiting")


class RateLimitError(Exception):
    """A user's rate limit is exceeded; the next request is accepted in ``retry_after_s``.

    ``limit`` says which one: "60 requests per minute".
    """

    def __init__(self, retry_after_s: float, limit: str) -> None:
        self.retry_after_s = retry_after_s
        self.limit = limit
        super().__init__("rate limit exceeded")


class ShuttingDownError(Exception):
    """The server is shutting down and accepts no more requests."""


class ConcurrencyLimiter:
    """Bounds concurrent work; those who wait are served in turn by user (round robin).

    Belongs to one event loop.

    Args:
        concurrency: Requests at work.
        queue_size: Requests that may wait.
        per_user: Requests of one user, at work and waiting.
    """

    def __init__(self, concurrency: int, queue_size: int, per_user: int) -> None:
        self._free_slots = concurrency
        self._capacity = concurrency + queue_size
        self._per_user = per_user
        self._count_by_user: Counter[str] = Counter()
        self._waiters: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.closed = False

    @property
    def active(self) -> int:
        """Requests at work and waiting."""
        return self._count_by_user.total()

    async def acquire(self, user: str) -> None:
        """Waits for a slot; ``release`` returns it.

        Raises:
            QueueFullError: The queue is full, of this user's requests or in total.
            ShuttingDownError: The limiter is closed.
        """
        if self.closed:
            raise ShuttingDownError
        if self._count_by_user[user] >= self._per_user:
            raise QueueFullError(own_requests=True)
        if self.active >= self._capacity:
            raise QueueFullError(own_requests=False)
        self._count_by_user[user] += 1
        if self._free_slots and not self._waiters:
            self._free_slots -= 1
            return
        slot = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(user, deque()).append(slot)
        try:
            await slot
        except BaseException:
            self._forget(user, slot)
            raise

    def release(self, user: str) -> None:
        """Returns a slot; the user who has waited longest since their last turn gets it."""
        self._uncount(user)
        self._free_slots += 1
        self._wake()

    @asynccontextmanager
    async def slot(self, user: str) -> AsyncIterator[None]:
        """``acquire`` and ``release`` around a block."""
        await self.acquire(user)
        try:
            yield
        finally:
            self.release(user)

    def _wake(self) -> None:
        while self._free_slots and self._waiters:
            user, queue = self._waiters.popitem(last=False)
            slot = queue.popleft()
            if queue:
                self._waiters[user] = queue  # behind the other users
            if not slot.done():
                self._free_slots -= 1
                slot.set_result(None)

    def _forget(self, user: str, slot: asyncio.Future[None]) -> None:
        self._uncount(user)
        if slot.done() and not slot.cancelled():  # it came together with the cancellation
            self._free_slots += 1
            self._wake()
            return
        queue = self._waiters.get(user)
        if queue is not None and slot in queue:
            queue.remove(slot)
            if not queue:
                del self._waiters[user]

    def _uncount(self, user: str) -> None:
        self._count_by_user[user] -= 1
        if not self._count_by_user[user]:
            del self._count_by_user[user]


class RateLimiter:
    """Bounds the requests of each user per minute, in bursts or spread; 0 is no bound.

    A bucket of that many tokens that fills evenly (Turner 1986, "leaky bucket as a meter").
    """

    def __init__(
        self, requests_per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._requests_per_minute = requests_per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens left, and when

    def take(self, user: str) -> None:
        """Counts a request.

        Raises:
            RateLimitError: It comes too soon; it is not counted then.
        """
        if not self._requests_per_minute:
            return
        now = self._clock()
        capacity = float(self._requests_per_minute)
        tokens, updated = self._buckets.get(user, (capacity, now))
        tokens = min(capacity, tokens + (now - updated) * capacity / 60)
        if tokens < 1:
            limit = f"{self._requests_per_minute} requests per minute"
            raise RateLimitError((1 - tokens) * 60 / capacity, limit)
        self._buckets[user] = (tokens - 1, now)


class DailyLimiter:
    """Bounds the questions of each user in a day of UTC; 0 is no bound.

    Counts are in memory: they begin anew when the server starts.
    """

    def __init__(self, per_day: int, clock: Callable[[], float] = time.time) -> None:
        self._per_day = per_day
        self._clock = clock
        self._day = 0
        self._counts: Counter[str] = Counter()

    def take(self, user: str) -> None:
        """Counts a question.

        Raises:
            RateLimitError: The user has had all of today's.
        """
        if not self._per_day:
            return
        now = self._clock()
        day = int(now // _DAY_S)
        if day != self._day:
            self._day = day
            self._counts.clear()
        if self._counts[user] >= self._per_day:
            raise RateLimitError((day + 1) * _DAY_S - now, f"{self._per_day} questions per day")
        self._counts[user] += 1


class RequestPacer:
    """Spaces the requests of each user evenly, so that their number costs nobody else time.

    Many cheap requests at once are short steps of one event loop, and every other request waits
    behind all of them. A user may send some at once; the next ones wait for their turn.

    The generic cell rate algorithm (ITU-T I.371) in its virtual scheduling form.

    Args:
        requests_per_second: Of one user, in the long run; 0 is no bound.
        burst: Requests that need not wait.
        max_delay_s: A request that would wait longer is refused.
    """

    def __init__(
        self,
        requests_per_second: float,
        burst: int,
        max_delay_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval_s = 1 / requests_per_second if requests_per_second else 0.0
        self._tolerance_s = self._interval_s * burst
        self._max_delay_s = max_delay_s
        self._clock = clock
        self._next: dict[str, float] = {}  # when the next request would be on time, by user

    def delay_s(self, user: str) -> float:
        """Counts a request and returns how long it has to wait, in seconds.

        Raises:
            RateLimitError: It would wait too long; it is not counted then.
        """
        if not self._interval_s:
            return 0.0
        now = self._clock()
        due = max(self._next.get(user, now), now)
        delay_s = max(0.0, due - self._tolerance_s - now)
        if delay_s > self._max_delay_s:
            raise RateLimitError(delay_s, f"{round(60 / self._interval_s)} requests per minute")
        self._next[user] = due + self._interval_s
        return delay_s
