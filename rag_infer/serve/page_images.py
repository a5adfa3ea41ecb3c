"""Images of PDF pages, drawn by a few processes of their own that no other request waits for.

A page may be made to take minutes. So each has a few seconds, failures are remembered like images,
a file of which several pages timed out is not tried again, and the processes end with the server.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
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


class PageImageRenderer:
    """Draws pages within the limits of the server; belongs to its event loop."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limiter = ConcurrencyLimiter(
            limits.image_workers, limits.images_queued, limits.images_per_user
        )
        self._executor = ThreadPoolExecutor(limits.image_workers, thread_name_prefix="page-image")
        self._timeout_s = limits.image_timeout_s
        self._images: OrderedDict[tuple[object, ...], PageImage] = OrderedDict()
        self._failures: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._timeouts: Counter[str] = Counter()
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
        failure = self._failures.get(request.page_key)
        if failure is None and self._timeouts[request.row.sha256] >= MAX_TIMEOUTS_PER_FILE:
            failure = "the pages of this file take too long to draw"
        if failure is not None:
            raise ReadError(failure, where=request.path.name)
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
                self._failures[request.page_key] = error.what
                if len(self._failures) > MAX_REMEMBERED_FAILURES:
                    self._failures.popitem(last=False)
                if isinstance(error, PageTimeoutError):
                    self._timeouts[request.row.sha256] += 1
            raise
        with self._lock:
            self._images[key] = image
            if len(self._images) > MAX_CACHED_IMAGES:
                self._images.popitem(last=False)
        return image

    def _register(self, process: Process) -> None:
        with self._lock:
            self._processes = {p for p in self._processes if p.poll() is None} | {process}
        if self._limiter.closed:
            process.kill()
