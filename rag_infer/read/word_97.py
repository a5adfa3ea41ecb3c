"""Word 97 to 2003 (DOC): made a DOCX by msdoc2docx, and read as that."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.docx import read_bytes
from rag_infer.read.models import OpenedFile
from rag_infer.types import Document

_RICH_TEXT = b"{\\rtf"
# Codes of the converter for text that it could not carry over.
_LOST_TEXT = frozenset(
    (
        "HEADER_FOOTER_TABLE_MALFORMED",
        "MAIN_TEXTBOX_TABLE_MALFORMED",
        "COMMENT_MARKER_MISSING_SKIPPED",
        "TABLE_DEPTH_LIMITED",
        "UNTERMINATED_FIELD",
    )
)


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page.

    Raises:
        PasswordError: It is encrypted, and no password of the options opens it.
        ReadError: It is damaged, or no Word file.
    """
    from doc2docx import convert
    from doc2docx.errors import Doc2DocxError, EncryptedDocumentError

    data = file.data()
    if data.lstrip().startswith(_RICH_TEXT):  # what many a program wrote as .doc
        from rag_infer.read import rich_text

        yield from rich_text.read(file)
        return
    if not data:
        raise ReadError("empty (0 bytes)")
    with tempfile.TemporaryDirectory(prefix="rag-doc-") as folder:
        source, converted = Path(folder) / "a.doc", Path(folder) / "a.docx"
        source.write_bytes(data)
        for password in (None, *file.options.passwords):
            try:
                report = convert(source, converted, password=password).report
                break
            except EncryptedDocumentError as error:
                failure = error
            except (Doc2DocxError, ArithmeticError, LookupError, ValueError, TypeError) as error:
                raise ReadError(f"damaged, or not a Word document ({_line(error)})") from error
        else:
            raise PasswordError("encrypted with a password", hint="give its password") from failure
        document = read_bytes(file, converted.read_bytes(), "doc")
    lost = [entry.message for entry in report.warnings if entry.code in _LOST_TEXT]
    if lost:
        page = document.pages[0]
        note = "; ".join(filter(None, (page.note, *dict.fromkeys(lost))))
        document = replace(document, pages=(replace(page, note=note[:400]),))
    yield document


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
