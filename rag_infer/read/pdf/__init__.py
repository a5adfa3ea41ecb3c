"""PDF: pages of text that flows, with headings, labels and notes of what could not be read.

Knows: the order of the steps and what happens when one of them finds nothing.
Does not know: how each is done.

PDFium reads first; pypdf gives a second opinion when that fails or finds nothing; pages that are
images are read by OCR where the extra for it is installed, and named where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.models import OpenedFile
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Page

IMAGE_ONLY = "image without a text layer; to read it: pip install 'rag-infer[ocr]'"
NO_OCR = "image without a text layer"
NOTHING_SEEN = "image without a text layer, on which no text was recognised"
GARBLED = "most of its text layer does not say which characters it shows"
BLANK = "no text on it"
UNREADABLE = "it cannot be read"


def read(file: OpenedFile) -> Iterator[Document | None]:
    """One document with the file's pages; None each time that a page takes long.

    Raises PasswordError when it is encrypted and no password opens it, ReadError when neither
    library can read it.
    """
    from rag_infer.read.pdf.document import about, open_pdf

    data = file.data()
    try:
        document = open_pdf(data, file.options.passwords)
    except ReadError as error:
        if isinstance(error, PasswordError) and not file.options.passwords:
            raise
        yield _by_pypdf(file, data, error)
        return
    try:
        file.options.check_pages(len(document))
        title, metadata = about(document)
        pages: list[Page] = []
        recognised = 0
        for page, by_ocr in _pages(document, data, file):
            if page is None:
                yield None
            else:
                pages.append(page)
                recognised += by_ocr
        if recognised:
            metadata["ocr_pages"] = recognised
    finally:
        document.close()
    if not pages:
        raise ReadError("it has no pages")
    yield Document(file.id, "pdf", file.sha256, tuple(pages), title=title, metadata=metadata)


def _by_pypdf(file: OpenedFile, data: bytes, error: ReadError) -> Document:
    from rag_infer.read.pdf.pypdf_fallback import second_opinion

    texts = second_opinion(data, file.options.passwords)
    if texts is None:
        raise error
    pages = tuple(_page(n + 1, texts.get(n, ""), note=BLANK) for n in range(max(texts) + 1))
    return Document(file.id, "pdf", file.sha256, pages)


def _pages(document: Any, data: bytes, file: OpenedFile) -> Iterator[tuple[Page | None, bool]]:
    """The pages in order, and whether each was read by OCR; no page before one that takes long."""
    from rag_infer.read.pdf.document import label, outline
    from rag_infer.read.pdf.headings import blocks
    from rag_infer.read.pdf.layout import Layout
    from rag_infer.read.pdf.ocr import Recognizer, available
    from rag_infer.read.pdf.pypdf_fallback import second_opinion

    layout = Layout(document)
    flows = [layout.flow(index) for index in range(len(document))]
    texts: Mapping[int, str] = {}
    if layout.failed or not any(flow.text for flow in flows):
        unsaid = [n for n, flow in enumerate(flows) if not flow.text]
        wanted = sorted(layout.failed) or unsaid
        texts = second_opinion(data, file.options.passwords, wanted) or {}
    recogniser = Recognizer(document) if file.options.ocr and available() else None
    by_ocr: set[int] = set()
    for index, flow in enumerate(flows):
        scan = layout.scan(index)
        pictured = not flow.text and index not in texts and scan.has_images
        if recogniser is not None and (pictured or scan.unreadable > len(flow.text)):
            yield None, False
            found = recogniser.flow(index)
            if len(found.text) > len(flow.text):
                flows[index] = found
                by_ocr.add(index)
    structure = blocks(flows, outline(document))
    for index, (flow, found_blocks) in enumerate(zip(flows, structure, strict=True)):
        printed = label(document, index)
        scan = layout.scan(index)
        if flow.text:
            garbled = index not in by_ocr and scan.unreadable > len(flow.text)
            note = GARBLED if garbled else None
            yield Page(index + 1, flow.text, printed, found_blocks, note), index in by_ocr
            continue
        note = BLANK
        if index in layout.failed:
            note = UNREADABLE
        elif scan.has_images:
            note = IMAGE_ONLY if not available() else NOTHING_SEEN if recogniser else NO_OCR
        elif scan.unreadable:
            note = GARBLED
        yield _page(index + 1, texts.get(index, ""), printed, note), False


def _page(number: int, text: str, label: str | None = None, note: str | None = None) -> Page:
    """A page whose text came without places."""
    if text:
        return Page(number, text, label, tuple(paragraphs(text)))
    return Page(number, "", label, note=note)
