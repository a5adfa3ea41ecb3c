"""A blocking iterator consumed from an event loop, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


async def iterate_in_thread(
    start: Callable[[Callable[[], bool]], Iterator[T]],
) -> AsyncIterator[T]:
    """The items of an iterator that is made and run in a worker thread.

    Args:
        start: Makes the iterator; it is handed a function that tells whether the consumer has left.

    Raises:
        BaseException: What the iterator raises.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[T | None, BaseException | None, bool]] = asyncio.Queue()
    cancelled = threading.Event()

    def put(item: T | None, error: BaseException | None = None, is_last: bool = False) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, (item, error, is_last))

    def work() -> None:
        try:
            for item in start(cancelled.is_set):
                if cancelled.is_set():
                    break
                put(item)
        except BaseException as error:
            put(None, error, True)
        else:
            put(None, None, True)

    threading.Thread(target=work, name="rag-infer-stream", daemon=True).start()
    try:
        while True:
            item, error, is_last = await queue.get()
            if error is not None:
                raise error
            if is_last:
                return
            assert item is not None
            yield item
    finally:
        cancelled.set()
