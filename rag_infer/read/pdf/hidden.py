"""Text that nobody sees on a page: white on white, or drawn with no ink.

Such words were put there for machines, and would be quoted as if the page said them. The invisible
text layer that OCR puts over a scanned image is another thing, and stays.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.pdfium_calls import fill_color, render_mode, text_object_at

Box = tuple[float, float, float, float]
Point = tuple[float, float]

_WHITE = 250  # of 255, in each color
_BACKGROUND_KINDS = frozenset(
    (
        pdfium.FPDF_PAGEOBJ_PATH,
        pdfium.FPDF_PAGEOBJ_IMAGE,
        pdfium.FPDF_PAGEOBJ_SHADING,
        pdfium.FPDF_PAGEOBJ_FORM,
    )
)


def ink_check(text_page: Any) -> Callable[[int], bool]:
    """A function that says whether the character at an index of a text page is white or has no ink.

    It has its buffers made once: it is called for every line. What it says yes to is unseen only
    where nothing is drawn behind it.
    """
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    places = tuple(map(ctypes.byref, (red, green, blue, alpha)))
    invisible = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE

    def lacks_ink(index: int) -> bool:
        if fill_color(text_page, index, *places) and (
            alpha.value == 0
            or (red.value >= _WHITE and green.value >= _WHITE and blue.value >= _WHITE)
        ):
            return True
        text_object = text_object_at(text_page, index)
        return bool(text_object) and render_mode(text_object) == invisible

    return lacks_ink


def on_background(objects: Sequence[tuple[int, Box]], points: Sequence[Point]) -> list[bool]:
    """For each point, whether anything but text is drawn there.

    Args:
        objects: What is drawn on the page, as ``drawn_objects`` gives it.
        points: In the page's own space.
    """
    areas = [box for kind, box in objects if kind in _BACKGROUND_KINDS]
    return [any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in areas) for x, y in points]
