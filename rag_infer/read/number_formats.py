"""What the number formats of an XLSX file make of its cells, and what its cells lack.

calamine gives values: 0.175 for what a person sees as 17.5 %, 417 for 00417. Formats stand in
``styles.xml`` and, by number, at each cell of a sheet.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rag_infer.read.cell_looks import Look, cell_looks, struck_strings
from rag_infer.read.drawing_parts import add_chart_part, shape_texts
from rag_infer.read.page_builder import PageBuilder
from rag_infer.tables.layout import MAX_SPAN
from rag_infer.types import Page

_MAX_PART_BYTES = 30 * 2**20  # a larger sheet keeps its values as they are
_MAX_COMMENTS = 500
_CELL = re.compile(rb"<c\b([^>]*?)(/?)>(?:(.*?)</c>)?", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_RESULT = re.compile(rb"<v[^>/]*>[^<]|<is\b")
_MARGIN = re.compile(rb"<(?:odd|even|first)(?:Header|Footer)>([^<]*)<")
_MARGIN_SIDE = re.compile(r"(?<!&)&[LCR]")
_MARGIN_CODE = re.compile(r'(?<!&)&(?:"[^"]*"|\d+|K[0-9A-Fa-f]{6}|[A-Z])')
_STRING = re.compile(rb"<v>(\d{1,9})</v>")
_ERROR = re.compile(rb"<v>(#[^<\s]{1,30})</v>")
_FORMULA = re.compile(rb"<f\b[^>]*>([^<]+)</f>")
_MAX_FORMULA_CHARS = 80
_STYLE = re.compile(rb'\bs="(\d{1,5})"')
_HIDDEN_ROW = re.compile(rb'<row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d{1,7})"')
_HIDDEN_COLUMNS = re.compile(
    rb'<col\b(?=[^>]*\bhidden="(?:1|true)")(?=[^>]*\bmin="(\d{1,5})")[^>]*?\bmax="(\d{1,5})"'
)
_QUOTED = re.compile(r'"([^"]{1,12})"|\\(.)')
_CURRENCY = re.compile(r"\[\$([^\]-]{1,5})(?:-[^\]]*)?\]|([$€£¥])")
_ZEROS = re.compile(r"0{2,}")
_DURATION = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_BUILT_IN = {9: "0%", 10: "0.00%", 46: "[h]:mm:ss"}


@dataclass(slots=True)
class SheetFormats:
    """Formats and gaps of one sheet.

    Attributes:
        formats: The format code of cells that have one worth showing, by row and column from 0.
        unfilled: The formulas that have no stored result, by row and column from 0.
        errors: What stands in place of a value, such as ``#DIV/0!``, by row and column from 0.
        comments: The cell, author and text of each comment.
        struck: Cells that are struck out, by row and column from 0.
        hidden: Cells whose text nobody sees.
        partly_struck: Cells of which some words are struck out, and what remains of them.
        concealed: How many cells stand in rows and columns that are hidden.
        margins: The words of its headers and footers.
        drawings: The text boxes and charts on it.
    """

    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    unfilled: dict[tuple[int, int], str] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    comments: list[tuple[str, str]] = field(default_factory=list)
    struck: set[tuple[int, int]] = field(default_factory=set)
    hidden: set[tuple[int, int]] = field(default_factory=set)
    partly_struck: dict[tuple[int, int], str] = field(default_factory=dict)
    concealed: int = 0
    margins: list[str] = field(default_factory=list)
    drawings: Page | None = None


def sheet_formats(archive: zipfile.ZipFile) -> dict[str, SheetFormats]:
    """By name of the sheet; empty for a file that is no XLSX, or too damaged to tell."""
    try:
        return dict(_sheets(archive))
    except (KeyError, ValueError, SyntaxError, zipfile.BadZipFile, RuntimeError):
        return {}


def formatted(value: float, code: str) -> str | None:
    """A number as its format shows it; None where the value itself says more.

    Args:
        value: What the cell holds.
        code: Its format code, ``0.0%`` or ``#,##0 "EUR"``.
    """
    positive = code.split(";", maxsplit=1)[0]
    plain = f"{value:.15g}"
    if "e" in plain:
        return None
    if "%" in positive:
        return f"{value * 100:.12g}%"
    if _DURATION.search(positive):
        minutes = round(value * 24 * 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    if _ZEROS.fullmatch(positive) and value >= 0 and float(value).is_integer():
        return f"{int(value):0{len(positive)}d}"
    if match := _CURRENCY.search(positive):
        sign = match[1] or match[2]
        return f"{plain} {sign}" if match.start() > positive.find("0") else f"{sign} {plain}"
    words = [word.strip() for word, _ in _QUOTED.findall(positive) if word.strip()]
    if len(words) == 1 and words[0].isalpha() and "0" in positive:
        before = positive.find('"') < positive.find("0")
        return f"{words[0]} {plain}" if before else f"{plain} {words[0]}"
    return None


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, SheetFormats]]:
    book = _xml(archive, "xl/workbook.xml")
    targets = _relations(archive, "xl/workbook.xml")
    styles = _xml(archive, "xl/styles.xml")
    theme = next((part for part in targets.values() if "/theme/" in part), "")
    colors = _xml(archive, theme) if theme in archive.namelist() else None
    codes, looks = _codes(styles), cell_looks(styles, colors)
    strings = struck_strings(archive)
    for sheet in _named(book, "sheet"):
        relation = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
        part = targets.get(relation or "")
        if part is None or archive.getinfo(part).file_size > _MAX_PART_BYTES:
            continue
        data = archive.read(part)
        result = _cells(data, codes, looks, strings)
        result.margins = _margins(data)
        builder = PageBuilder()
        for other in _relations(archive, part).values():
            if posixpath.basename(other).startswith("comment"):
                result.comments += _comments(archive, other)
            elif posixpath.basename(other).startswith("drawing"):
                _add_drawing(archive, other, builder)
        result.drawings = builder.page() if builder else None
        yield sheet.get("name") or "", result


def _formula(content: bytes) -> str:
    """The text of a cell's formula; empty where it is that of another cell."""
    match = _FORMULA.search(content)
    text = html.unescape(match[1].decode("utf-8", "replace")) if match else ""
    return " ".join(text.split())[:_MAX_FORMULA_CHARS]


