"""EPUB books: a page for each part of the reading order."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from rag_infer.errors import ReadError
from rag_infer.read.html import decode_markup
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.zip_safety import check_zip
from rag_infer.types import Document, Page, Scalar

_CONTAINER = "META-INF/container.xml"
_FIELDS = {
    "creator": "author",
    "language": "language",
    "publisher": "publisher",
    "date": "published",
}


def read(file: OpenedFile) -> Iterator[Document]:
    """One document. Raises ReadError for a file that is not an EPUB, or is protected (DRM)."""
    with check_zip(file.data()) as archive:
        if (
            "META-INF/encryption.xml" in archive.namelist()
            and "META-INF/rights.xml" in archive.namelist()
        ):
            raise ReadError("protected against copying by its seller (DRM)")
        package_name = _package_name(archive)
        package = _xml(archive, package_name)
        title, metadata = _metadata(package)
        pages = tuple(_pages(archive, package, posixpath.dirname(package_name)))
    yield Document(file.id, "epub", file.sha256, pages, title=title, metadata=metadata)


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    from lxml import etree

    # Entities stay as they are, nothing is fetched: an entity can name a file, or a billion laughs.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(archive.read(name), parser=parser)
    except (KeyError, etree.XMLSyntaxError, zipfile.BadZipFile, ValueError) as error:
        raise ReadError(f"not a valid EPUB ({name}: {error})") from error
    if root is None:
        raise ReadError(f"not a valid EPUB ({name} is empty)")
    return root


def _elements_named(root: Any, name: str) -> Iterator[Any]:
    return (e for e in root.iter() if isinstance(e.tag, str) and e.tag.rpartition("}")[2] == name)


def _package_name(archive: zipfile.ZipFile) -> str:
    for rootfile in _elements_named(_xml(archive, _CONTAINER), "rootfile"):
        if path := rootfile.get("full-path"):
            return str(path)
    raise ReadError("not a valid EPUB (its container has no package)")


def _metadata(package: Any) -> tuple[str | None, dict[str, Scalar]]:
    title, metadata = None, dict[str, Scalar]()
    for element in next(_elements_named(package, "metadata"), ()):
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2]
        value = " ".join("".join(element.itertext()).split())
        if name == "title" and value and title is None:
            title = value
        elif name in _FIELDS and value:
            metadata.setdefault(_FIELDS[name], value)
    return title, metadata


def _pages(archive: zipfile.ZipFile, package: Any, folder: str) -> Iterator[Page]:
    from rag_infer.read.html_tree import add_content, page_metadata, tree_of

    items = {item.get("id"): item for item in _elements_named(package, "item")}
    names = set(archive.namelist())
    number = 0
    for reference in _elements_named(package, "itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "nav" in (item.get("properties") or "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        if name not in names:
            continue
        names.discard(name)  # each is read once, however often a book of 2 KB names it
        number += 1
        try:
            root = tree_of(decode_markup(archive.read(name)))
        except (ReadError, zipfile.BadZipFile, RuntimeError) as error:
            yield Page(number, "", note=f"it cannot be read ({error})")
            continue
        builder = PageBuilder()
        note = add_content(root, builder, has_boilerplate=False)
        heading = builder.first("heading") or page_metadata(root)[0]
        if builder:
            yield builder.page(number, heading, note)
        else:
            yield Page(number, "", heading, note="no text on it")
