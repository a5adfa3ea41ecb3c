"""Word documents: headings, paragraphs, lists and tables in the order of the document."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.character_marks import left_out_note, lowered, raised
from rag_infer.read.docx_looks import mark_unseen
from rag_infer.read.docx_numbering import NumberingState
from rag_infer.read.drawing_parts import add_chart_part, diagram_texts
from rag_infer.read.models import OpenedFile
from rag_infer.read.office_math import FORMULA_TAG, formula_text
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.zip_safety import check_zip
from rag_infer.tables.layout import MAX_SPAN, TableRow
from rag_infer.types import Document, Scalar

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_CONTAINER_TAGS = frozenset(
    _W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml")
)
# What was deleted, the plain double of a drawing, and properties say nothing.
_SKIPPED_TAGS = frozenset(
    (
        _W + "del",
        _W + "moveFrom",
        _W + "pPr",
        _W + "rPr",
        _W + "instrText",
        _W + "rt",
        _MC + "Fallback",
    )
)
_CHARACTER_TAGS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
# Ticks and boxes of forms, as the fonts of symbols number them.
_SYMBOLS = {
    "wingdings": {"FC": "✓", "FE": "☑", "FB": "✗", "FD": "☒", "78": "☒", "A8": "☐", "6F": "☐"},
    "wingdings 2": {"50": "✓", "52": "☑", "4F": "✗", "53": "☒", "54": "☒", "A3": "☐"},
    "symbol": {"B1": "±", "A3": "≤", "B3": "≥", "B4": "×", "B0": "°", "6D": "μ", "B7": "•"},
}
# Parts beside the body, with the label of each of their notes; what repeats on pages has none.
_NOTE_PARTS = {
    "footnotes": "Footnote",
    "endnotes": "Endnote",
    "comments": "Comment",
    "header": None,
    "footer": None,
}
_POSITIONS = ("superscript", "subscript")
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# Elements that stand for a drawing, and which of their attributes names its part.
_DRAWING_PARTS = {
    "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart": f"{_R}id",
    "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds": f"{_R}dm",
}
_DELETED_END = f"{_W}pPr/{_W}rPr/{_W}del"
_LIST_STYLE = "list"
_CONTENT_TYPES = (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
)


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page. Raises ReadError for a file that is damaged or no Word file."""
    yield read_bytes(file, file.data())


def read_bytes(file: OpenedFile, data: bytes, format_name: str = "docx") -> Document:
    """The document of the bytes of a DOCX file.

    Args:
        file: The file that they are, or were made from.
        data: The bytes.
        format_name: The format of that file.

    Raises:
        ReadError: They are damaged, or no DOCX.
    """
    from docx.opc.exceptions import OpcError

    check_zip(data).close()
    try:
        document = _open(data)
    except (OpcError, KeyError, ValueError, SyntaxError) as error:
        raise ReadError(f"damaged, or not a Word document ({error})") from error
    parts = list(_note_parts(document))
    roots = [document.element.body, *(root for _, root in parts)]
    mark_unseen(document, roots)
    builder = PageBuilder()
    _BodyReader(document, builder).add()
    _add_notes(parts, builder)
    counts = [_left_out(root) for root in roots]
    note = left_out_note(sum(struck for struck, _ in counts), sum(hidden for _, hidden in counts))
    properties = document.core_properties
    metadata: dict[str, Scalar] = {}
    if properties.author:
        metadata["author"] = properties.author
    if properties.modified:
        metadata["modified"] = properties.modified.date().isoformat()
    title = (properties.title or "").strip() or builder.first("heading")
    page = builder.page(note=note)
    return Document(file.id, format_name, file.sha256, (page,), title=title, metadata=metadata)


def _open(data: bytes) -> Any:
    """The document of a file, which may be a template or hold macros (they are not run)."""
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    for content_type in _CONTENT_TYPES:
        PartFactory.part_type_for[content_type] = DocumentPart
    part = Package.open(io.BytesIO(data)).main_document_part
    if not isinstance(part, DocumentPart):
        raise ValueError(f"content type {part.content_type}")
    return part.document


