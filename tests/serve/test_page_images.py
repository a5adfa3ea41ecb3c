"""Page images that could not be drawn: what is tried again, and when."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.errors import ReadError
from rag_infer.retrieve import Filter, document_access
from rag_infer.serve import page_images
from rag_infer.serve.config import ServerLimits
from rag_infer.serve.page_images import PageImageRenderer, PageImageRequest
from tests.serve.conftest import CORPUS

HANDBOOK = CORPUS / "retrieval-handbook.pdf"


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> PageImageRequest:
    index = Index.open(tmp_path_factory.mktemp("images") / "index", create=True)
    index.add(HANDBOOK)
    snapshot = index.engine.snapshot
    (row,) = index.documents()
    view = document_access.page(snapshot, row.id, 1, Filter())
    return PageImageRequest(HANDBOOK, row, view, None)


def draw(renderer: PageImageRenderer, request: PageImageRequest) -> bytes:
    return asyncio.run(renderer.render(request, "alice")).png


def test_a_page_that_timed_out_is_tried_again_after_a_while(request_: PageImageRequest) -> None:
    now = 1000.0
    busy = PageImageRenderer(ServerLimits(image_timeout_s=0), clock=lambda: now)
    with pytest.raises(ReadError, match="takes too long"):
        draw(busy, request_)
    busy._timeout_s = 60  # the machine is free again
    with pytest.raises(ReadError, match="takes too long"):
        draw(busy, request_)
    now += page_images.TIMEOUT_MEMORY_S
    assert draw(busy, request_).startswith(b"\x89PNG")


def test_a_file_of_slow_pages_rests_for_longer(request_: PageImageRequest) -> None:
    now = 1000.0
    slow = PageImageRenderer(ServerLimits(image_timeout_s=0), clock=lambda: now)
    for _ in range(page_images.MAX_TIMEOUTS_PER_FILE):
        with pytest.raises(ReadError, match="takes too long"):
            draw(slow, request_)
        now += page_images.TIMEOUT_MEMORY_S + 1
    slow._timeout_s = 60
    with pytest.raises(ReadError, match="pages of this file"):
        draw(slow, request_)
    now += page_images.FILE_TIMEOUT_MEMORY_S
    assert draw(slow, request_).startswith(b"\x89PNG")


def test_a_page_that_cannot_be_drawn_is_not_tried_again(
    request_: PageImageRequest, tmp_path: Path
) -> None:
    now = 1000.0
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 no more")
    renderer = PageImageRenderer(ServerLimits(), clock=lambda: now)
    request = PageImageRequest(broken, request_.row, request_.page, None)
    with pytest.raises(ReadError) as first:
        draw(renderer, request)
    broken.unlink()
    now += 10 * page_images.FILE_TIMEOUT_MEMORY_S
    with pytest.raises(ReadError) as second:
        draw(renderer, request)
    assert second.value.what == first.value.what
