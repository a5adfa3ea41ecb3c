"""What annotations add to a PDF page: form fields beside their labels, ticks, comments.

PDFium draws fields after everything else, so that their text would stand in one heap at the end of
the page. Where each field lies says to which label it belongs.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as pdfium

from rag_infer.read.encoding import UNWANTED
from rag_infer.read.pdf.lines import Line

Box = tuple[float, float, float, float]

_MAX_ANNOTATIONS = 500
_MAX_COMMENT_CHARS = 4_000
_PUSH_BUTTON = 1 << 16
_COMMENT_KINDS = frozenset(
    (
        pdfium.FPDF_ANNOT_TEXT,
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
        pdfium.FPDF_ANNOT_STAMP,
        pdfium.FPDF_ANNOT_CARET,
        pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_INK,
    )
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Text that no character of the page stands for: a tick or a comment, and its box."""

    text: str
    box: Box
    is_comment: bool


@dataclass(frozen=True, slots=True)
class Annotations:
    """The boxes of a page's text fields, its ticks and comments; ``has_text`` to be flattened.

    ``struck`` are the places that annotations strike out.
    """

    fields: tuple[Box, ...] = ()
    marks: tuple[Mark, ...] = ()
    has_text: bool = False
    struck: tuple[Box, ...] = ()


def take_annotations(page: Any) -> Annotations:
    """Reads a page's annotations, and takes buttons off it: they are drawn like text."""
    count = min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)
    if count <= 0:
        return Annotations()
    fields: list[Box] = []
    marks: list[Mark] = []
    struck: list[Box] = []
    has_text = False
    for number in reversed(range(count)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        is_button = kind == pdfium.FPDF_ANNOT_WIDGET and _string(annotation, b"FT") == "Btn"
        if is_button:
            marks += _tick(annotation)
        elif kind == pdfium.FPDF_ANNOT_WIDGET:
            fields += _boxes(annotation)
            has_text = True
        elif kind == pdfium.FPDF_ANNOT_FREETEXT:
            has_text = True
        elif kind in _COMMENT_KINDS:
            marks += _comment(annotation)
        if kind == pdfium.FPDF_ANNOT_STRIKEOUT:
            struck += _quads(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if is_button:
            pdfium.FPDFPage_RemoveAnnot(page, number)
    return Annotations(tuple(reversed(fields)), tuple(reversed(marks)), has_text, tuple(struck))


def _tick(annotation: Any) -> Iterator[Mark]:
    flags = ctypes.c_float()
    is_push = (
        pdfium.FPDFAnnot_GetNumberValue(annotation, b"Ff", flags)
        and int(flags.value) & _PUSH_BUTTON != 0
    )
    state = _string(annotation, b"AS")
    if is_push or not state:
        return
    for box in _boxes(annotation):
        yield Mark("[ ]" if state == "Off" else "[x]", box, False)


def _comment(annotation: Any) -> Iterator[Mark]:
    text = " ".join(UNWANTED.sub(" ", _string(annotation, b"Contents", _MAX_COMMENT_CHARS)).split())
    if not text:
        return
    author = " ".join(UNWANTED.sub(" ", _string(annotation, b"T", 200)).split())
    label = f"Comment ({author})" if author else "Comment"
    for box in _boxes(annotation):
        yield Mark(f"[{label}: {text}]", box, True)


def _quads(annotation: Any) -> Iterator[Box]:
    """The places that an annotation marks: its quadrangles, its rectangle where it has none."""
    count = pdfium.FPDFAnnot_CountAttachmentPoints(annotation)
    if not count:
        yield from _boxes(annotation)
    quad = pdfium.FS_QUADPOINTSF()
    for number in range(min(count, _MAX_ANNOTATIONS)):
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, number, quad):
            xs = quad.x1, quad.x2, quad.x3, quad.x4
            ys = quad.y1, quad.y2, quad.y3, quad.y4
            yield min(xs), min(ys), max(xs), max(ys)


def _boxes(annotation: Any) -> Iterator[Box]:
    rectangle = pdfium.FS_RECTF()
    if pdfium.FPDFAnnot_GetRect(annotation, rectangle):
        low, high = sorted((rectangle.bottom, rectangle.top))
        left, right = sorted((rectangle.left, rectangle.right))
        yield left, low, right, high


def _string(annotation: Any, key: bytes, chars: int = 64) -> str:
    buffer = (pdfium.FPDF_WCHAR * (chars + 1))()
    size = pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, ctypes.sizeof(buffer))
    size = min(size, ctypes.sizeof(buffer))
    return bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "ignore")


