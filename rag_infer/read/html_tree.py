"""A tree of HTML as a page: headings, paragraphs, lists, tables and code in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.character_marks import left_out_note
from rag_infer.read.html_boilerplate import main_content
from rag_infer.read.html_characters import mark_characters
from rag_infer.read.html_hidden import remove_unseen
from rag_infer.read.page_builder import PageBuilder
from rag_infer.tables.layout import MAX_SPAN, MarkupCell, laid_out
from rag_infer.types import Scalar

_SPACES = re.compile(r"[^\S\n]+")
_LINE_BREAKS = re.compile(r" ?\n ?")
_HEADING_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCK_TAGS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure"
    " footer form header hr html li main p section summary tr td th caption tbody thead tfoot"
    " legend".split()
)
_SKIPPED_TAGS = frozenset("script style noscript template head svg".split())
_LAYOUT_TABLE_CONTENT = "table|ul|ol|p[2]|h1|h2|h3|h4|pre|div/div|div/p"
_NESTED_TAGS = ("ul", "ol", "dl", "table", "pre")
_MAX_DESCRIPTION_CHARS = 300
_MIN_ALT_CHARS = 12
_ITEM_NUMBER = re.compile(r"-?[0-9]{1,6}")
_META_FIELDS = {
    "author": "author",
    "description": "description",
    "article:published_time": "published",
    "date": "published",
}


def tree_of(text: str) -> Any:
    """The root element. Raises ReadError for a text without any."""
    from lxml import etree, html

    # No entity is expanded and nothing is fetched by libxml2's HTML parser.
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise ReadError("contains no HTML") from error
    return root


def page_metadata(root: Any) -> tuple[str | None, dict[str, Scalar]]:
    """The title that a page gives itself, and its metadata."""
    title_element = root.find(".//title")
    title = _single_line("".join(title_element.itertext())) if title_element is not None else ""
    metadata: dict[str, Scalar] = {}
    for meta in root.iter("meta"):
        name = _META_FIELDS.get((meta.get("name") or meta.get("property") or "").lower())
        value = _single_line(meta.get("content") or "")
        if name and value and name not in metadata:
            metadata[name] = value
    return title or None, metadata


def add_content(root: Any, builder: PageBuilder, *, has_boilerplate: bool = True) -> str | None:
    """Adds a page's content to a builder; menus are left out where it ``has_boilerplate``.

    Returns:
        What else was left out, to be named.
    """
    struck, hidden = remove_unseen(root)
    struck += mark_characters(root)
    _TreeWalker(builder).walk(main_content(root) if has_boilerplate else root)
    return left_out_note(struck, hidden)


class _TreeWalker:
    """Goes through a tree, gathering inline text until a block ends."""

    def __init__(self, builder: PageBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []

    def walk(self, element: Any) -> None:
        self._visit(element)
        self._flush()

    def _flush(self) -> None:
        if self._inline:
            text = _normalize_whitespace("".join(self._inline))
            self._inline.clear()
            self._builder.add("paragraph", text)

    def _visit(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED_TAGS:
            return
        if tag in _HEADING_TAGS:
            self._flush()
            self._builder.add("heading", _text(element), int(tag[1]))
        elif tag in ("ul", "ol"):
            self._flush()
            self._builder.add("list", "\n".join(_items(element, 0)))
        elif tag == "table" and not element.xpath(
            f".//td[{_LAYOUT_TABLE_CONTENT.replace('|', ' or ')}]"
        ):
            self._flush()
            self._table(element)
        elif tag == "pre":
            self._flush()
            self._builder.add("code", "".join(element.itertext()))
        elif tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._picture(element)
        elif tag == "dl":
            self._flush()
            self._definitions(element)
        else:
            self._visit_children(element, tag in _BLOCK_TAGS)

    def _picture(self, element: Any) -> None:
        """Adds what a picture's alternative text says, but not the name of an icon."""
        text = _single_line(element.get("alt") or "")
        if len(text) >= _MIN_ALT_CHARS and " " in text and text not in "".join(self._inline[-3:]):
            self._inline.append(f" [Picture: {text}] ")

    def _visit_children(self, element: Any, is_block: bool) -> None:
        if is_block:
            self._flush()
        if element.text:
            self._inline.append(element.text.replace("\n", " "))
        for child in element:
            self._visit(child)
            if child.tail:
                self._inline.append(child.tail.replace("\n", " "))
        if is_block:
            self._flush()

    def _definitions(self, element: Any) -> None:
        """Adds a list of terms: ``term: description`` a line; long descriptions by themselves."""
        lines: list[str] = []
        term = ""
        for child in element.iter("dt", "dd"):
            if next(child.iterancestors("dl"), None) is not element:
                continue
            text = _text(child)
            if child.tag == "dt":
                term = f"{term}, {text}" if term and text else term or text
                continue
            if (
                len(text) <= _MAX_DESCRIPTION_CHARS
                and next(child.iter(*_NESTED_TAGS), None) is None
            ):
                lines.append(f"{term.rstrip(':')}: {text}" if term and text else text)
            else:
                self._builder.add("paragraph", "\n".join(lines))
                lines.clear()
                self._builder.add("paragraph", term)
                self._visit_children(child, True)
            term = ""
        self._builder.add("paragraph", "\n".join(filter(None, [*lines, term])))

    def _table(self, table: Any) -> None:
        element = table.find("caption")
        caption = _text(element) if element is not None else ""
        self._builder.add("paragraph", caption)
        rows: list[list[MarkupCell]] = []
        header_rows = 0
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            if not any(map(_text, cells)):
                continue
            if header_rows == len(rows) and _names_columns(row, cells):
                header_rows += 1
            rows.append(
                [MarkupCell(_text(c), _span(c, "rowspan"), _span(c, "colspan")) for c in cells]
            )
        header_count = header_rows if 0 < header_rows < len(rows) else None
        self._builder.add_table(laid_out(rows), header_count, caption=caption)


