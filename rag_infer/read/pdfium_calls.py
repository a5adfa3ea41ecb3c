"""PDFium's functions that are called for every line or word of a page.

The same functions as in pypdfium2, without the conversion of each argument to a declared type,
which takes longer than most of these calls do. Callers pass the handles that PDFium gave, numbers
of characters and references that ctypes made; an address as a plain number would be cut.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as pdfium


class Handle(ctypes.c_void_p):
    """An object of PDFium; a class of its own, so that calls return it and not a plain number."""


def _unconverted(function: Any, result: Any = ctypes.c_int) -> Callable[..., Any]:
    address = ctypes.cast(function, ctypes.c_void_p).value
    if address is None:
        raise ImportError("PDFium lacks a function")
    return ctypes.PYFUNCTYPE(result)(address)


loose_char_box = _unconverted(pdfium.FPDFText_GetLooseCharBox)
char_origin = _unconverted(pdfium.FPDFText_GetCharOrigin)
fill_color = _unconverted(pdfium.FPDFText_GetFillColor)
font_info = _unconverted(pdfium.FPDFText_GetFontInfo, ctypes.c_ulong)
text_object_at = _unconverted(pdfium.FPDFText_GetTextObject, Handle)
render_mode = _unconverted(pdfium.FPDFTextObj_GetTextRenderMode)
page_object = _unconverted(pdfium.FPDFPage_GetObject, Handle)
object_type = _unconverted(pdfium.FPDFPageObj_GetType)
object_bounds = _unconverted(pdfium.FPDFPageObj_GetBounds)