def add_marks(text: str, lines: list[Line], marks: tuple[Mark, ...]) -> tuple[str, list[Line]]:
    """The page's text with its ticks and comments after it, and their lines after the others."""
    for mark in marks:
        text += "\n"
        x0, y0, x1, y1 = mark.box
        start = len(text)
        text += mark.text
        height = min(y1 - y0, 12.0) or 1.0
        line = Line(start, len(text), x0, y0, x1, y1, height, height, turned=mark.is_comment)
        lines.append(line)
    return text, lines


def cut_at_fields(
    line: Line, fields: tuple[Box, ...], char_box: Callable[[int], Box]
) -> list[Line]:
    """A line cut where one field ends and another begins: PDFium runs values together.

    Fields of several rows, too: the line's own place is that of its first value, and a run that
    goes from row to row looks like turned text.
    """
    near = tuple(box for box in fields if box[0] <= line.x1 and box[2] >= line.x0)
    if not near:
        return [line]
    owners = [_field_at(char_box(position), near) for position in range(line.start, line.end)]
    if len(set(owners) - {None} if line.turned else set(owners)) <= 1:
        return [line]
    parts: list[Line] = []
    for owner, group in itertools.groupby(range(len(owners)), key=owners.__getitem__):
        places = [(n, char_box(n)) for n in (line.start + n for n in group)]
        positions = [n for n, box in places if box[2] > box[0]]  # no spaces that PDFium puts in
        boxes = [box for _, box in places if box[2] > box[0]]
        if boxes and (owner is not None or len(positions) > 1):
            x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
            x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
            parts.append(Line(positions[0], positions[-1] + 1, x0, y0, x1, y1, y1 - y0, y1 - y0))
    return parts


def cut_at_ticks(line: Line, marks: tuple[Mark, ...]) -> list[Line]:
    """A line cut where a tick stands in a gap of it: the choices of a row, each with its own."""
    if line.turned or not line.gaps:
        return [line]
    centers = [
        ((mark.box[0] + mark.box[2]) / 2, (mark.box[1] + mark.box[3]) / 2)
        for mark in marks
        if not mark.is_comment
    ]
    cuts = [
        gap
        for gap in line.gaps
        if any(gap.x0 <= x <= gap.x1 and line.y0 <= y <= line.y1 for x, y in centers)
    ]
    edges = [(line.start, line.x0), *((gap.position, gap.x1) for gap in cuts), (line.end + 1, 0.0)]
    ends = [*(gap.x0 for gap in cuts), line.x1]
    return [
        replace(
            line,
            start=start,
            end=after - 1,
            x0=x0,
            x1=x1,
            hyphen=line.hyphen if after > line.end else -1,
            gaps=tuple(gap for gap in line.gaps if start < gap.position < after),
            raised=tuple(span for span in line.raised if start <= span[0] < after),
        )
        for ((start, x0), (after, _)), x1 in zip(itertools.pairwise(edges), ends, strict=True)
    ]


def _field_at(box: Box, fields: tuple[Box, ...]) -> int | None:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return next(
        (n for n, (x0, y0, x1, y1) in enumerate(fields) if x0 <= x <= x1 and y0 <= y <= y1), None
    )


def beside_labels(lines: list[Line], fields: tuple[Box, ...], first_mark: int) -> list[Line]:
    """The lines with each field and tick after the label on its row, or before the one behind it.

    Args:
        lines: The page's lines in reading order.
        fields: The boxes of text fields.
        first_mark: The position in the text from which on it is of ticks and comments.
    """
    moved = [line for line in lines if not line.turned and _is_field(line, fields, first_mark)]
    if not moved:
        return lines
    ids = {id(line) for line in moved}
    ordered = [line for line in lines if id(line) not in ids]
    for line in sorted(moved, key=lambda line: (-round(line.y1), line.x0)):
        row = [other for other in ordered if _overlap(line, other) and not other.turned]
        before = [other for other in row if other.x0 < line.x0]
        after = [other for other in row if other.x0 >= line.x0]
        above = [
            other
            for other in ordered
            if not other.turned
            and 0 <= other.y0 - line.y1 < 2 * line.height
            and other.x0 < line.x1
            and other.x1 > line.x0
        ]
        if before:
            at = ordered.index(max(before, key=lambda other: other.x0)) + 1
        elif after:
            at = ordered.index(min(after, key=lambda other: other.x0))
        elif above:
            at = ordered.index(min(above, key=lambda other: other.y0)) + 1
        else:
            at = next((n for n, other in enumerate(ordered) if other.y1 < line.y0), len(ordered))
        ordered.insert(at, line)
    return ordered


def _is_field(line: Line, fields: tuple[Box, ...], first_mark: int) -> bool:
    if line.start >= first_mark:
        return True
    return _field_at((line.x0, line.y0, line.x1, line.y1), fields) is not None


def _overlap(line: Line, other: Line) -> bool:
    shared = min(line.y1, other.y1) - max(line.y0, other.y0)
    return shared > 0.5 * min(line.y1 - line.y0, other.y1 - other.y0)