def _names_columns(row: Any, cells: Sequence[Any]) -> bool:
    return row.getparent().tag == "thead" or (
        len(cells) > 1 and all(cell.tag == "th" for cell in cells)
    )


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return max(1, min(int(value), MAX_SPAN)) if value.isascii() and value.isdigit() else 1


def _items(list_element: Any, depth: int) -> Iterator[str]:
    number = _number(list_element.get("start"), 1) - 1
    for item in list_element:
        if item.tag in ("ul", "ol"):
            yield from _items(item, depth + 1)
        elif item.tag == "li":
            number = _number(item.get("value"), number + 1)
            marker = f"{number}." if list_element.tag == "ol" else "-"
            nested = list(item.iter("ul", "ol"))
            text = _single_line(_text_without(item, frozenset(nested)))
            if text:
                yield f"{'  ' * depth}{marker} {text}"
            for inner in nested:
                if not any(
                    inner is not other and other in nested for other in inner.iterancestors()
                ):
                    yield from _items(inner, depth + 1)


def _number(value: str | None, default: int) -> int:
    text = (value or "").strip()
    return int(text) if _ITEM_NUMBER.fullmatch(text) else default


def _text_without(element: Any, excluded: frozenset[Any]) -> str:
    parts = [element.text or ""]
    for child in element:
        if child not in excluded and isinstance(child.tag, str) and child.tag not in _SKIPPED_TAGS:
            is_block = " " if child.tag in _BLOCK_TAGS or child.tag == "br" else ""
            parts += [is_block, _text_without(child, excluded), is_block]
        parts.append(child.tail or "")
    return "".join(parts)


def _text(element: Any) -> str:
    return _single_line(_text_without(element, frozenset()))


def _single_line(text: str) -> str:
    return " ".join(text.split())


def _normalize_whitespace(text: str) -> str:
    """White space as a browser shows it: runs as one space, line breaks where there was a br."""
    return _LINE_BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()
