"""Presentations: a page for each slide, with its tables and its notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.character_marks import left_out_note, lowered, raised
from rag_infer.read.drawing_parts import add_chart_part, diagram_texts, is_hidden, picture_name
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.pptx_looks import blank_unseen
from rag_infer.read.zip_safety import check_zip
from rag_infer.tables.layout import MarkupCell, TableRow, laid_out
from rag_infer.types import Document, Page, Scalar

_MAX_GROUP_DEPTH = 20
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


def read(file: OpenedFile) -> Iterator[Document]:
    """One document."""
    import pptx

    data = file.data()
    check_zip(data).close()
    try:
        deck = pptx.Presentation(io.BytesIO(data))
        # By their part: a file of a few KB may name one slide thousands of times.
        slides = {slide.part.partname: slide for slide in deck.slides}
        pages = tuple(_page(slide, number) for number, slide in enumerate(slides.values(), 1))
    except (KeyError, ValueError, AttributeError, pptx.exc.PythonPptxError) as error:
        raise ReadError(f"damaged, or not a presentation ({error})") from error
    properties = deck.core_properties
    metadata: dict[str, Scalar] = {}
    if properties.author:
        metadata["author"] = properties.author
    title = (properties.title or "").strip()
    if title.lower() in ("", "powerpoint presentation"):
        title = next((p.label for p in pages if p.label), None) or ""
    yield Document(file.id, "pptx", file.sha256, pages, title=title or None, metadata=metadata)


def _page(slide: Any, number: int) -> Page:
    if slide._element.get("show") in ("0", "false"):
        return Page(number, "", note="hidden slide, left out")
    builder = PageBuilder()
    hidden = blank_unseen(slide)
    title = slide.shapes.title
    is_shown = title is not None and title.has_text_frame and not is_hidden(title._element)
    name = _text(title.text_frame) if is_shown else ""
    builder.add("heading", name, 1)
    for shape in _shapes(slide.shapes, 0):
        if is_shown and shape.shape_id == title.shape_id:
            continue
        if is_hidden(shape._element):
            hidden += sum(len(text.text or "") for text in shape._element.iter(_A + "t"))
            continue
        if getattr(shape, "has_table", False):
            builder.add_table(_table_rows(shape.table), caption=name)
        elif getattr(shape, "has_chart", False):
            add_chart_part(shape.chart._chartSpace, builder)
        elif shape.has_text_frame:
            _add_text_frame(shape.text_frame, builder)
        else:
            picture = picture_name(shape._element)
            is_bare = picture == "[Picture]" and not shape._element.tag.endswith("}pic")
            builder.add("paragraph", "" if is_bare else picture)
            builder.add("list", "\n".join(f"- {text}" for text in _diagram(shape)))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = _text(slide.notes_slide.notes_text_frame)
        builder.add("paragraph", f"Notes: {notes}" if notes else "")
    note = left_out_note(_struck_characters(slide._element), hidden)
    return builder.page(number, name or None, note if builder else note or "no text on it")


def _table_rows(table: Any) -> list[TableRow]:
    rows = []
    for row in table.rows:
        cells = []
        for cell in row.cells:
            if not cell.is_spanned:
                spans = (cell.span_height, cell.span_width) if cell.is_merge_origin else (1, 1)
                cells.append(MarkupCell(_text(cell.text_frame), *spans))
        rows.append(cells)
    return laid_out(rows)


def _diagram(shape: Any) -> list[str]:
    """The words of a diagram (SmartArt), which stand in a part of their own."""
    from lxml import etree

    relation = next((e.get(_R + "dm") for e in shape._element.iter(_DIAGRAM)), None)
    if relation is None:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return diagram_texts(etree.fromstring(shape.part.related_part(relation).blob, parser))
    except (KeyError, etree.XMLSyntaxError):
        return []


def _shapes(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    def position(shape: Any) -> tuple[int, int]:
        return shape.top or 0, shape.left or 0

    for shape in sorted(shapes, key=position):
        if hasattr(shape, "shapes") and not is_hidden(shape._element):
            if depth < _MAX_GROUP_DEPTH:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _add_text_frame(frame: Any, builder: PageBuilder) -> None:
    lines = [(p.level, _line(p._p)) for p in frame.paragraphs]
    lines = [(level, text) for level, text in lines if text]
    if len(lines) > 1:
        builder.add("list", "\n".join(f"{'  ' * level}- {text}" for level, text in lines))
    else:
        builder.add("paragraph", "".join(text for _, text in lines))


def _text(frame: Any) -> str:
    return " ".join(filter(None, (_line(p._p) for p in frame.paragraphs)))


def _line(paragraph: Any) -> str:
    """The words of a paragraph, without those struck out, raised figures as characters."""
    parts: list[str] = []
    for run in paragraph.iter(_A + "r", _A + "fld", _A + "br", _MATH + "t"):
        if run.tag == _A + "br":
            parts.append(" ")
            continue
        if run.tag == _MATH + "t":
            parts.append(run.text or "")
            continue
        text = "".join(t.text or "" for t in run.iter(_A + "t"))
        properties = run.find(_A + "rPr")
        if properties is not None:
            if _is_struck(properties):
                continue
            baseline = properties.get("baseline", "0").rstrip("%")
            if baseline.lstrip("-").isdigit() and int(baseline):
                is_raised = int(baseline) > 0
                text = raised("".join(parts[-4:]), text) if is_raised else lowered(text)
        parts.append(text)
    return " ".join("".join(parts).split())


def _is_struck(properties: Any) -> bool:
    return properties.get("strike") in ("sngStrike", "dblStrike")


def _struck_characters(slide: Any) -> int:
    return sum(
        len(text.text or "")
        for properties in slide.iter(_A + "rPr")
        if _is_struck(properties)
        for text in properties.getparent().iter(_A + "t")
    )
