"""One page as PDFium sees it: its characters, and its printed lines with their places.

Coordinates are PDF points in the page's own space (x to the right, y upward, before ``/Rotate``),
turned where most of a page's text runs another way, so that lines are level in any case.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.pdf.annotations import (
    Annotations,
    add_marks,
    beside_labels,
    cut_at_fields,
    cut_at_ticks,
    take_annotations,
)
from rag_infer.read.pdf.drawn import drawn_objects
from rag_infer.read.pdf.hidden import ink_check, on_background
from rag_infer.read.pdf.lines import Gap, Line
from rag_infer.read.pdf.raised import raised_spans
from rag_infer.read.pdf.reading_order import in_reading_order
from rag_infer.read.pdf.struck import thin_rules, without_struck
from rag_infer.read.pdf.table_signs import may_have_tables
from rag_infer.read.pdfium_calls import char_origin, font_info, loose_char_box
from rag_infer.read.tables import TableGrid, content_of, find_tables
from rag_infer.read.tables.words import Word

Box = tuple[float, float, float, float]
Drawn = tuple[int, Box]  # its kind and place

_STAMP_CHARS = 200  # a scan with less text than that beside it was not read
_PICTURE_SHARE = 0.6  # of the page
_HYPHEN = "\ufffe"  # PDFium's sign for a hyphen at the end of a line, the line end included
_LINE = re.compile("[^\r\n\ufffe]+\ufffe?")
_WIDE_LINE_RATIO = (
    0.54  # width over (characters times height); prose has about 0.42, rows of a table more
)
_MIN_GAP_EM = 1.0  # of the height: a space that wide is a gap
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uefff\ufffd]")
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(r"(?<!\S)(?:[$€£¥(+−–-]*\d[\d.,]*[)%]*|[—–$€£%)-]+)(?!\S)")
_BOLD = re.compile(r"bold|black|heavy|demi|cmbx|sfbx|-bd|\bbd|medi$")
_FORCE_BOLD = 1 << 18
_NAME_BYTES = 96


@dataclass(slots=True)
class PageText:
    """A page's characters in PDFium's order, and its lines in reading order.

    ``unreadable`` counts the characters of lines that are left out, because the file does not say
    which characters its glyphs stand for. ``grids`` are its tables, where they were asked for.
    ``hidden`` and ``struck`` count the characters of what is unseen or struck out.
    """

    text: str
    lines: list[Line]
    has_images: bool = False
    unreadable: int = 0
    hidden: int = 0
    grids: tuple[TableGrid, ...] = ()
    struck: int = 0


def extract_page(document: Any, index: int, *, with_tables: bool = False) -> PageText:
    """Scans a page of an open PDFium document, counted from 0. Raises ValueError if it cannot.

    Tables are found at the same time, because opening a page costs as much as reading its lines.
    """
    with text_page(document, index) as (page, reader):
        lines, hidden = _visible(reader, reader.lines())
        chars = sum(line.end - line.start for line in lines)
        pictured = _has_images(page) if not lines else chars < _STAMP_CHARS and _is_picture(page)
        grids: tuple[TableGrid, ...] = ()
        if with_tables and may_have_tables(reader.text, lines):
            content = content_of(page, reader.handle, index)
            if unseen := [*hidden, *reader.struck]:
                words = tuple(word for word in content.words if not _is_within(word, unseen))
                content = replace(content, words=words)
            grids = find_tables(content)
        return PageText(
            reader.text,
            lines,
            pictured,
            reader.unreadable,
            _length(hidden),
            grids,
            _length(reader.struck),
        )


def _length(spans: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def _is_within(word: Word, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < word.end and word.start < end for start, end in spans)


def _visible(reader: TextPage, lines: list[Line]) -> tuple[list[Line], list[tuple[int, int]]]:
    """The lines that can be seen, and where in the text the others stand."""
    suspects = [line for line in lines if line.lacks_ink]
    if not suspects:
        return lines, []
    seen = on_background(reader.drawn, [reader.center(line) for line in suspects])
    hidden = {id(line) for line, visible in zip(suspects, seen, strict=True) if not visible}
    spans = [(line.start, line.end) for line in suspects if id(line) in hidden]
    return [line for line in lines if id(line) not in hidden], spans


@contextmanager
def text_page(document: Any, index: int) -> Iterator[tuple[Any, TextPage]]:
    """Opens a page and its text. What is written into a form's fields is part of the page.

    The captions of buttons are not: they are drawn like text, and say what can be done. Check boxes
    become ``[x]`` and ``[ ]``.
    """
    page = pdfium.FPDF_LoadPage(document, index)
    annotations = take_annotations(page) if page else Annotations()
    flatten = pdfium.FPDFPage_Flatten
    if annotations.has_text and flatten(page, pdfium.FLAT_NORMALDISPLAY) == 1:
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        raise ValueError("the page cannot be loaded")
    try:
        text = pdfium.FPDFText_LoadPage(page)
        if not text:
            raise ValueError("the page's text cannot be loaded")
        try:
            yield page, TextPage(text, annotations, drawn_objects(page))
        finally:
            pdfium.FPDFText_ClosePage(text)
    finally:
        pdfium.FPDF_ClosePage(page)


def _has_images(page: Any) -> bool:
    count = min(pdfium.FPDFPage_CountObjects(page), 10_000)
    image_kinds = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)
    return any(
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, number)) in image_kinds
        for number in range(count)
    )


def _is_picture(page: Any) -> bool:
    """Whether one image covers most of the page, as on a scan with a stamped line."""
    area = pdfium.FPDF_GetPageWidthF(page) * pdfium.FPDF_GetPageHeightF(page)
    edges = [ctypes.c_float() for _ in range(4)]
    for number in range(min(pdfium.FPDFPage_CountObjects(page), 200)):
        item = pdfium.FPDFPage_GetObject(page, number)
        if pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_IMAGE:
            continue
        if pdfium.FPDFPageObj_GetBounds(item, *edges):
            x0, y0, x1, y1 = (edge.value for edge in edges)
            if (x1 - x0) * (y1 - y0) > _PICTURE_SHARE * area:
                return True
    return False


@cache
def _is_bold_name(name: bytes) -> bool:
    return _BOLD.search(name.decode("latin-1").lower()) is not None


class TextPage:
    """Reads one text page, with buffers that are made once."""

    def __init__(
        self, page: Any, annotations: Annotations | None = None, drawn: Sequence[Drawn] = ()
    ) -> None:
        self._page = page
        self._annotations = annotations or Annotations()
        self.drawn = drawn
        self.struck: list[tuple[int, int]] = []
        self._box = pdfium.FS_RECTF()
        self._box_at = ctypes.byref(self._box)
        self._flags = ctypes.c_int()
        self._flags_at = ctypes.byref(self._flags)
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        count = max(0, pdfium.FPDFText_CountChars(page))
        self.text = self._read_text(count)
        # Characters and positions in the text part ways at characters that PDFium leaves out.
        self._straight = count == len(self.text)
        self._rotate: Callable[[Box], Box] | None = None
        self.char_box = self.char_cell  # turned, where the page is
        self.unreadable = 0

    @property
    def handle(self) -> Any:
        """``FPDF_TEXTPAGE``."""
        return self._page

    def _read_text(self, count: int) -> str:
        if not count:
            return ""
        buffer = (ctypes.c_ushort * (2 * count + 2))()
        code_units = pdfium.FPDFText_GetText(self._page, 0, count, buffer)
        data = memoryview(buffer).cast("B")[: 2 * max(0, code_units - 1)]
        return bytes(data).decode("utf-16-le", "replace")

    def _index(self, position: int) -> int:
        if self._straight:
            return position
        index: int = pdfium.FPDFText_GetCharIndexFromTextIndex(self._page, position)
        return index

    def char_cell(self, position: int) -> Box:
        """The cell of a character, as high as its font, in the page's own space."""
        box = self._box
        index = position if self._straight else self._index(position)
        if not loose_char_box(self._page, index, self._box_at):
            return 0.0, 0.0, 0.0, 0.0
        return box.left, box.bottom, box.right, box.top

    def _char_ink(self, position: int) -> Box:
        """The box of what is drawn of a character."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        pdfium.FPDFText_GetCharBox(self._page, self._index(position), left, right, bottom, top)
        box = left.value, bottom.value, right.value, top.value
        return box if self._rotate is None else self._rotate(box)

    def center(self, line: Line) -> tuple[float, float]:
        """The middle of a line, in the page's own space."""
        x0, y0, x1, y1 = line.x0, line.y0, line.x1, line.y1
        if self._rotate is not None:
            x0, y0, _, _ = self.char_cell(line.start)
            _, _, x1, y1 = self.char_cell(line.end - 1)
        return (x0 + x1) / 2, (y0 + y1) / 2

    def char_height(self, position: int) -> float:
        """How high the cell of a character is, which is as wide where text runs upward."""
        box = self._box
        index = position if self._straight else self._index(position)
        if not loose_char_box(self._page, index, self._box_at):
            return 0.0
        if self._rotate is not None:
            return float(box.right - box.left)
        return float(box.top - box.bottom)

    def _baseline(self, position: int) -> float:
        """Where the pen begins to draw a character, up or down the page."""
        x, y = ctypes.c_double(), ctypes.c_double()
        char_origin(self._page, self._index(position), ctypes.byref(x), ctypes.byref(y))
        if self._rotate is not None:
            return self._rotate((x.value, y.value, x.value, y.value))[1]
        return y.value

    def _rotated_cell(self, position: int) -> Box:
        assert self._rotate is not None
        return self._rotate(self.char_cell(position))

    def _is_bold(self, position: int) -> bool:
        index = position if self._straight else self._index(position)
        font_info(self._page, index, self._name, _NAME_BYTES, self._flags_at)
        return self._flags.value & _FORCE_BOLD != 0 or _is_bold_name(self._name.value)

    def lines(self) -> list[Line]:
        """The lines in reading order."""
        lines = self._printed_lines()
        level = sum(not line.turned for line in lines)
        if lines and level * 2 < len(lines):
            self._rotate = self._rotation(lines)
            self.char_box = self._rotated_cell
            lines = self._printed_lines()
        lines = self._without_struck(lines)
        lines = in_reading_order(self.text, lines, self.gaps)
        marks, fields = self._annotations.marks, self._annotations.fields
        if not marks and not fields:
            return lines
        lines = [part for line in lines for part in cut_at_fields(line, fields, self.char_box)]
        lines = [part for line in lines for part in cut_at_ticks(line, marks)]
        first_mark = len(self.text)
        self.text, lines = add_marks(self.text, lines, marks)
        return beside_labels(lines, fields, first_mark)

    def _without_struck(self, lines: list[Line]) -> list[Line]:
        rules, areas = thin_rules(self.drawn), self._annotations.struck
        if not rules and not areas:
            return lines
        if self._rotate is not None:
            rules, areas = list(map(self._rotate, rules)), tuple(map(self._rotate, areas))
        lines, self.struck = without_struck(
            self.text, lines, rules, areas, self.char_box, self._char_ink
        )
        return lines

    def _rotation(self, lines: list[Line]) -> Callable[[Box], Box]:
        """How to turn a page on which most text runs upward, or downward."""
        upward = 0
        for line in lines:
            if line.turned:
                first, last = self.char_box(line.start), self.char_box(line.end - 1)
                upward += 1 if last[1] > first[1] else -1
        if upward > 0:
            return lambda char_box: (char_box[1], -char_box[2], char_box[3], -char_box[0])
        return lambda char_box: (-char_box[3], char_box[0], -char_box[1], char_box[2])

    def _printed_lines(self) -> list[Line]:
        lines: list[Line] = []
        self.unreadable = 0
        char_box, bold = self.char_box, self._is_bold
        lacks_ink = ink_check(self._page)
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
            if piece[:1].isspace() or piece[-1:].isspace():
                start += len(piece) - len(piece.lstrip())
                end -= len(piece) - len(piece.rstrip())
            if start >= end:
                continue
            a0, b0, a1, b1 = char_box(start)
            c0, d0, c1, d1 = char_box(end - 1) if end - start > 1 else (a0, b0, a1, b1)
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
            line.lacks_ink = lacks_ink(start if self._straight else self._index(start))
            # Figures make a row of a table as surely as gaps do, and are sooner seen.
            has_digit = _DIGIT.search(piece) is not None
            if has_digit and not turned and not piece.isdigit():
                line.raised = raised_spans(
                    piece.strip(), start, y1 - y0, low, char_box, self.char_height, self._baseline
                )
            if has_digit or "—" in piece:
                figures = _FIGURE.findall(piece)
                line.figures = len(figures) > 1 and 4 * sum(map(len, figures)) > len(piece)
            is_wide = x1 - x0 > _WIDE_LINE_RATIO * (end - start) * (y1 - y0)
            if is_wide and not turned and not line.figures and 3 < end - start < 200:
                line.gaps = self.gaps(line)
            lines.append(line)
        return lines

    def gaps(self, line: Line) -> tuple[Gap, ...]:
        """The wide spaces of a line."""
        gaps = []
        text, end, char_box = self.text, line.end, self.char_box
        min_gap = _MIN_GAP_EM * line.height
        position = text.find(" ", line.start, end)
        while position >= 0:
            x0, x1 = char_box(position - 1)[2], char_box(position + 1)[0]
            if x1 - x0 > min_gap:
                gaps.append(Gap(position + 1, x0, x1))
            position = text.find(" ", position + 1, end)
        return tuple(gaps)
