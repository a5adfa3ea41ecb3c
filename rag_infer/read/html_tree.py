"""A tree of HTML as a page: headings, paragraphs, lists, tables and code in reading order.

Knows: elements and what they mean for a text.
Does not know: files; HTML, EPUB and mail hand their markup in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.html_boilerplate import content
from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Scalar

_SPACE = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n ?")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure"
    " footer form header hr html li main p section summary tr td th caption tbody thead tfoot"
    " legend".split()
)
_SKIPPED = frozenset("script style noscript template head svg".split())
_LAYOUT = "table|ul|ol|p[2]|h1|h2|h3|h4|pre|div/div|div/p"
_META = {
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
        raise ReadError("there is no HTML in it") from error
    return root


def about(root: Any) -> tuple[str | None, dict[str, Scalar]]:
    """The title that a page gives itself, and its metadata."""
    found = root.find(".//title")
    title = _line("".join(found.itertext())) if found is not None else ""
    metadata: dict[str, Scalar] = {}
    for meta in root.iter("meta"):
        name = _META.get((meta.get("name") or meta.get("property") or "").lower())
        value = _line(meta.get("content") or "")
        if name and value and name not in metadata:
            metadata[name] = value
    return title or None, metadata


def add_content(root: Any, builder: PageBuilder, *, framed: bool = True) -> None:
    """Adds a page's content to a builder; ``framed`` pages have menus that are left out."""
    _TreeWalker(builder).walk(content(root) if framed else root)


class _TreeWalker:
    """Goes through a tree, gathering inline text until a block ends."""

    def __init__(self, builder: PageBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []

    def walk(self, element: Any) -> None:
        self._enter(element)
        self._flush()

    def _flush(self) -> None:
        if self._inline:
            text = _flowed("".join(self._inline))
            self._inline.clear()
            self._builder.add("paragraph", text)

    def _enter(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            return
        if tag in _HEADINGS:
            self._flush()
            self._builder.add("heading", _text(element), int(tag[1]))
        elif tag in ("ul", "ol"):
            self._flush()
            self._builder.add("list", "\n".join(_items(element, 0)))
        elif tag == "table" and not element.xpath(f".//td[{_LAYOUT.replace('|', ' or ')}]"):
            self._flush()
            self._table(element)
        elif tag == "pre":
            self._flush()
            self._builder.add("code", "".join(element.itertext()))
        elif tag == "br":
            self._inline.append("\n")
        else:
            self._inside(element, tag in _BLOCKS)

    def _inside(self, element: Any, parted: bool) -> None:
        if parted:
            self._flush()
        if element.text:
            self._inline.append(element.text.replace("\n", " "))
        for child in element:
            self._enter(child)
            if child.tail:
                self._inline.append(child.tail.replace("\n", " "))
        if parted:
            self._flush()

    def _table(self, table: Any) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._builder.add("paragraph", _text(caption))
        rows = []
        for row in table.iter("tr"):
            cells = [_text(cell) for cell in row if cell.tag in ("td", "th")]
            if any(cells):
                rows.append(" | ".join(cells))
        self._builder.add("table", "\n".join(rows))


def _items(listed: Any, depth: int) -> Iterator[str]:
    number = 0
    for item in listed:
        if item.tag in ("ul", "ol"):
            yield from _items(item, depth + 1)
        elif item.tag == "li":
            number += 1
            mark = f"{number}." if listed.tag == "ol" else "-"
            nested = list(item.iter("ul", "ol"))
            text = _line(_own_text(item, frozenset(nested)))
            if text:
                yield f"{'  ' * depth}{mark} {text}"
            for inner in nested:
                if not any(
                    inner is not other and other in nested for other in inner.iterancestors()
                ):
                    yield from _items(inner, depth + 1)


def _own_text(element: Any, without: frozenset[Any]) -> str:
    parts = [element.text or ""]
    for child in element:
        if child not in without and isinstance(child.tag, str) and child.tag not in _SKIPPED:
            parted = " " if child.tag in _BLOCKS or child.tag == "br" else ""
            parts += [parted, _own_text(child, without), parted]
        parts.append(child.tail or "")
    return "".join(parts)


def _text(element: Any) -> str:
    return _line(_own_text(element, frozenset()))


def _line(text: str) -> str:
    return " ".join(text.split())


def _flowed(text: str) -> str:
    """White space as a browser shows it: runs as one space, line breaks where there was a br."""
    return _BREAKS.sub("\n", _SPACE.sub(" ", text)).strip()
