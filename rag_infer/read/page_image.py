"""A page of a PDF as a picture, with the boxes of some of its words: ``python -m`` this module.

Boxes are given as shares of the displayed page (left, top, width, height in 0..1), so whoever shows
the picture needs to know nothing of points, rotation or crop.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_infer import _subprocess
from rag_infer.errors import RagError, ReadError

RelativeBox = tuple[float, float, float, float]

DEFAULT_TIMEOUT_S = 60
_NICENESS = 10  # whoever waits for an answer comes first
_MAX_MEMORY_BYTES = 1_500 * 2**20
_MAX_SIDE_PIXELS = 4_000  # pixels: a page may be a roll of wallpaper
_MAX_PNG_BYTES = 40 * 2**20


class PageTimeoutError(ReadError):
    """A page takes too long to draw."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """``png`` is the page, ``boxes`` the lines of each span; empty where ``note`` says why."""

    png: bytes
    width: int
    height: int
    boxes: tuple[tuple[RelativeBox, ...], ...]
    note: str | None = None


def draw_page(
    path: Path,
    page: int,
    spans: Sequence[tuple[int, int]] = (),
    *,
    sha256: str | None = None,
    text: str | None = None,
    width: int = 1100,
    timeout_s: int = DEFAULT_TIMEOUT_S,
    on_start: Callable[[_subprocess.Process], None] = lambda _: None,
) -> PageImage:
    """The image of a PDF page, and the boxes of spans of its text.

    Where the page's text has no positions (as after OCR) the image comes without boxes and with a
    note.

    Args:
        path: The PDF.
        page: Page number, from 1.
        spans: Character offsets ``[start, end)`` in the page's text.
        sha256: Of the file's bytes; checked where it is given.
        text: The page's text as indexed.
        width: Width of the image in pixels.
        timeout_s: Time for the process that draws, in seconds.
        on_start: Called with that process, which its caller may kill.

    Raises:
        PageTimeoutError: It takes too long.
        ReadError: The file cannot be read or drawn, or has changed.
    """
    request = {
        "path": str(path.absolute()), "page": page, "spans": list(spans), "sha256": sha256,
        "text": text, "width": width, "timeout_s": timeout_s,
    }  # fmt: skip
    try:
        process = _subprocess.run(
            "rag_infer.read.page_image",
            json.dumps(request).encode(),
            timeout=timeout_s,
            on_start=on_start,
        )
    except subprocess.TimeoutExpired:
        raise PageTimeoutError(f"page {page} takes too long to draw", where=path.name) from None
    header, _, png = process.stdout.partition(b"\n")
    try:
        reply = json.loads(header)
    except ValueError:
        raise ReadError(f"page {page} cannot be drawn", where=path.name) from None
    if "error" in reply:
        raise ReadError(str(reply["error"]), where=path.name)
    boxes = tuple(tuple((b[0], b[1], b[2], b[3]) for b in span) for span in reply["boxes"])
    return PageImage(png[:_MAX_PNG_BYTES], reply["width"], reply["height"], boxes, reply["note"])


def main() -> None:
    """Answers one order: a line of JSON, then the PNG."""
    _subprocess.exit_with_parent()
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # native code that prints stays out of the answer
    request = json.loads(sys.stdin.buffer.read())
    _subprocess.limit_process(
        memory_bytes=_MAX_MEMORY_BYTES, cpu_seconds=request["timeout_s"] + 1, permanent=True
    )
    os.nice(_NICENESS)
    try:
        header, png = _render(request)
    except (RagError, MemoryError, ValueError, OSError) as error:
        header, png = {"error": getattr(error, "what", None) or str(error) or "out of memory"}, b""
    output.write(json.dumps(header).encode() + b"\n" + png)
    output.flush()


def _render(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from rag_infer.read.pdf.document import open_pdf
    from rag_infer.read.pdf.locate import locate

    data = Path(request["path"]).read_bytes()
    if request["sha256"] and hashlib.sha256(data).hexdigest() != request["sha256"]:
        raise ReadError("the file has changed since it was indexed")
    document = open_pdf(data, ())
    number = request["page"]
    if not 1 <= number <= len(document):
        raise ReadError(f"there is no page {number}")
    note, line_boxes = None, []
    if request["spans"]:
        try:
            line_boxes = locate(document, number, request["spans"], request["text"])
        except ReadError as error:
            note = error.what
    page = document[number - 1]
    across, down = page.get_size()
    scale = min(request["width"] / max(across, 1), _MAX_SIDE_PIXELS / max(down, 1))
    image = page.render(scale=scale).to_pil()
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    boxes = [[_relative_box(page, box) for box in span if box[2] > box[0]] for span in line_boxes]
    header = {"width": image.width, "height": image.height, "boxes": boxes, "note": note}
    return header, buffer.getvalue()


def _relative_box(page: Any, box: Sequence[float]) -> RelativeBox:
    """A box of page space on the page as it is displayed, cropped and turned."""
    import ctypes

    from pypdfium2 import raw

    resolution = 100_000
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        right, below = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, resolution, resolution, 0, x, y, right, below)
        corners.append((right.value / resolution, below.value / resolution))
    (a, b), (c, d) = corners
    return min(a, c), min(b, d), abs(c - a), abs(d - b)


if __name__ == "__main__":
    main()
