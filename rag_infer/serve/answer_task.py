"""A question while it is being answered: its text as it comes, and how it is stopped.

Knows: the thread that answers and the event loop that waits for it.
Does not know: how a question is answered, HTTP.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_infer import Answer


class AnswerTask:
    """A question that is being answered in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.stopped = threading.Event()
        self._loop = loop
        self._queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._future: asyncio.Future[Answer] = loop.create_future()

    def begin(
        self, pool: ThreadPoolExecutor, work: Callable[[], Answer], after: Callable[[], None]
    ) -> None:
        self._future = self._loop.run_in_executor(pool, work)

        def done(_: object) -> None:
            after()
            self._queue.put_nowait(None)

        self._future.add_done_callback(done)

    def put(self, piece: str) -> None:
        """Text, from the thread that answers."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, ("text", piece))

    def tell(self, doing: str) -> None:
        """What the thread that answers does next: ``loading`` a model, ``searching``."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, ("doing", doing))

    async def events(self) -> AsyncIterator[tuple[str, str]]:
        """``doing`` and ``text``, as they come; leaving early stops the writing."""
        try:
            while (event := await self._queue.get()) is not None:
                yield event
        finally:
            self.stopped.set()

    async def answer(self, gone: Callable[[], Any] | None = None) -> Answer:
        """The whole answer; when ``gone()`` says that nobody waits for it any more, it stops."""
        try:
            while gone is not None:
                done, _ = await asyncio.wait([self._future], timeout=0.5)
                if done:
                    break
                if await gone():
                    self.stopped.set()
            return await self._future
        finally:
            self.stopped.set()
