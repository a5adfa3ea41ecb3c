"""A tree of HTML as a page: headings, paragraphs, lists, tables and code in reading order.

Knows: elements, and which of them are the page's frame and not its content.
Does not know: files, EPUB, mail; they hand their HTML in.
"""

from __future__ import annotations

import re
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.blocks import PageBuilder
from rag_infer.types import Page

_SPACE = re.compile(r"\s+")
_DROP = frozenset(
    "script style noscript template svg math nav footer aside form button select iframe object"
    " embed canvas audio video head".split()
)
_BREAKS = frozenset(
    "address article blockquote body center dd details div dl dt fieldset figcaption"
    " figure header hr html main p section summary".split()
)


def tree_of(text: str) -> Any:
    """The root element. Raises ReadError for a file without any."""
    from lxml import etree, html

    parser = html.HTMLParser(
        no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = html.document_fromstring(
            text.encode("utf-8"),
            parser=html.HTMLParser(
                encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
            ),
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise ReadError("it is empty or no HTML") from error
    del parser
    return root


def title_of(root: Any) -> str | None:
    """What the page calls itself."""
    found = root.find(".//title")
    text = _SPACE.sub(" ", "".join(found.itertext())).strip() if found is not None else ""
    return text or None


def page_of(root: Any, number: int = 1, label: str | None = None) -> Page:
    """The page's content, its frame left out."""
    builder = PageBuilder()
    mains = root.xpath("//main | //*[@role='main']")
    top = (
        mains[0]
        if len(mains) == 1
        else (root.find("body") if root.find("body") is not None else root)
    )
    _Walk(builder).whole(top)
    return builder.page(number, label)


class _Walk:
    def __init__(self, builder: PageBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []

    def whole(self, element: Any) -> None:
        self._element(element)
        self._flush()

    def _flush(self) -> None:
        text = _SPACE.sub(" ", "".join(self._inline)).strip()
        self._inline.clear()
        self._builder.add("paragraph", text)

    def _element(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _DROP:
            return
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._flush()
            self._builder.add("heading", _flat(element), int(tag[1]))
        elif tag in ("ul", "ol"):
            self._flush()
            self._builder.add("list", "\n".join(_items(element, 0)))
        elif tag == "table":
            self._flush()
            rows = [[_flat(cell) for cell in row.xpath("./td|./th")] for row in element.iter("tr")]
            self._builder.add("table", "\n".join(" | ".join(row) for row in rows if any(row)))
        elif tag == "pre":
            self._flush()
            self._builder.add("code", "".join(element.itertext()))
        elif tag == "br":
            self._inline.append(" ")
        else:
            breaks = tag in _BREAKS
            if breaks:
                self._flush()
            self._inline.append(element.text or "")
            for child in element:
                self._element(child)
                self._inline.append(child.tail or "")
            if breaks:
                self._flush()


def _flat(element: Any) -> str:
    return _SPACE.sub(" ", "".join(element.itertext())).strip()


def _items(element: Any, depth: int) -> list[str]:
    lines = []
    for item in element.xpath("./li"):
        own = [item.text or ""]
        below: list[str] = []
        for child in item:
            if child.tag in ("ul", "ol"):
                below += _items(child, depth + 1)
            else:
                own.append("".join(child.itertext()) if isinstance(child.tag, str) else "")
            own.append(child.tail or "")
        text = _SPACE.sub(" ", "".join(own)).strip()
        if text:
            lines.append("  " * depth + "- " + text)
        lines += below
    return lines
