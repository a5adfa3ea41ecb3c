"""PowerPoint 97 to 2003 (PPT): a page for each slide, with its tables and its notes.

The file is a log of edits. The newest one says where each part stands; the list of slides holds
the outline (titles and lists), each slide's drawing refers to it and holds text boxes of its own.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read import powerpoint_records as ppt
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.powerpoint_records import Record
from rag_infer.tables.layout import TableRow
from rag_infer.types import Document, Page, Scalar

_TITLES = frozenset((0, 6))  # kinds of text: a title, a title in the middle
_HIDDEN = 0x4
_SLIDES, _NOTES = 0, 2  # instances of lists of slides
_MAX_EDITS = 10_000
_MAX_SLIDES = 20_000
_ENCRYPTED_EDIT_BYTES = 32
_DEFAULT_TITLES = frozenset(("", "powerpoint presentation"))
_ROW_TOLERANCE = 8  # units of a master, 1/576 inch


@dataclass(slots=True)
class _ListedSlide:
    """A slide of a list: where it stands, its id, the texts of its outline."""

    reference: int
    id: int
    texts: list[tuple[int, str]] = field(default_factory=list)  # kind, text


def read(file: OpenedFile) -> Iterator[Document]:
    """One document.

    Raises:
        PasswordError: It is encrypted.
        ReadError: It is damaged, or no presentation.
    """
    import olefile

    data = file.data()
    if not data:
        raise ReadError("empty (0 bytes)")
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as archive:
            if archive.exists("EncryptedSummary"):
                raise PasswordError("encrypted with a password", hint="save it without one")
            stream = archive.openstream("PowerPoint Document").read()
            current = archive.openstream("Current User").read()
            properties = archive.get_metadata()
            title = _decoded(properties.title, properties.codepage)
            author = _decoded(properties.author, properties.codepage)
        pages = tuple(_pages(stream, current))
    except (OSError, struct.error, ValueError, IndexError, TypeError, AttributeError) as error:
        raise ReadError(f"damaged, or not a presentation ({error})") from error
    if title.lower() in _DEFAULT_TITLES:
        title = next((page.label for page in pages if page.label), None) or ""
    metadata: dict[str, Scalar] = {"author": author} if author else {}
    yield Document(file.id, "ppt", file.sha256, pages, title=title or None, metadata=metadata)


def _pages(stream: bytes, current: bytes) -> Iterator[Page]:
    offsets, document = _directory(stream, struct.unpack_from("<I", current, 16)[0])
    lists = {r.instance: r for r in document.children() if r.type == ppt.SLIDE_LIST}
    notes = {}
    for listed in _listed(lists.get(_NOTES)):
        record = ppt.record_at(stream, offsets.get(listed.reference, -1))
        atom = record.first(ppt.NOTES_ATOM) if record is not None else None
        if record is not None and atom is not None:
            notes[struct.unpack_from("<I", stream, atom.start)[0]] = (record, listed.texts)
    for number, listed in enumerate(_listed(lists.get(_SLIDES)), 1):
        slide = ppt.record_at(stream, offsets.get(listed.reference, -1))
        if slide is None or slide.type != ppt.SLIDE:
            yield Page(number, "", note="it cannot be read (its record is missing)")
            continue
        if _is_hidden(slide):
            yield Page(number, "", note="hidden slide, left out")
            continue
        yield _page(number, slide, listed, notes.get(listed.id))


def _directory(stream: bytes, offset: int) -> tuple[dict[int, int], Record]:
    """Where each part stands, by its reference, and the document's record."""
    offsets: dict[int, int] = {}
    document_reference = None
    for _ in range(_MAX_EDITS):
        edit = ppt.record_at(stream, offset)
        if edit is None or edit.type != ppt.USER_EDIT:
            break
        if edit.end - edit.start >= _ENCRYPTED_EDIT_BYTES:
            raise PasswordError("encrypted with a password", hint="save it without one")
        previous, directory_offset, reference = struct.unpack_from("<8xIII", edit.content)
        if document_reference is None:
            document_reference = reference
        directory = ppt.record_at(stream, directory_offset)
        if directory is not None and directory.type == ppt.PERSIST_DIRECTORY:
            _add_offsets(directory.content, offsets)
        if not 0 < previous < offset:
            break
        offset = previous
    document = ppt.record_at(stream, offsets.get(document_reference or -1, -1))
    if document is None or document.type != ppt.DOCUMENT:
        raise ReadError("damaged, or not a presentation (no document)")
    return offsets, document