class _BodyReader:
    """Goes through a document's body, gathering items until a list ends."""

    def __init__(self, document: Any, builder: PageBuilder) -> None:
        self._document = document
        self._builder = builder
        self._numbers = NumberingState(document)
        self._items: list[str] = []
        self._before = ""  # of a paragraph whose end was deleted

    def add(self) -> None:
        for element in _blocks(self._document.element.body):
            if element.tag == _W + "tbl":
                self._end_list()
                rows, header_rows = _table_rows(element)
                self._builder.add_table(rows, header_rows)
                for nested in element.iter(_W + "tbl"):
                    if nested is not element:
                        rows, header_rows = _table_rows(nested)
                        self._builder.add_table(rows, header_rows)
            else:
                self._paragraph(element)
        self._end_list()
        self._builder.add("paragraph", self._before)

    def _end_list(self) -> None:
        if self._items:
            self._builder.add("list", "\n".join(self._items))
            self._items.clear()

    def _paragraph(self, element: Any) -> None:
        self._words(element)
        for tag, attribute in _DRAWING_PARTS.items():
            for reference in element.iter(tag):
                self._end_list()
                self._drawing(reference.get(attribute))

    def _drawing(self, relation: str | None) -> None:
        """Adds a chart or a diagram, which has a part of its own; a damaged one costs that one."""
        from docx.oxml import parse_xml

        part = self._document.part.related_parts.get(relation)
        if part is None:
            return
        try:
            root = parse_xml(part.blob)
        except (SyntaxError, ValueError):
            return
        add_chart_part(root, self._builder)
        self._builder.add("list", "\n".join(f"- {text}" for text in diagram_texts(root)))

    def _words(self, element: Any) -> None:
        import docx.text.paragraph

        paragraph = docx.text.paragraph.Paragraph(element, self._document)
        text = self._before + _text(element)
        if element.find(_DELETED_END) is not None:  # it goes on with the paragraph behind it
            self._before = f"{text} " if text else ""
            return
        self._before = ""
        kind, level = _kind(paragraph)
        number = self._numbers.next(paragraph)
        if not text:
            return
        if kind == _LIST_STYLE or (number is not None and kind == "paragraph"):
            depth = number.depth if number is not None else 0
            marker = number.marker if number is not None else "-"
            self._items.append(f"{'  ' * depth}{marker} {text}")
            return
        self._end_list()
        if kind == "heading":
            marker = f"{number.marker} " if number is not None and number.marker != "-" else ""
            self._builder.add("heading", marker + text, level)
        else:
            self._builder.add("paragraph", text)


def _note_parts(document: Any) -> Iterator[tuple[str, Any]]:
    """The kind and the root of each part that stands outside the body."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if relation.is_external or kind not in _NOTE_PARTS:
            continue
        try:
            yield kind, parse_xml(relation.target_part.blob)
        except (SyntaxError, ValueError):
            continue  # a damaged part costs that part


def _add_notes(parts: Iterable[tuple[str, Any]], builder: PageBuilder) -> None:
    """Adds what stands outside the body: notes, comments, headers and footers, each marked."""
    margins: dict[str, None] = {}
    for kind, root in parts:
        label = _NOTE_PARTS[kind]
        if label is None:
            for element in _blocks(root):
                text = "\n".join(_rows(element)) if element.tag == _W + "tbl" else _text(element)
                margins[text] = None
            continue
        number = 0
        for note in root:
            if note.get(_W + "type") in ("separator", "continuationSeparator"):
                continue
            text, number = _text(note), number + 1
            author = note.get(_W + "author")
            name = f"{label} ({author})" if author else f"{label} {number}"
            builder.add("paragraph", f"{name}: {text}" if text else "")
    for text in margins:
        builder.add("paragraph", text)


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables, those in content controls and tracked insertions too."""
    for element in parent:
        if element.tag in (_W + "p", _W + "tbl"):
            yield element
        elif element.tag in _CONTAINER_TAGS:
            yield from _blocks(element)


