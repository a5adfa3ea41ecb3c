"""Mail: a message as a document, a mailbox as a document for each message.

Knows: MIME, through the standard library.
Does not know: what is in attachments; they are named.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Scalar

_SHOWN = ("From", "To", "Cc", "Date")
_LARGEST = 64 * 2**20  # a message of a mailbox


def read(file: OpenedFile) -> Iterator[Document]:
    """One document for an ``.eml`` file; for a mailbox one a message, ``box.mbox#3``."""
    if file.path.suffix.lower() != ".mbox":
        yield _document(file.id, file.sha256, file.data())
        return
    for number, message in enumerate(_messages(file), 1):
        digest = hashlib.sha256(message).hexdigest()
        yield _document(f"{file.id}#{number}", digest, message)


def _messages(file: OpenedFile) -> Iterator[bytes]:
    """The messages of a mailbox, one at a time: each begins with a line ``From ...``."""
    lines: list[bytes] = []
    size = 0
    with file.path.open("rb") as box:
        if box.read(5) != b"From ":
            raise ReadError("it is no mailbox")
        box.seek(0)
        blank = True
        for line in box:
            if blank and line.startswith(b"From "):
                if lines:
                    yield b"".join(lines)
                lines, size = [], 0
            else:
                size += len(line)
                if size > _LARGEST:
                    raise ReadError(f"a message of it is larger than {_LARGEST // 2**20} MB")
                lines.append(line[1:] if line.startswith(b">From ") else line)
            blank = not line.strip()
    if lines:
        yield b"".join(lines)


def _document(name: str, digest: str, data: bytes) -> Document:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    fields = {field: _field(message, field) for field in ("Subject", *_SHOWN)}
    if not any(fields.values()):
        raise ReadError("it is no mail: it has no headers")
    builder = PageBuilder()
    builder.add("heading", fields["Subject"], 1)
    builder.add(
        "paragraph", "\n".join(f"{field}: {fields[field]}" for field in _SHOWN if fields[field])
    )
    attached = _add_body(message, builder)
    if attached:
        builder.add("list", "\n".join(["Attachments:", *(f"- {name}" for name in attached)]))
    metadata: dict[str, Scalar] = {
        field.lower(): fields[field] for field in _SHOWN if fields[field]
    }
    title = fields["Subject"] or None
    return Document(name, "mail", digest, (builder.page(),), title=title, metadata=metadata)


def _field(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError):
        # The standard library's own parser stumbles over some headers; the raw words remain.
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(str(raw).split())


def _add_body(message: EmailMessage, builder: PageBuilder) -> list[str]:
    """Adds what the message says; gives the names of its attachments."""
    attached: list[str] = []
    plain: list[str] = []
    rich: list[str] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        name = part.get_filename()
        kind = part.get_content_type()
        if name or part.get_content_disposition() == "attachment":
            attached.append(" ".join(str(name or kind).split()))
        elif kind == "text/plain":
            plain.append(_text(part))
        elif kind == "text/html":
            rich.append(_text(part))
    said = "\n\n".join(plain)
    if said.strip() or not rich:
        for block in paragraphs(said):
            builder.add("paragraph", said[block.start : block.end])
        return attached
    from rag_infer.read.html_tree import add_content, tree_of

    for html in rich:
        if html.strip():
            add_content(tree_of(html), builder, framed=False)
    return attached


def _text(part: Any) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    try:
        return decode(payload, declared=charset).replace("\r\n", "\n")
    except (LookupError, ReadError):
        return payload.decode("latin-1").replace("\r\n", "\n")
