"""Images of PDF pages, drawn by a few processes of their own that no other request waits for.

A page may be made to take minutes. So each has a few seconds, failures are remembered like images,
and the processes end with the server. A time-out is remembered for a minute only, as the machine
may have been busy; a file of which several pages timed out within ten minutes waits for their end.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_infer._subprocess import Process
from rag_infer.errors import ReadError
from rag_infer.index.catalog import DocumentRow
from rag_infer.read.page_image import PageImage, PageTimeoutError, draw_page
from rag_infer.retrieve.document_access import PageView
from rag_infer.serve.config import ServerLimits
from rag_infer.serve.limits import ConcurrencyLimiter, ShuttingDownError

MAX_CACHED_IMAGES = 32
MAX_REMEMBERED_FAILURES = 4_096
MAX_TIMEOUTS_PER_FILE = 3
TIMEOUT_MEMORY_S = 60.0  # a page that timed out is not tried again so long
FILE_TIMEOUT_MEMORY_S = 600.0
IMAGE_WIDTH_PIXELS = 1_100


@dataclass(frozen=True, slots=True)
class PageImageRequest:
    """A page to draw: the file, what the index knows of it, a span to mark."""

    path: Path
    row: DocumentRow
    page: PageView
    span: tuple[int, int] | None

    @property
    def page_key(self) -> tuple[str, int]:
        """The file's content and the page."""
        return self.row.sha256, self.page.number


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a page was not drawn, and until when it is not tried again."""

    reason: str
    until: float


class PageImageRenderer:
    """Draws pages within the limits of the server; belongs to its event loop."""

    def __init__(self, limits: ServerLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._limiter = ConcurrencyLimiter(
            limits.image_workers, limits.images_queued, limits.images_per_user
        )
        self._executor = ThreadPoolExecutor(limits.image_workers, thread_name_prefix="page-image")
        self._timeout_s = limits.image_timeout_s
        self._images: OrderedDict[tuple[object, ...], PageImage] = OrderedDict()
        self._failures: OrderedDict[tuple[str, int], _Failure] = OrderedDict()
        self._timeouts: OrderedDict[str, list[float]] = OrderedDict()  # when, by file
        self._processes: set[Process] = set()
        self._lock = threading.Lock()

    async def render(self, request: PageImageRequest, user: str) -> PageImage:
        """The image of a page, with the boxes of its span.

        Raises:
            ReadError: It cannot be drawn, in time or at all.
            QueueFullError: Too many images are waiting.
        """
        image = self._cached(request)
        if image is not None:
            return image
        async with self._limiter.slot(user):
            image = self._cached(request)  # drawn while this request waited
            if image is not None:
                return image
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._draw, request)

    def close(self) -> None:
        """Ends the processes that draw."""
        self._limiter.closed = True
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            with suppress(OSError):
                process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _cached(self, request: PageImageRequest) -> PageImage | None:
        image = self._images.get((*request.page_key, request.span))
        if image is not None:
            return image
        now = self._clock()
        failure = self._failures.get(request.page_key)
        if failure is not None and now < failure.until:
            raise ReadError(failure.reason, where=request.path.name)
        recent = [
            at
            for at in self._timeouts.get(request.row.sha256, ())
            if now < at + FILE_TIMEOUT_MEMORY_S
        ]
        if len(recent) >= MAX_TIMEOUTS_PER_FILE:
            reason = "the pages of this file take too long to draw; try again later"
            raise ReadError(reason, where=request.path.name)
        return None

    def _draw(self, request: PageImageRequest) -> PageImage:
        key = (*request.page_key, request.span)
        try:
            image = draw_page(
                request.path,
                request.page.number,
                [request.span] if request.span else [],
                sha256=request.row.sha256,
                text=request.page.text,
                width=IMAGE_WIDTH_PIXELS,
                timeout_s=self._timeout_s,
                on_start=self._register,
            )
        except ReadError as error:
            if self._limiter.closed:
                raise ShuttingDownError from error
            with self._lock:
                self._remember(request, error)
            raise
        with self._lock:
            self._images[key] = image
            if len(self._images) > MAX_CACHED_IMAGES:
                self._images.popitem(last=False)
        return image

    def _remember(self, request: PageImageRequest, error: ReadError) -> None:
        now, until = self._clock(), math.inf
        if isinstance(error, PageTimeoutError):
            until = now + TIMEOUT_MEMORY_S
            times = self._timeouts.pop(request.row.sha256, [])
            self._timeouts[request.row.sha256] = [*times, now][-MAX_TIMEOUTS_PER_FILE:]
            if len(self._timeouts) > MAX_REMEMBERED_FAILURES:
                self._timeouts.popitem(last=False)
        self._failures[request.page_key] = _Failure(error.what, until)
        if len(self._failures) > MAX_REMEMBERED_FAILURES:
            self._failures.popitem(last=False)

    def _register(self, process: Process) -> None:
        with self._lock:
            self._processes = {p for p in self._processes if p.poll() is None} | {process}
        if self._limiter.closed:
            process.kill()
