"""A fetched page as a file: under which extension a reader takes it, and in which encoding."""

from __future__ import annotations

import codecs
import mimetypes
import os
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

from rag_infer.crawl.addresses import WebAddress
from rag_infer.read.content_type import extension_of_content
from rag_infer.read.registry import extension_of

# What says little: the name in the address, or the content itself, says more.
_VAGUE_TYPES = frozenset(
    ("", "application/octet-stream", "binary/octet-stream", "text/plain", "application/zip",
     "application/xml", "text/xml", "application/x-download", "application/force-download")
)  # fmt: skip
_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "application/json": ".json",
    "application/ld+json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/yaml": ".yaml",
    "text/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "message/rfc822": ".eml",
    "application/mbox": ".mbox",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "application/zip": ".zip",
    "application/epub+zip": ".epub",
    "application/x-ipynb+json": ".ipynb",
    "application/vnd.ms-outlook": ".msg",
    "text/x-python": ".py",
    "text/javascript": ".js",
    "application/javascript": ".js",
    "text/css": ".css",
}
_TRANSCODED = frozenset((".html", ".txt", ".md", ".csv", ".tsv", ".xml"))


def file_extension(address: WebAddress, headers: Mapping[str, str], body: bytes) -> str | None:
    """The extension under which a page is read; None where there is no reader for it.

    The type that the server names counts, unless it names none or a vague one: then the name in
    the address or in ``Content-Disposition`` does, then how the content begins.
    """
    content_type = _message(headers).get_content_type() if "content-type" in headers else ""
    named = [_file_name(headers), PurePosixPath(address.path).name]
    by_name = next((e for name in named if name and (e := extension_of(name))), None)
    by_type = _TYPES.get(content_type) or mimetypes.guess_extension(content_type)
    if content_type in _VAGUE_TYPES:
        # An address like /page.php names the program that made a page.
        extension = by_name if content_type else None
        extension = extension or _by_content(body) or by_type or by_name
    else:
        extension = by_type or by_name
    return extension if extension and extension_of(f"page{extension}") else None


def _by_content(body: bytes) -> str | None:
    extension = extension_of_content(body)
    return None if extension == ".txt" else extension


def saved_page(
    folder: Path, number: int, extension: str, headers: Mapping[str, str], body: bytes
) -> Path:
    """Writes a page into a folder, in UTF-8 where the server said in which encoding it is.

    The time of the file is the page's ``Last-Modified``, which dates the document.
    """
    charset = _message(headers).get_content_charset()
    path = folder / f"{number}{extension}"
    path.write_bytes(_in_utf8(body, charset) if extension in _TRANSCODED else body)
    with suppress(ValueError, TypeError, OverflowError, OSError):
        modified = parsedate_to_datetime(headers.get("last-modified", "")).timestamp()
        os.utime(path, (modified, modified))
    return path


def _in_utf8(body: bytes, charset: str | None) -> bytes:
    """The body with a byte order mark; as it is where its encoding is not as declared."""
    if charset is None or body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE)):
        return body
    try:
        name = codecs.lookup(charset).name
        # Browsers read what says it is Latin-1 as Windows-1252, and so must we.
        text = body.decode("cp1252" if name in ("iso8859-1", "ascii") else name)
    except (LookupError, UnicodeError):
        return body
    return body if name == "utf-8" else codecs.BOM_UTF8 + text.encode("utf-8", "replace")


def _message(headers: Mapping[str, str]) -> Message:
    message = Message()
    message["Content-Type"] = headers.get("content-type", "application/octet-stream")[:500]
    if "content-disposition" in headers:
        message["Content-Disposition"] = headers["content-disposition"][:500]
    return message


def _file_name(headers: Mapping[str, str]) -> str:
    try:
        return PurePosixPath(str(_message(headers).get_filename() or "")).name
    except (ValueError, LookupError):
        return ""
