"""What format bytes without a name have, by how they begin: what is piped into a command."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress

_HEAD_BYTES = 4096
# A page begins with its doctype or root, a piece of one with an element that prose does not hold.
_HTML = re.compile(
    rb"(?:<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->|\s)*+"
    rb"<(?:!doctype\s+html|(?:html|head|body|title|meta|link|article|main|section|header|nav|div|"
    rb"table|h[1-6]|p|ul|ol|dl)(?:\s[^<>]*)?/?>)",
    re.IGNORECASE | re.DOTALL,
)
_BYTE_ORDER_MARKS = b"\xef\xbb\xbf\xff\xfe"
_OFFICE_FOLDERS = (("word/", ".docx"), ("xl/", ".xlsx"), ("ppt/", ".pptx"))


def extension_of_content(data: bytes) -> str:
    """The extension under which the bytes are read; ``.txt`` for all that no format is known of."""
    if b"%PDF-" in data[:1024]:
        return ".pdf"
    if data.startswith(b"{\\rtf"):
        return ".rtf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_extension(data)
    # UTF-16 has a zero beside each letter.
    head = data[:_HEAD_BYTES].lstrip(_BYTE_ORDER_MARKS).replace(b"\0", b"")
    return ".html" if _HTML.match(head) else ".txt"


def _zip_extension(data: bytes) -> str:
    names: list[str] = []
    with suppress(zipfile.BadZipFile):
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    for folder, extension in _OFFICE_FOLDERS:
        if any(name.startswith(folder) for name in names):
            return extension
    return ".zip"