def _margins(data: bytes) -> list[str]:
    """The words of headers and footers, without codes for fonts, page numbers and dates."""
    margins: dict[str, None] = {}
    for match in _MARGIN.finditer(data):
        text = html.unescape(match[1].decode("utf-8", "replace"))
        for part in _MARGIN_SIDE.split(text):
            if "&P" in part:
                continue  # the number of a page
            words = " ".join(_MARGIN_CODE.sub("", part).replace("&&", "&").split())
            if any(character.isalpha() for character in words):
                margins[words] = None
    return list(margins)


def _add_drawing(archive: zipfile.ZipFile, part: str, builder: PageBuilder) -> None:
    """Adds the text boxes and charts of a sheet; a part that is missing or damaged costs itself."""
    names = set(archive.namelist())
    if part not in names or not part.endswith(".xml"):
        return
    for text in shape_texts(_xml(archive, part)):
        builder.add("paragraph", text)
    for other in _relations(archive, part).values():
        if posixpath.basename(other).startswith("chart") and other in names:
            add_chart_part(_xml(archive, other), builder, with_figures=False)


def _cells(
    data: bytes, codes: list[str], looks: list[Look], strings: dict[int, str]
) -> SheetFormats:
    result = SheetFormats()
    hidden_rows = {int(row) - 1 for row in _HIDDEN_ROW.findall(data)}
    hidden_columns = {
        column
        for first, last in _HIDDEN_COLUMNS.findall(data)
        for column in range(int(first) - 1, int(last))
    }
    is_colored = b"<conditionalFormatting" in data or b"<tablePart" in data
    for match in _CELL.finditer(data):
        attributes, content = match[1], match[3] or b""
        place = _PLACE.search(attributes)
        if b"<f" in content and place and not _RESULT.search(content):
            result.unfilled[int(place[2]) - 1, _column(place[1])] = _formula(content)
        style = _STYLE.search(attributes)
        code = codes[int(style[1])] if style and int(style[1]) < len(codes) else ""
        if not place:
            continue
        at = int(place[2]) - 1, _column(place[1])
        if (error := _ERROR.search(content)) and b't="e"' in attributes:
            result.errors[at] = error[1].decode("ascii", "replace")
        if content and (at[0] in hidden_rows or at[1] in hidden_columns):
            result.concealed += 1
        if code:
            result.formats[at] = code
        look = looks[int(style[1])] if style and int(style[1]) < len(looks) else ""
        if look == "struck":
            result.struck.add(at)
        elif look == "hidden" or (look == "blended" and not is_colored):
            result.hidden.add(at)
        elif strings and b't="s"' in attributes:
            number = _STRING.search(content)
            if number is not None and int(number[1]) in strings:
                result.partly_struck[at] = strings[int(number[1])]
    return result


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _codes(styles: Any) -> list[str]:
    """The format code of each style; empty where it is plain."""
    own = {e.get("numFmtId"): e.get("formatCode") or "" for e in _named(styles, "numFmt")}
    codes = []
    for group in _named(styles, "cellXfs"):
        for style in group:
            number = style.get("numFmtId") or "0"
            code = own.get(number) or _BUILT_IN.get(int(number) if number.isdigit() else 0, "")
            codes.append(code if formatted(1.0, code) is not None else "")
    return codes


def _comments(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str]]:
    root = _xml(archive, part)
    authors = ["".join(e.itertext()).strip() for e in _named(root, "author")]
    for comment in list(_named(root, "comment"))[:_MAX_COMMENTS]:
        text = " ".join("".join(comment.itertext()).split())
        number = comment.get("authorId") or ""
        author = authors[int(number)] if number.isdigit() and int(number) < len(authors) else ""
        if text:
            yield f"{comment.get('ref') or ''}{f' ({author})' if author else ''}", text


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path not in archive.namelist():
        return {}
    parts = {}
    for relation in list(_named(_xml(archive, path), "Relationship"))[:MAX_SPAN]:
        target = relation.get("Target") or ""
        absolute = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        parts[relation.get("Id") or ""] = posixpath.normpath(absolute)
    return parts


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(archive.read(name), parser=parser)


def _named(root: Any, name: str) -> Iterator[Any]:
    return (e for e in root.iter() if isinstance(e.tag, str) and e.tag.rpartition("}")[2] == name)
