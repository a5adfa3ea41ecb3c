"""PDF, minimal."""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.blocks import PageBuilder
from rag_infer.read.job import Opened
from rag_infer.types import Document


def read(file: Opened) -> Iterator[Document]:
    import pypdfium2 as pdfium

    data = file.data()
    pdf = None
    for password in (None, *file.options.passwords):
        try:
            pdf = pdfium.PdfDocument(data, password=password)
            break
        except pdfium.PdfiumError as error:
            if "password" not in str(error).lower():
                raise ReadError(f"it is no PDF or damaged ({error})") from error
    if pdf is None:
        raise PasswordError("it is encrypted", hint="give its password with --password")
    pages = []
    for number in range(len(pdf)):
        builder = PageBuilder()
        text = pdf[number].get_textpage().get_text_range()
        builder.add("paragraph", text.replace("\r\n", "\n"))
        note = None if builder else "no text layer: image only; install rag-infer[ocr]"
        pages.append(builder.page(number + 1, pdf.get_page_label(number) or None, note))
    yield Document(file.id, "pdf", file.sha256, tuple(pages))
