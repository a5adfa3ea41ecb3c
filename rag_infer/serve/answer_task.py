"""A question that is answered in another thread: its events as they come, and its cancellation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from rag_infer.types import Answer

_DISCONNECT_POLL_S = 0.5


class AnswerTask:
    """A question that is being answered in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.cancelled = threading.Event()
        self._loop = loop
        self._queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._future: asyncio.Future[Answer] = loop.create_future()

    def start(
        self, executor: ThreadPoolExecutor, work: Callable[[], Answer], on_end: Callable[[], None]
    ) -> None:
        """Starts ``work`` in the executor; ``on_end`` is called in the event loop."""
        self._future = self._loop.run_in_executor(executor, work)

        def finish(_: object) -> None:
            on_end()
            self._queue.put_nowait(None)

        self._future.add_done_callback(finish)

    def emit_text(self, text: str) -> None:
        """A piece of the answer, from the thread that answers."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, ("text", text))

    def emit_status(self, status: str) -> None:
        """What that thread does next: ``loading`` a model, ``searching``."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, ("status", status))

    async def events(self) -> AsyncIterator[tuple[str, str]]:
        """``status`` and ``text`` events; leaving early cancels the answer."""
        try:
            while (event := await self._queue.get()) is not None:
                yield event
        finally:
            self.cancelled.set()

    async def answer(self, is_disconnected: Callable[[], Awaitable[bool]] | None = None) -> Answer:
        """The complete answer; it is cancelled once ``is_disconnected`` returns true."""
        try:
            while is_disconnected is not None:
                done, _ = await asyncio.wait([self._future], timeout=_DISCONNECT_POLL_S)
                if done:
                    break
                if await is_disconnected():
                    self.cancelled.set()
            return await self._future
        finally:
            self.cancelled.set()
