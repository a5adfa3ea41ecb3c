"""Pictures of OpenDocument files: what they are called, and which sheet has which."""

from __future__ import annotations

import zipfile
from typing import Any

from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Page

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_DRAW, _SVG, _TABLE = (_NAMESPACE % name for name in ("drawing", "svg-compatible", "table"))
_CONTENT = "content.xml"
_MAX_PART_BYTES = 30 * 2**20  # a larger file keeps its pictures without names
# A frame may hold a picture beside what that shows: of a chart, or a table.
_OTHERS = ("object", "object-ole", "plugin", "text-box", "floating-frame", "applet")


def picture_name(frame: Any) -> str:
    """A picture as a line of text, with its description or title; empty for another frame."""
    words = frame.findtext(_SVG + "desc") or frame.findtext(_SVG + "title") or ""
    if text := " ".join(words.split()):
        return f"[Picture: {text}]"
    is_picture = frame.find(_DRAW + "image") is not None
    is_other = frame.find(_TABLE + "table") is not None or any(
        frame.find(_DRAW + name) is not None for name in _OTHERS
    )
    return "[Picture]" if is_picture and not is_other else ""


def sheet_pictures(archive: zipfile.ZipFile) -> dict[str, Page]:
    """A page with the names of its pictures for each sheet of an ODS file that has any."""
    from lxml import etree

    if _CONTENT not in archive.namelist():
        return {}
    if archive.getinfo(_CONTENT).file_size > _MAX_PART_BYTES:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(archive.read(_CONTENT), parser)
    except (etree.XMLSyntaxError, zipfile.BadZipFile, RuntimeError):
        return {}
    pages = {}
    for table in root.iter(_TABLE + "table"):
        builder = PageBuilder()
        for name in dict.fromkeys(map(picture_name, table.iter(_DRAW + "frame"))):
            builder.add("paragraph", name)
        if builder:
            pages[table.get(_TABLE + "name", "")] = builder.page()
    return pages
