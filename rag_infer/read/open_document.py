"""OpenDocument text and slides (ODT, ODP): paragraphs, headings, lists, tables, notes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.character_marks import left_out_note
from rag_infer.read.models import OpenedFile
from rag_infer.read.open_document_characters import mark_characters
from rag_infer.read.open_document_pictures import picture_name
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.zip_safety import check_zip
from rag_infer.tables.layout import TableRow
from rag_infer.types import Document, Page, Scalar

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _DRAW, _OFFICE, _PRESENTATION, _SVG, _META, _STYLE, _FO = (
    _NAMESPACE % name
    for name in (
        "text", "table", "drawing", "office", "presentation", "svg-compatible", "meta", "style",
        "xsl-fo-compatible",
    )
)  # fmt: skip
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_NOT_COLLECTED = frozenset(
    (_TEXT + "note", _OFFICE + "annotation", _DRAW + "frame", _TEXT + "page-number")
)
_SKIPPED = frozenset((_TEXT + "tracked-changes", _OFFICE + "forms", _TEXT + "sequence-decls"))
_MAX_REPEATED = 1_000  # cells or spaces that one element stands for
_MAX_DEPTH = 60


def read(file: OpenedFile) -> Iterator[Document]:
    """One document: of a text one page, of slides a page each; hidden ones are left out, noted."""
    content, meta, styles = _parts(file.data())
    body = content.find(f"{_OFFICE}body")
    if body is None or not len(body):
        raise ReadError("damaged (no body)")
    note = left_out_note(*mark_characters(content, styles))
    hidden = _hidden_styles(content)
    title, metadata = _properties(meta)
    slides = list(body.iter(_DRAW + "page"))
    if slides:
        pages = tuple(_slide(n, slide, hidden) for n, slide in enumerate(slides, 1))
        if note:  # of the whole file: named once
            pages = (replace(pages[0], note=pages[0].note or note), *pages[1:])
        first = next((page.label for page in pages if page.label), None)
        yield Document(file.id, "odp", file.sha256, pages, title=title or first, metadata=metadata)
        return
    builder = PageBuilder()
    _add(body[0], builder, 0)
    for text in _margins(styles):
        builder.add("paragraph", text)
    title = title or builder.first("heading")
    page = builder.page(note=note)
    yield Document(file.id, "odt", file.sha256, (page,), title=title, metadata=metadata)


def _parts(data: bytes) -> tuple[Any, Any, Any]:
    """The content; meta data and named styles, None for a file without."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    with check_zip(data) as archive:
        try:
            content = etree.fromstring(archive.read("content.xml"), parser)
            names = archive.namelist()
            meta, styles = (
                etree.fromstring(archive.read(name), parser) if name in names else None
                for name in ("meta.xml", "styles.xml")
            )
        except KeyError:
            raise ReadError("not an OpenDocument file (no content.xml)") from None
        except (
            etree.XMLSyntaxError,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
            EOFError,
            zlib.error,
        ) as error:
            raise ReadError(f"damaged or encrypted ({error})") from error
    if content is None:
        raise ReadError("damaged (no content)")
    return content, meta, styles


def _properties(meta: Any) -> tuple[str | None, dict[str, Scalar]]:
    def value(tag: str) -> str:
        element = meta.find(f".//{tag}") if meta is not None else None
        return " ".join((element.text or "").split()) if element is not None else ""

    metadata: dict[str, Scalar] = {}
    if author := value(_DUBLIN_CORE + "creator") or value(_META + "initial-creator"):
        metadata["author"] = author
    if date := value(_DUBLIN_CORE + "date"):
        metadata["modified"] = date[:10]
    return value(_DUBLIN_CORE + "title") or None, metadata


def _margins(styles: Any) -> dict[str, None]:
    """The lines of headers and footers, once each; they stand with the styles of pages."""
    tags = (_STYLE + "header", _STYLE + "header-left", _STYLE + "footer", _STYLE + "footer-left")
    margins = styles.iter(*tags) if styles is not None else ()
    return {_plain(line): None for margin in margins for line in margin.iter(_TEXT + "p")}


def _hidden_styles(content: Any) -> frozenset[str]:
    return frozenset(
        style.get(_STYLE + "name", "")
        for style in content.iter(_STYLE + "style")
        for properties in style
        if properties.get(_PRESENTATION + "visibility") == "hidden"
    )


