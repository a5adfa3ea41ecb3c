"""One page as PDFium sees it: its characters, and its printed lines with their places.

Knows: PDFium's text page, through its C interface. A call for each character would take longer
than all the rest, so only the ends of lines are looked at, and the spaces of lines that are too
wide for what they say.
Does not know: paragraphs, other pages, what is noise.

Coordinates are PDF points in the page's own space (x to the right, y upward, before ``/Rotate``),
turned where most of a page's text runs another way, so that lines are level in any case.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.pdf.reading_order import in_reading_order

Box = tuple[float, float, float, float]

_HYPHEN = "\ufffe"  # PDFium's sign for a hyphen at the end of a line, the line end included
_LINE = re.compile("[^\r\n\ufffe]+\ufffe?")
_WIDE = 0.54  # width over (characters times height); prose has about 0.42, rows of a table more
_GAP = 1.0  # of the height: a space that wide is a gap
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uefff\ufffd]")
_ANNOTATIONS = 500
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(r"(?<!\S)(?:[$€£¥(+−–-]*\d[\d.,]*[)%]*|[—–$€£%)-]+)(?!\S)")
_BOLD = re.compile(r"bold|black|heavy|demi|cmbx|sfbx|-bd|\bbd|medi$")
_FORCE_BOLD = 1 << 18
_NAME_BYTES = 96


@dataclass(frozen=True, slots=True)
class Gap:
    """A wide space before the character at ``position``, from ``x0`` to ``x1``."""

    position: int
    x0: float
    x1: float


@dataclass(slots=True)
class Line:
    """A printed line: ``scan.text[start:end]``, without white space around it.

    ``hyphen`` is the place of PDFium's sign for a hyphen at its end, or -1. ``turned`` text does
    not run the page's way. ``least`` is the height of the smaller of its first and last characters.
    ``figures`` says that numbers make up much of the line.
    """

    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    least: float
    hyphen: int = -1
    bold: bool = False
    turned: bool = False
    figures: bool = False
    gaps: tuple[Gap, ...] = ()


@dataclass(slots=True)
class PageText:
    """A page's characters in PDFium's order, and its lines in reading order.

    ``unreadable`` counts the characters of lines that are left out, because the file does not say
    which characters its glyphs stand for.
    """

    text: str
    lines: list[Line]
    has_images: bool = False
    unreadable: int = 0


def scan(document: Any, index: int) -> PageText:
    """Scans a page of an open PDFium document, counted from 0. Raises ValueError if it cannot."""
    with text_page(document, index) as (page, reader):
        lines = reader.lines()
        return PageText(reader.text, lines, not lines and _has_images(page), reader.unreadable)


@contextmanager
def text_page(document: Any, index: int) -> Iterator[tuple[Any, TextPage]]:
    """Opens a page and its text. What is written into a form's fields is part of the page.

    The captions of buttons and the marks in check boxes are not: they are drawn like text, and say
    what can be done, or nothing.
    """
    page = pdfium.FPDF_LoadPage(document, index)
    if page and _has_fields(page) and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == 1:
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        raise ValueError("the page cannot be loaded")
    try:
        text = pdfium.FPDFText_LoadPage(page)
        if not text:
            raise ValueError("the page's text cannot be loaded")
        try:
            yield page, TextPage(text)
        finally:
            pdfium.FPDFText_ClosePage(text)
    finally:
        pdfium.FPDF_ClosePage(page)


def _has_fields(page: Any) -> bool:
    """Whether there is something to read in fields; buttons are taken off the page in passing."""
    found = False
    for number in reversed(range(min(pdfium.FPDFPage_GetAnnotCount(page), _ANNOTATIONS))):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        button = kind == pdfium.FPDF_ANNOT_WIDGET and _field_type(annotation) == "Btn"
        pdfium.FPDFPage_CloseAnnot(annotation)
        if button:
            pdfium.FPDFPage_RemoveAnnot(page, number)
        elif kind in (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT):
            found = True
    return found


def _field_type(annotation: Any) -> str:
    name = (pdfium.FPDF_WCHAR * 8)()
    size = pdfium.FPDFAnnot_GetStringValue(annotation, b"FT", name, ctypes.sizeof(name))
    return bytes(name)[: max(0, size - 2)].decode("utf-16-le", "ignore")


def _has_images(page: Any) -> bool:
    count = min(pdfium.FPDFPage_CountObjects(page), 10_000)
    kinds = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)
    return any(
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, number)) in kinds
        for number in range(count)
    )


@cache
def _is_bold_name(name: bytes) -> bool:
    return _BOLD.search(name.decode("latin-1").lower()) is not None


class TextPage:
    """Reads one text page, with buffers that are made once."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._box = pdfium.FS_RECTF()
        self._box_at = ctypes.byref(self._box)
        self._flags = ctypes.c_int()
        self._flags_at = ctypes.byref(self._flags)
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        count = max(0, pdfium.FPDFText_CountChars(page))
        self.text = self._read_text(count)
        # Characters and positions in the text part ways at characters that PDFium leaves out.
        self._straight = count == len(self.text)
        self._turn: Callable[[Box], Box] | None = None
        self.box = self.place  # turned, where the page is
        self.unreadable = 0

    def _read_text(self, count: int) -> str:
        if not count:
            return ""
        buffer = (ctypes.c_ushort * (2 * count + 2))()
        written = pdfium.FPDFText_GetText(self._page, 0, count, buffer)
        data = memoryview(buffer).cast("B")[: 2 * max(0, written - 1)]
        return bytes(data).decode("utf-16-le", "replace")

    def _index(self, position: int) -> int:
        if self._straight:
            return position
        index: int = pdfium.FPDFText_GetCharIndexFromTextIndex(self._page, position)
        return index

    def place(self, position: int) -> Box:
        """The cell of a character, as high as its font, in the page's own space."""
        box = self._box
        if not pdfium.FPDFText_GetLooseCharBox(self._page, self._index(position), self._box_at):
            return 0.0, 0.0, 0.0, 0.0
        return box.left, box.bottom, box.right, box.top

    def _turned_place(self, position: int) -> Box:
        assert self._turn is not None
        return self._turn(self.place(position))

    def _is_bold(self, position: int) -> bool:
        pdfium.FPDFText_GetFontInfo(
            self._page, self._index(position), self._name, _NAME_BYTES, self._flags_at
        )
        return self._flags.value & _FORCE_BOLD != 0 or _is_bold_name(self._name.value)

    def lines(self) -> list[Line]:
        """The lines in reading order."""
        lines = self._printed_lines()
        level = sum(not line.turned for line in lines)
        if lines and level * 2 < len(lines):
            self._turn = self._other_way(lines)
            self.box = self._turned_place
            lines = self._printed_lines()
        return in_reading_order(self.text, lines, self.gaps)

    def _other_way(self, lines: list[Line]) -> Callable[[Box], Box]:
        """How to turn a page on which most text runs upward, or downward."""
        upward = 0
        for line in lines:
            if line.turned:
                first, last = self.box(line.start), self.box(line.end - 1)
                upward += 1 if last[1] > first[1] else -1
        if upward > 0:
            return lambda box: (box[1], -box[2], box[3], -box[0])
        return lambda box: (-box[3], box[0], -box[1], box[2])

    def _printed_lines(self) -> list[Line]:
        lines: list[Line] = []
        self.unreadable = 0
        box, bold = self.box, self._is_bold
        for match in _LINE.finditer(self.text):
            piece = match[0]
            start, end = match.span()
            hyphen = -1
            if piece[-1] == _HYPHEN:
                end -= 1
                hyphen = end
                piece = piece[:-1]
            if not piece.isprintable() and 5 * len(_CONTROL.findall(piece)) > len(piece):
                self.unreadable += len(piece)
                continue
            start += len(piece) - len(piece.lstrip())
            end -= len(piece) - len(piece.rstrip())
            if start >= end:
                continue
            a0, b0, a1, b1 = box(start)
            c0, d0, c1, d1 = box(end - 1) if end - start > 1 else (a0, b0, a1, b1)
            x0, x1 = a0 if a0 < c0 else c0, a1 if a1 > c1 else c1
            # The larger character speaks for the line: the other may be an index or a note's mark.
            low = min(b1 - b0, d1 - d0)
            y0, y1 = (b0, b1) if b1 - b0 >= 0.98 * (d1 - d0) else (d0, d1)
            # A level line ends to the right of where it begins and is wider than it is high.
            across, along = abs(d0 - b0), abs(c0 - a0)
            turned = end - start > 2 and (c1 < a0 or (across > 2 * (b1 - b0) and across > along))
            if hyphen >= 0:
                x1 += 0.3 * (d1 - d0)
            is_bold = bold(start) and bold(end - 1)
            line = Line(start, end, x0, y0, x1, y1, y1 - y0, low, hyphen, is_bold, turned)
            # Figures make a row of a table as surely as gaps do, and are sooner seen.
            if _DIGIT.search(piece) or "—" in piece:
                found = _FIGURE.findall(piece)
                line.figures = len(found) > 1 and 4 * sum(map(len, found)) > len(piece)
            wide = x1 - x0 > _WIDE * (end - start) * (y1 - y0)
            if wide and not turned and not line.figures and 3 < end - start < 200:
                line.gaps = self.gaps(line)
            lines.append(line)
        return lines

    def gaps(self, line: Line) -> tuple[Gap, ...]:
        """The wide spaces of a line."""
        found = []
        text, end, box = self.text, line.end, self.box
        least = _GAP * line.height
        position = text.find(" ", line.start, end)
        while position >= 0:
            x0, x1 = box(position - 1)[2], box(position + 1)[0]
            if x1 - x0 > least:
                found.append(Gap(position + 1, x0, x1))
            position = text.find(" ", position + 1, end)
        return tuple(found)
