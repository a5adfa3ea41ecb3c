"""PDF: pages of text that flows, with headings, labels and notes of what could not be read.

PDFium reads first; pypdf gives a second opinion when that fails or finds nothing; pages that are
images are read by OCR where the extra for it is installed, and named where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.character_marks import left_out_note
from rag_infer.read.models import OpenedFile
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Page

IMAGE_ONLY = "image without a text layer; to read it: pip install 'rag-infer[ocr]'"
OCR_DISABLED = "image without a text layer"
OCR_FOUND_NOTHING = "image without a text layer, on which no text was recognised"
STAMPED_IMAGE = "image with a few words of text"
STAMPED_NO_OCR = f"{STAMPED_IMAGE}; to read the image: pip install 'rag-infer[ocr]'"
STAMPED = f"{STAMPED_IMAGE}; nothing else was recognized on it"
GARBLED = "most of its text layer does not say which characters it shows"
NO_TEXT = "no text on it"
UNREADABLE = "it cannot be read"


def read(file: OpenedFile) -> Iterator[Document | None]:
    """One document with the file's pages; None each time that a page takes long.

    Raises PasswordError when it is encrypted and no password opens it, ReadError when neither
    library can read it.
    """
    from rag_infer.read.pdf.document import document_info, open_pdf

    data = file.data()
    try:
        document = open_pdf(data, file.options.passwords)
    except ReadError as error:
        if isinstance(error, PasswordError) and not file.options.passwords:
            raise
        yield _read_with_pypdf(file, data, error)
        return
    try:
        file.options.check_pages(len(document))
        title, metadata = document_info(document)
        pages: list[Page] = []
        ocr_count = 0
        for page, ocr_pages in _pages(document, data, file):
            if page is None:
                yield None
            else:
                pages.append(page)
                ocr_count += ocr_pages
        if ocr_count:
            metadata["ocr_pages"] = ocr_count
    finally:
        document.close()
    if not pages:
        raise ReadError("a document without pages")
    yield Document(file.id, "pdf", file.sha256, tuple(pages), title=title, metadata=metadata)


def _read_with_pypdf(file: OpenedFile, data: bytes, error: ReadError) -> Document:
    from rag_infer.read.pdf.pypdf_fallback import extract_with_pypdf

    texts = extract_with_pypdf(data, file.options.passwords)
    if texts is None:
        raise error
    pages = tuple(_page(n + 1, texts.get(n, ""), note=NO_TEXT) for n in range(max(texts) + 1))
    return Document(file.id, "pdf", file.sha256, pages)


def _pages(document: Any, data: bytes, file: OpenedFile) -> Iterator[tuple[Page | None, bool]]:
    """The pages in order, and whether each was read by OCR; no page before one that takes long."""
    from rag_infer.read.pdf.document import outline, page_label_of
    from rag_infer.read.pdf.headings import blocks
    from rag_infer.read.pdf.layout import Layout
    from rag_infer.read.pdf.ocr import Recognizer, is_available
    from rag_infer.read.pdf.page_tables import PageTables
    from rag_infer.read.pdf.pypdf_fallback import extract_with_pypdf

    layout = Layout(document, with_tables=True)
    layouts = [layout.page_layout(index) for index in range(len(document))]
    texts: Mapping[int, str] = {}
    if layout.failed or not any(page_layout.text for page_layout in layouts):
        textless = [n for n, page_layout in enumerate(layouts) if not page_layout.text]
        page_numbers = sorted(layout.failed) or textless
        texts = extract_with_pypdf(data, file.options.passwords, page_numbers) or {}
    recognizer = Recognizer(document) if file.options.ocr and is_available() else None
    ocr_pages: set[int] = set()
    for index, page_layout in enumerate(layouts):
        page_text = layout.page_text(index)
        is_image = page_text.has_images and index not in texts
        if recognizer is not None and (is_image or page_text.unreadable > len(page_layout.text)):
            yield None, False
            recognized = recognizer.page_layout(index)
            if len(recognized.text) > len(page_layout.text):
                layouts[index] = recognized
                ocr_pages.add(index)
    structure = blocks(layouts, outline(document))
    page_tables = PageTables()
    for index, (page_layout, page_blocks) in enumerate(zip(layouts, structure, strict=True)):
        page_label = page_label_of(document, index)
        page_text = layout.page_text(index)
        if page_layout.text:
            is_garbled = index not in ocr_pages and page_text.unreadable > len(page_layout.text)
            note = GARBLED if is_garbled else None
            note = left_out_note(page_text.struck, page_text.hidden) or note
            if page_text.has_images and index not in ocr_pages:
                note = STAMPED_NO_OCR if not is_available() else STAMPED
            tables = () if index in ocr_pages else page_tables.place(page_text, page_layout)
            yield (
                Page(index + 1, page_layout.text, page_label, page_blocks, note, tables),
                index in ocr_pages,
            )
            continue
        note = NO_TEXT
        if index in layout.failed:
            note = UNREADABLE
        elif page_text.has_images:
            note = (
                IMAGE_ONLY
                if not is_available()
                else OCR_FOUND_NOTHING
                if recognizer
                else OCR_DISABLED
            )
        elif page_text.unreadable:
            note = GARBLED
        yield _page(index + 1, texts.get(index, ""), page_label, note), False


def _page(
    number: int, text: str, page_label_of: str | None = None, note: str | None = None
) -> Page:
    """A page whose text came without places."""
    if text:
        return Page(number, text, page_label_of, tuple(paragraphs(text)))
    return Page(number, "", page_label_of, note=note)
