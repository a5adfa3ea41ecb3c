"""Word documents: headings, paragraphs, lists and tables in the order of the document.

Knows: python-docx, Word's own style names.
Does not know: pages, which Word lays out anew each time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.archive import check_zip
from rag_infer.read.blocks import PageBuilder
from rag_infer.read.job import Opened
from rag_infer.types import Document, Scalar

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def read(file: Opened) -> Iterator[Document]:
    """One document with one page."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    data = file.data()
    check_zip(data)
    try:
        document = docx.Document(io.BytesIO(data))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise ReadError(f"it is not a Word document ({error})") from error
    builder = PageBuilder()
    items: list[str] = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            _list(builder, items)
            builder.add("table", _table(block))
            continue
        kind, level = _style(block)
        text = " ".join(block.text.split())
        if kind == "list":
            if text:
                items.append("  " * level + "- " + text)
            continue
        _list(builder, items)
        if kind == "heading":
            builder.add("heading", text, level)
        else:
            builder.add("paragraph", text)
    _list(builder, items)
    title = (document.core_properties.title or "").strip() or None
    yield Document(
        file.id, "docx", file.sha256, (builder.page(),), title=title, metadata=_metadata(document)
    )


def _list(builder: PageBuilder, items: list[str]) -> None:
    if items:
        builder.add("list", "\n".join(items))
        items.clear()


def _style(paragraph: Any) -> tuple[str, int]:
    name = (paragraph.style.name or "") if paragraph.style is not None else ""
    if name.lower() == "title":
        return "heading", 1
    if match := _HEADING.match(name):
        return "heading", int(match[1])
    properties = paragraph._p.pPr
    numbering = properties.numPr if properties is not None else None
    if numbering is not None:
        depth = numbering.ilvl.val if numbering.ilvl is not None else 0
        return "list", int(depth)
    if name.lower().startswith("list"):
        return "list", 0
    return "paragraph", 0


def _table(table: Any) -> str:
    rows = []
    for row in table.rows:
        cells: list[str] = []
        seen = None
        for cell in row.cells:
            if cell._tc is not seen:  # a merged cell is given once for each column it covers
                cells.append(" ".join(cell.text.split()))
            seen = cell._tc
        if any(cells):
            rows.append(" | ".join(cells))
    return "\n".join(rows)


def _metadata(document: Any) -> dict[str, Scalar]:
    properties = document.core_properties
    found: dict[str, Scalar] = {}
    if properties.author:
        found["author"] = properties.author
    if properties.modified:
        found["modified"] = properties.modified.isoformat()
    return found
