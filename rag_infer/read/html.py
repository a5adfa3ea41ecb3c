"""HTML files: the content of a page without its menus."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Document

_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)")


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page."""
    from rag_infer.read.html_tree import add_content, page_metadata, tree_of

    root = tree_of(decode_markup(file.data()))
    title, metadata = page_metadata(root)
    builder = PageBuilder()
    note = add_content(root, builder)
    page = builder.page(note=note)
    yield Document(file.id, "html", file.sha256, (page,), title=title, metadata=metadata)


def decode_markup(data: bytes) -> str:
    """The text of an HTML or XML file: UTF-8 when it is, else as it says, else as it looks."""
    return decode(data, declared=_declared_encoding(data))


def _declared_encoding(data: bytes) -> str | None:
    match = _CHARSET.search(data[:4096])
    if match is None:
        return None
    name = match[1].decode("ascii")
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return None
    # Browsers read what says it is Latin-1 as Windows-1252, and so must we.
    return "cp1252" if codec.name in ("iso8859-1", "ascii") else codec.name
