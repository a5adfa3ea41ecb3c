"""A page of a PDF as a picture, with the boxes of some of its words: ``python -m`` this module.

Knows: how to draw a page in a process that can at worst take itself down.
Does not know: why the words matter, how the picture is shown.

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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_infer import _subprocess
from rag_infer.errors import RagError, ReadError

Share = tuple[float, float, float, float]

_SECONDS = 60
_MEMORY = 1_500 * 2**20
_TALLEST = 4_000  # pixels: a page may be a roll of wallpaper
_MOST_BYTES = 40 * 2**20


@dataclass(frozen=True, slots=True)
class PageImage:
    """``png`` is the page, ``boxes`` the lines of each span; empty where ``note`` says why."""

    png: bytes
    width: int
    height: int
    boxes: tuple[tuple[Share, ...], ...]
    note: str | None = None


def draw(
    path: Path,
    page: int,
    spans: Sequence[tuple[int, int]] = (),
    *,
    sha256: str | None = None,
    text: str | None = None,
    width: int = 1100,
) -> PageImage:
    """Page ``page`` (from 1) of a PDF, ``width`` pixels wide, and the boxes of spans of its text.

    Raises ReadError when the file cannot be read or drawn, or has another ``sha256``. Where the
    page's text has no places (as after OCR) the picture comes without boxes and with a note.
    """
    order = {
        "path": str(path.absolute()), "page": page, "spans": list(spans), "sha256": sha256,
        "text": text, "width": width,
    }  # fmt: skip
    try:
        done = _subprocess.run(
            "rag_infer.read.page_image", json.dumps(order).encode(), timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ReadError(f"page {page} takes too long to draw", where=path.name) from None
    head, _, png = done.stdout.partition(b"\n")
    try:
        said = json.loads(head)
    except ValueError:
        raise ReadError(f"page {page} cannot be drawn", where=path.name) from None
    if "error" in said:
        raise ReadError(str(said["error"]), where=path.name)
    boxes = tuple(tuple((b[0], b[1], b[2], b[3]) for b in span) for span in said["boxes"])
    return PageImage(png[:_MOST_BYTES], said["width"], said["height"], boxes, said["note"])


def main() -> None:
    """Answers one order: a line of JSON, then the PNG."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # native code that prints stays out of the answer
    order = json.loads(sys.stdin.buffer.read())
    _subprocess.limit_process(memory_bytes=_MEMORY, cpu_seconds=_SECONDS, permanent=True)
    try:
        head, png = _drawn(order)
    except (RagError, MemoryError, ValueError, OSError) as error:
        head, png = {"error": getattr(error, "what", None) or str(error) or "out of memory"}, b""
    answers.write(json.dumps(head).encode() + b"\n" + png)
    answers.flush()


def _drawn(order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from rag_infer.read.pdf.document import open_pdf
    from rag_infer.read.pdf.locate import locate

    data = Path(order["path"]).read_bytes()
    if order["sha256"] and hashlib.sha256(data).hexdigest() != order["sha256"]:
        raise ReadError("the file has changed since it was indexed")
    document = open_pdf(data, ())
    number = order["page"]
    if not 1 <= number <= len(document):
        raise ReadError(f"it has no page {number}")
    note, found = None, []
    if order["spans"]:
        try:
            found = locate(document, number, order["spans"], order["text"])
        except ReadError as error:
            note = error.what
    page = document[number - 1]
    across, down = page.get_size()
    scale = min(order["width"] / max(across, 1), _TALLEST / max(down, 1))
    image = page.render(scale=scale).to_pil()
    kept = io.BytesIO()
    image.convert("RGB").save(kept, "PNG")
    boxes = [[_share(page, box) for box in span if box[2] > box[0]] for span in found]
    head = {"width": image.width, "height": image.height, "boxes": boxes, "note": note}
    return head, kept.getvalue()


def _share(page: Any, box: Sequence[float]) -> Share:
    """A box of page space on the page as it is displayed, cropped and turned."""
    import ctypes

    from pypdfium2 import raw

    fine = 100_000
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        right, below = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, fine, fine, 0, x, y, right, below)
        corners.append((right.value / fine, below.value / fine))
    (a, b), (c, d) = corners
    return min(a, c), min(b, d), abs(c - a), abs(d - b)


if __name__ == "__main__":
    main()
