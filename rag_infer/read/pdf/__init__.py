"""PDF: pages of text that flows, with headings, labels and notes of what could not be read.

Knows: the order of the steps and what happens when one of them finds nothing.
Does not know: how each is done.

PDFium reads first; pypdf gives a second opinion when that fails or finds nothing; pages that are
images are read by OCR where the extra for it is installed, and named where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.job import Opened
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Page

IMAGE_ONLY = "image without a text layer; install it with: pip install 'rag-infer[ocr]'"
BLANK = "no text on it"
UNREADABLE = "it cannot be read"


def read(file: Opened) -> Iterator[Document]:
    """One document with the file's pages.

    Raises PasswordError when it is encrypted and no password opens it, ReadError when neither
    library can read it.
    """
    from rag_infer.read.pdf.opening import about, open_pdf

    data = file.data()
    passwords = file.options.passwords
    try:
        document = open_pdf(data, passwords)
    except ReadError as error:
        if isinstance(error, PasswordError) and not passwords:
            raise
        texts = _by_pypdf(data, passwords)
        if texts is None:
            raise
        pages = tuple(_page(n + 1, texts.get(n, "")) for n in range(max(texts, default=0) + 1))
        yield Document(file.id, "pdf", file.sha256, pages)
        return
    try:
        title, metadata = about(document)
        pages = tuple(_pages(document, data, file))
        if not pages:
            raise ReadError("it has no pages")
    finally:
        document.close()
    yield Document(file.id, "pdf", file.sha256, pages, title=title, metadata=metadata)


def _by_pypdf(data: bytes, passwords: Sequence[str]) -> Mapping[int, str] | None:
    from rag_infer.read.pdf.second import second_opinion

    return second_opinion(data, passwords)


def _pages(document: Any, data: bytes, file: Opened) -> Iterator[Page]:
    from rag_infer.read.pdf.headings import blocks
    from rag_infer.read.pdf.layout import Layout
    from rag_infer.read.pdf.opening import label, outline

    layout = Layout(document)
    flows = [layout.flow(index) for index in range(len(document))]
    structure = blocks(flows, outline(document))
    texts: Mapping[int, str] = {}
    if not any(flow.text for flow in flows):
        from rag_infer.read.pdf.second import second_opinion

        texts = second_opinion(data, file.options.passwords, range(len(flows))) or {}
    elif layout.failed:
        from rag_infer.read.pdf.second import second_opinion

        texts = second_opinion(data, file.options.passwords, sorted(layout.failed)) or {}
    for index, (flow, found) in enumerate(zip(flows, structure, strict=True)):
        printed = label(document, index)
        if flow.text:
            yield Page(index + 1, flow.text, printed, found)
        else:
            note = BLANK
            if index in layout.failed:
                note = UNREADABLE
            elif layout.scan(index).has_images:
                note = IMAGE_ONLY
            yield _page(index + 1, texts.get(index, ""), printed, note)


def _page(number: int, text: str, label: str | None = None, note: str | None = None) -> Page:
    """A page whose text came without places."""
    if text:
        return Page(number, text, label, tuple(paragraphs(text)))
    return Page(number, "", label, note=note)
