"""Opening a PDF with PDFium: passwords, damage, and what the file says about itself."""

from __future__ import annotations

import io
import re
import stringprep
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.encoding import UNWANTED, sniff_type
from rag_infer.types import Scalar

_MAX_OUTLINE_ENTRIES = 5_000
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_NO_TITLE = re.compile(
    r"\((?:anonymous|unspecified|untitled)\)$"
    r"|(?:untitled|anonymous$|microsoft (?:word|powerpoint)|slide \d|print|title)\b"
    r"|.*\.(?:docx?|pdf|indd|qxd|pptx?|xlsx?|tex|dvi|rtf|txt|fm|ai|p65)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of a file's outline; ``page`` counts from 0, ``level`` from 1."""

    title: str
    level: int
    page: int


def open_pdf(data: bytes, passwords: Sequence[str]) -> Any:
    """An open PdfDocument. The empty password is tried first.

    Raises PasswordError when none opens it, ReadError when it is no PDF or too damaged.
    """
    import pypdfium2

    error: Exception | None = None
    for password in (None, *_password_forms(passwords)):
        try:
            return pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError as failed:
            error = failed
            if "password" not in str(failed).lower():
                break
    if "password" in str(error).lower():
        if decrypted := _decrypted(data, passwords):
            return pypdfium2.PdfDocument(decrypted)
        reason = ", and none of the passwords opens it" if passwords else " with a password"
        raise PasswordError(f"encrypted{reason}", hint="pass its password")
    kind = sniff_type(data)
    if not data:
        raise ReadError("empty (0 bytes)")
    if kind != "a PDF" and b"%PDF-" not in data[:4096]:
        raise ReadError(f"not a PDF but {kind}" if kind else "not a PDF")
    raise ReadError("too damaged to read") from error


def _decrypted(data: bytes, passwords: Sequence[str]) -> bytes | None:
    """The file without its encryption, by pypdf, which knows some kinds that PDFium does not."""
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if not any(reader.decrypt(password) for password in _password_forms(passwords)):
            return None
        writer = pypdf.PdfWriter(clone_from=reader)
        decrypted = io.BytesIO()
        writer.write(decrypted)
    except Exception:  # it raises whatever a damaged file leads it into
        return None
    return decrypted.getvalue()


def _password_forms(passwords: Sequence[str]) -> Iterator[str]:
    """Each password as given and as PDF 2.0 wants it prepared (SASLprep, RFC 4013)."""
    for password in passwords:
        yield password
        mapped = [c for c in password if not stringprep.in_table_b1(c)]
        spaced = "".join(" " if stringprep.in_table_c12(c) else c for c in mapped)
        normalized = unicodedata.normalize("NFKC", spaced)
        if normalized != password:
            yield normalized


def outline(document: Any) -> list[OutlineEntry]:
    """The file's outline, as far as it points to pages."""
    entries = []
    try:
        for count, bookmark in enumerate(document.get_toc(max_depth=8)):
            if count >= _MAX_OUTLINE_ENTRIES:
                break
            target = bookmark.get_dest()
            page = target.get_index() if target is not None else None
            title = _clean(bookmark.get_title())
            if page is not None and title:
                entries.append(OutlineEntry(title, bookmark.level + 1, page))
    except Exception:  # noqa: S110 - a broken outline costs the outline
        pass
    return entries


def page_label_of(document: Any, index: int) -> str | None:
    """What is printed as the number of a page, where the file says so."""
    try:
        return _clean(document.get_page_label(index)) or None
    except Exception:
        return None


def document_info(document: Any) -> tuple[str | None, dict[str, Scalar]]:
    """The title, if it is one, and further metadata."""
    try:
        fields = {key: _clean(value) for key, value in document.get_metadata_dict().items()}
    except Exception:
        return None, {}
    metadata: dict[str, Scalar] = {
        name.lower(): fields[name] for name in ("Author", "Subject", "Keywords") if fields.get(name)
    }
    if match := _DATE.match(fields.get("CreationDate", "")):
        metadata["created"] = "-".join(filter(None, match.groups()))
    title = fields.get("Title", "")
    if not 4 <= len(title) <= 300 or _NO_TITLE.match(title) or not _LETTERS.search(title):
        return None, metadata
    return title, metadata


def _clean(text: str) -> str:
    return " ".join(UNWANTED.sub(" ", text).split())