def _slide(number: int, slide: Any, hidden: frozenset[str]) -> Page:
    label = slide.get(_DRAW + "name") or None
    if slide.get(_DRAW + "style-name") in hidden:
        return Page(number, "", label, note="hidden slide, left out")
    builder = PageBuilder()
    notes: list[Any] = []
    for shape in slide:
        if shape.tag == _PRESENTATION + "notes":
            notes.append(shape)
        elif shape.get(_PRESENTATION + "class") == "title":
            builder.add("heading", " ".join(_plain(p) for p in shape.iter(_TEXT + "p")), 1)
        else:
            _add_element(shape, builder, 0)
    for note in notes:
        words = [_plain(p) for p in note.iter(_TEXT + "p")]
        builder.add("paragraph", f"Notes: {' '.join(words)}" if any(words) else "")
    return builder.page(number, label=builder.first("heading") or label)


def _add(parent: Any, builder: PageBuilder, depth: int) -> None:
    """Adds what stands in an element, in order; notes come after the paragraph they belong to."""
    if depth > _MAX_DEPTH:
        return
    for element in parent:
        _add_element(element, builder, depth)


def _add_element(element: Any, builder: PageBuilder, depth: int) -> None:
    tag = element.tag
    if not isinstance(tag, str) or tag in _SKIPPED:
        return
    if tag == _TEXT + "h":
        level = element.get(_TEXT + "outline-level", "1")
        builder.add("heading", _plain(element), min(6, int(level)) if level.isdigit() else 1)
    elif tag == _TEXT + "p":
        builder.add("paragraph", _plain(element))
        _add_inner(element, builder, depth)
    elif tag == _TEXT + "list":
        builder.add("list", "\n".join(_items(element, 0)))
    elif tag == _TABLE + "table":
        builder.add_table(list(_rows(element)), name=element.get(_TABLE + "name", ""))
    else:
        if tag == _DRAW + "frame":
            builder.add("paragraph", picture_name(element))
        _add(element, builder, depth + 1)


def _add_inner(paragraph: Any, builder: PageBuilder, depth: int) -> None:
    """Adds what hangs on a paragraph: footnotes, comments, text boxes and pictures' texts."""
    for note in paragraph.iter(_TEXT + "note"):
        mark = note.findtext(_TEXT + "note-citation") or ""
        body = note.find(_TEXT + "note-body")
        words = " ".join(_plain(p) for p in body.iter(_TEXT + "p")) if body is not None else ""
        builder.add("paragraph", f"Note {mark}: {words}" if words else "")
    for comment in paragraph.iter(_OFFICE + "annotation"):
        author = comment.findtext(_DUBLIN_CORE + "creator")
        words = " ".join(_plain(p) for p in comment.iter(_TEXT + "p"))
        builder.add("paragraph", f"Comment{f' ({author})' if author else ''}: {words}")
    for frame in paragraph.iter(_DRAW + "frame"):
        builder.add("paragraph", picture_name(frame))
        for box in frame.iter(_DRAW + "text-box"):
            _add(box, builder, depth + 1)


def _items(parent: Any, depth: int) -> Iterator[str]:
    for item in parent:
        for child in item:
            if child.tag == _TEXT + "list" and depth < 10:
                yield from _items(child, depth + 1)
            elif text := _plain(child):
                yield f"{'  ' * depth}- {text}"


def _rows(table: Any) -> Iterator[TableRow]:
    for row in table.iter(_TABLE + "table-row"):
        texts: list[str] = []
        for cell in row:
            if cell.tag not in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
                continue
            text = " ".join(filter(None, map(_plain, cell.iter(_TEXT + "p"))))
            count = cell.get(_TABLE + "number-columns-repeated", "1")
            texts += [text] * (min(_MAX_REPEATED, int(count)) if count.isdigit() else 1)
        yield TableRow(texts)


def _plain(element: Any) -> str:
    """The text of a paragraph, without the notes, comments and frames in it."""
    parts: list[str] = []
    _collect(element, parts, 0)
    return "".join(parts).strip()


def _collect(element: Any, parts: list[str], depth: int) -> None:
    parts.append(" ".join((element.text or "").replace("\n", " ").split(" ")))
    for child in element:
        tag = child.tag
        if tag == _TEXT + "s":
            count = child.get(_TEXT + "c", "1")
            parts.append(" " * (min(_MAX_REPEATED, int(count)) if count.isdigit() else 1))
        elif tag == _TEXT + "tab":
            parts.append(" ")
        elif tag == _TEXT + "line-break":
            parts.append("\n")
        elif isinstance(tag, str) and tag not in _NOT_COLLECTED and depth < _MAX_DEPTH:
            _collect(child, parts, depth + 1)
        parts.append((child.tail or "").replace("\n", " "))
