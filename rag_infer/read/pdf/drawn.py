"""What a page draws beside its text: lines, areas, pictures. One walk over its objects for all."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.pdfium_calls import object_bounds, object_type, page_object

Box = tuple[float, float, float, float]

_TEXT = pdfium.FPDF_PAGEOBJ_TEXT
_MAX_OBJECTS = 5_000


def drawn_objects(page: Any) -> list[tuple[int, Box]]:
    """The kind and the box of each object of a page that is no text."""
    edges = left, bottom, right, top = [ctypes.c_float() for _ in range(4)]
    places = [ctypes.byref(edge) for edge in edges]
    objects = []
    for number in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        item = page_object(page, number)
        kind = object_type(item)
        if kind != _TEXT and object_bounds(item, *places):  # most are text
            objects.append((kind, (left.value, bottom.value, right.value, top.value)))
    return objects