def _text(element: Any) -> str:
    """The text of a paragraph or a cell as it would be printed, text boxes included."""
    parts: list[str] = []
    _collect_text(element, parts)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect_text(element: Any, parts: list[str]) -> None:
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or tag in _SKIPPED_TAGS:
            continue
        if tag == _W + "r" and (properties := child.find(_W + "rPr")) is not None:
            if _is_on(properties, "vanish") or _is_struck(properties):
                continue
            position = properties.find(_W + "vertAlign")
            if position is not None and position.get(_W + "val") in _POSITIONS:
                run: list[str] = []
                _collect_text(child, run)
                before = "".join(parts[-4:])
                is_raised = position.get(_W + "val") == "superscript"
                parts.append(raised(before, "".join(run)) if is_raised else lowered("".join(run)))
                continue
        if tag.endswith("}docPr"):
            description = " ".join((child.get("descr") or "").split())
            if description or next(element.iter(_PICTURE), None) is not None:
                parts.append(f"[Picture: {description}] " if description else "[Picture] ")
        elif tag == FORMULA_TAG:
            parts.append(formula_text(child))
        elif tag == _W + "t":
            parts.append((child.text or "").replace("\n", " "))
        elif tag == _W + "sym":
            symbols = _SYMBOLS.get((child.get(_W + "font") or "").lower(), {})
            parts.append(symbols.get((child.get(_W + "char") or "").upper()[-2:], ""))
        elif tag.startswith(_W) and tag[len(_W) :] in _CHARACTER_TAGS:
            parts.append(_CHARACTER_TAGS[tag[len(_W) :]])
        else:
            if tag == _W + "txbxContent":
                parts.append("\n")
            _collect_text(child, parts)
            if tag == _W + "p":
                parts.append("\n")


def _is_on(properties: Any, name: str) -> bool:
    """Whether a property of a run is set."""
    element = properties.find(_W + name)
    return element is not None and element.get(_W + "val") not in ("0", "false", "off")


def _is_struck(properties: Any) -> bool:
    return _is_on(properties, "strike") or _is_on(properties, "dstrike")


def _left_out(body: Any) -> tuple[int, int]:
    """How many characters are struck out, and how many more Word does not print."""
    struck = hidden = 0
    for name in ("strike", "dstrike", "vanish"):
        for element in body.iter(_W + name):
            properties = element.getparent()
            run = properties.getparent()
            if run is None or run.tag != _W + "r" or not _is_on(properties, name):
                continue
            length = sum(len(text.text or "") for text in run.iter(_W + "t"))
            if name != "vanish":
                struck += length
            elif not _is_struck(properties):
                hidden += length
    return struck, hidden


def _kind(paragraph: Any) -> tuple[str, int]:
    """What a paragraph's style, or one that it is based on, makes of it."""
    style = paragraph.style
    for _ in range(10):
        if style is None:
            break
        name = (style.name or "").lower()
        if name == "title":
            return "heading", 1
        if match := _HEADING.match(name):
            return "heading", max(1, min(6, int(match[1])))
        if name.startswith("list") and name != "list paragraph":
            return _LIST_STYLE, 0
        style = style.base_style
    return "paragraph", 0


def _table_rows(table: Any) -> tuple[list[TableRow], int | None]:
    """The grid of a table, and how many of its rows are marked as headers, None for no mark.

    A cell that is merged downward stands in each row that it covers.
    """
    grid: list[TableRow] = []
    header_rows = 0
    above: dict[int, str] = {}  # by column: the text that a merged cell below goes on with
    for row in _children_named(table, "tr"):
        texts: list[str] = []
        repeated: set[int] = set()
        skipped = row.find(f"{_W}trPr/{_W}gridBefore")
        texts += [""] * (min(_value(skipped), MAX_SPAN) if skipped is not None else 0)
        for cell in _children_named(row, "tc"):
            column = len(texts)
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            if merge is not None and merge.get(_W + "val") != "restart":
                text = above.get(column, "")
            else:
                text = above[column] = " ".join(_text(cell).split())
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = min(_value(span), MAX_SPAN) if span is not None else 1
            repeated.update(range(column + 1, column + width))
            texts += [text] * max(1, width)
        if not any(texts):
            continue
        mark = row.find(f"{_W}trPr/{_W}tblHeader")
        if header_rows == len(grid) and mark is not None:
            header_rows += mark.get(_W + "val") not in ("0", "false", "off")
        grid.append(TableRow(texts, frozenset(repeated)))
    return grid, header_rows if 0 < header_rows < len(grid) else None


def _value(element: Any) -> int:
    value = element.get(_W + "val") or "1"
    return int(value) if value.isascii() and value.isdigit() else 1


def _rows(table: Any) -> Iterator[str]:
    for row in _table_rows(table)[0]:
        yield " | ".join(text for n, text in enumerate(row.texts) if n not in row.repeated)


def _children_named(parent: Any, name: str) -> Iterator[Any]:
    """Children of that name, those in content controls too."""
    for child in parent:
        if child.tag == _W + name:
            yield child
        elif child.tag in _CONTAINER_TAGS:
            yield from _children_named(child, name)
