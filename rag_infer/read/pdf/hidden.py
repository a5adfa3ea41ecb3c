"""Text that nobody sees on a page: white on white, or drawn with no ink.

Such words were put there for machines, and would be quoted as if the page said them. The invisible
text layer that OCR puts over a scanned image is another thing, and stays.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float]

_WHITE = 250  # of 255, in each color
_MAX_OBJECTS = 5_000
_BACKGROUND_KINDS = frozenset(
    (
        pdfium.FPDF_PAGEOBJ_PATH,
        pdfium.FPDF_PAGEOBJ_IMAGE,
        pdfium.FPDF_PAGEOBJ_SHADING,
        pdfium.FPDF_PAGEOBJ_FORM,
    )
)


class InkCheck:
    """Says which characters of a text page are white or have no ink, with buffers made once."""

    def __init__(self, text_page: Any) -> None:
        self._text_page = text_page
        self._color = [ctypes.c_uint() for _ in range(4)]

    def lacks_ink(self, index: int) -> bool:
        """Whether a character could be unseen, depending on what is behind it."""
        red, green, blue, alpha = self._color
        if pdfium.FPDFText_GetFillColor(self._text_page, index, red, green, blue, alpha) and (
            alpha.value == 0 or (red.value >= _WHITE and min(green.value, blue.value) >= _WHITE)
        ):
            return True
        text_object = pdfium.FPDFText_GetTextObject(self._text_page, index)
        invisible = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        return bool(text_object and pdfium.FPDFTextObj_GetTextRenderMode(text_object) == invisible)


def on_background(page: Any, boxes: Sequence[Box]) -> list[bool]:
    """For each box, whether anything but text is drawn where it lies."""
    edges = [ctypes.c_float() for _ in range(4)]
    areas: list[Box] = []
    for number in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, number)
        if pdfium.FPDFPageObj_GetType(item) not in _BACKGROUND_KINDS:
            continue
        if pdfium.FPDFPageObj_GetBounds(item, *edges):
            x0, y0, x1, y1 = (edge.value for edge in edges)
            areas.append((x0, y0, x1, y1))
    return [
        any(
            x0 <= (box[0] + box[2]) / 2 <= x1 and y0 <= (box[1] + box[3]) / 2 <= y1
            for x0, y0, x1, y1 in areas
        )
        for box in boxes
    ]