def _add_offsets(content: bytes, offsets: dict[int, int]) -> None:
    """Adds the offsets of a directory; those of newer edits stay."""
    position = 0
    while position + 4 <= len(content):
        head = struct.unpack_from("<I", content, position)[0]
        first, count = head & 0xFFFFF, head >> 20
        position += 4
        for number in range(min(count, (len(content) - position) // 4)):
            offset = struct.unpack_from("<I", content, position + 4 * number)[0]
            offsets.setdefault(first + number, offset)
        position += 4 * count


def _listed(slide_list: Record | None) -> list[_ListedSlide]:
    slides: list[_ListedSlide] = []
    kind = 4
    for record in slide_list.children() if slide_list is not None else ():
        if record.type == ppt.SLIDE_PERSIST and len(slides) < _MAX_SLIDES:
            reference, slide_id = struct.unpack_from("<I8xI", record.content)
            slides.append(_ListedSlide(reference, slide_id))
        elif record.type == ppt.TEXT_HEADER and slides:
            kind = struct.unpack_from("<I", record.content)[0]
            slides[-1].texts.append((kind, ""))
        elif record.type in (ppt.TEXT_CHARS, ppt.TEXT_BYTES) and slides and slides[-1].texts:
            slides[-1].texts[-1] = (kind, _text(record))
    return slides


def _is_hidden(slide: Record) -> bool:
    info = slide.first(ppt.SLIDE_INFO)
    return info is not None and bool(struct.unpack_from("<10xH", info.content)[0] & _HIDDEN)


def _page(
    number: int,
    slide: Record,
    listed: _ListedSlide,
    notes: tuple[Record, list[tuple[int, str]]] | None,
) -> Page:
    builder = PageBuilder()
    drawing = slide.first(ppt.DRAWING)
    shapes = _shapes(drawing, listed.texts) if drawing is not None else []
    texts = [shape for shape in shapes if isinstance(shape, tuple)]
    title = " ".join(" ".join(text.split()) for kind, text in texts if kind in _TITLES)
    builder.add("heading", title, 1)
    for shape in shapes:
        if isinstance(shape, list):
            builder.add_table(shape, caption=title)
        elif shape[0] not in _TITLES:
            _add_lines(shape[1], builder)
    if notes is not None:
        record, outline = notes
        drawing = record.first(ppt.DRAWING)
        lines = _shapes(drawing, outline) if drawing is not None else []
        words = [" ".join(s[1].split()) for s in lines if isinstance(s, tuple)]
        said = " ".join(word for word in words if len(word) > 1)  # not the field of its number
        builder.add("paragraph", f"Notes: {said}" if said else "")
    return builder.page(number, title or None, None if builder else "no text on it")


def _add_lines(text: str, builder: PageBuilder) -> None:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = [line for line in lines if line]
    if len(lines) > 1:
        builder.add("list", "\n".join(f"- {line}" for line in lines))
    else:
        builder.add("paragraph", "\n".join(lines))


def _shapes(
    drawing: Record, outline: Sequence[tuple[int, str]]
) -> list[tuple[int, str] | list[TableRow]]:
    """Texts of a drawing with their kinds, and tables, in order."""
    shapes: list[tuple[int, str] | list[TableRow]] = []
    in_table: set[int] = set()
    for record in drawing.walk():
        if record.type == ppt.GROUP and record.start not in in_table:
            cells = [_cell(shape) for shape in record.children() if shape.type == ppt.SHAPE]
            rows = _table([cell for cell in cells if cell is not None])
            if rows:
                shapes.append(rows)
                in_table.update(inner.start for inner in record.walk())
        elif record.type == ppt.TEXT_BOX and record.start not in in_table:
            shapes += _box_texts(record, outline)
    return shapes


def _box_texts(box: Record, outline: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    kind = 4
    for record in box.children():
        if record.type == ppt.TEXT_HEADER:
            kind = struct.unpack_from("<I", record.content)[0]
        elif record.type in (ppt.TEXT_CHARS, ppt.TEXT_BYTES):
            yield kind, _text(record)
        elif record.type == ppt.OUTLINE_REFERENCE:
            index = struct.unpack_from("<i", record.content)[0]
            if 0 <= index < len(outline):
                yield outline[index]


def _cell(shape: Record) -> tuple[int, int, str] | None:
    """The left and upper edge of a shape in a group, and its text."""
    anchor, box = shape.first(ppt.CHILD_ANCHOR), shape.first(ppt.TEXT_BOX)
    if anchor is None or box is None:
        return None
    left, top = struct.unpack_from("<ii", anchor.content)
    return left, top, " ".join(" ".join(text.split()) for _, text in _box_texts(box, ()))


def _table(cells: Sequence[tuple[int, int, str]]) -> list[TableRow]:
    """The grid of a group whose texts stand in rows and columns; empty for another group."""
    lefts = sorted({left for left, _, _ in cells})
    tops: list[int] = []
    for top in sorted({top for _, top, _ in cells}):
        if not tops or top - tops[-1] > _ROW_TOLERANCE:
            tops.append(top)
    if len(lefts) < 2 or len(tops) < 2 or len(cells) > len(lefts) * len(tops):
        return []
    grid = [[""] * len(lefts) for _ in tops]
    for left, top, text in cells:
        row = max(n for n, edge in enumerate(tops) if edge <= top)
        grid[row][lefts.index(left)] = text
    return [TableRow(row) for row in grid]


def _text(record: Record) -> str:
    encoding = "utf-16-le" if record.type == ppt.TEXT_CHARS else "latin-1"
    return record.content.decode(encoding, "replace").replace("\r", "\n").replace("\x0b", "\n")


def _decoded(value: object, code_page: int | None) -> str:
    """A property of the file as text."""
    if not isinstance(value, bytes):
        return str(value or "").strip()
    encoding = "utf-8" if code_page in (None, 65001, -535) else f"cp{code_page % 65_536}"
    try:
        return value.decode(encoding, "replace").strip("\0 ")
    except LookupError:
        return value.decode("cp1252", "replace").strip("\0 ")
