"""Mail: a message as a document, a mailbox as a document for each message."""

from __future__ import annotations

import email
import email.policy
import hashlib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.calendar_events import event_lines
from rag_infer.read.encoding import decode
from rag_infer.read.html_tree import add_content, tree_of
from rag_infer.read.members import read_member
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Scalar

_HEADER_FIELDS = ("From", "To", "Cc", "Date")
_MAX_ATTACHMENTS = 100
_MAX_FORWARD_DEPTH = 6
_MAX_STUB_CHARS = 300
_MAX_MESSAGE_BYTES = 64 * 2**20  # a message of a mailbox


def read(file: OpenedFile) -> Iterator[Document]:
    """One document for an ``.eml`` file; for a mailbox one a message, ``box.mbox#3``."""
    if file.path.suffix.lower() != ".mbox":
        yield from _documents(file, file.id, file.sha256, file.data())
        return
    for number, message in enumerate(_messages(file), 1):
        digest = hashlib.sha256(message).hexdigest()
        yield from _documents(file, f"{file.id}#{number}", digest, message)


def _messages(file: OpenedFile) -> Iterator[bytes]:
    """The messages of a mailbox, one at a time: each begins with a line ``From ...``."""
    lines: list[bytes] = []
    size = 0
    with file.path.open("rb") as mailbox:
        if mailbox.read(5) != b"From ":
            raise ReadError("not a mailbox: its first line does not begin with 'From '")
        mailbox.seek(0)
        after_blank = True
        for line in mailbox:
            if after_blank and line.startswith(b"From "):
                if lines:
                    yield b"".join(lines)
                lines, size = [], 0
            else:
                size += len(line)
                if size > _MAX_MESSAGE_BYTES:
                    raise ReadError(
                        f"a message of it is larger than {_MAX_MESSAGE_BYTES // 2**20} MB"
                    )
                lines.append(line[1:] if line.startswith(b">From ") else line)
            after_blank = not line.strip()
    if lines:
        yield b"".join(lines)


def _documents(file: OpenedFile, name: str, digest: str, data: bytes) -> Iterator[Document]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    yield from message_documents(file, name, digest, message)


def message_documents(
    file: OpenedFile, name: str, digest: str, message: EmailMessage
) -> Iterator[Document]:
    """A message, then each of its attachments that can be read, under the message's name.

    Args:
        file: The file that it is in.
        name: The id of its document.
        digest: The sha256 of its bytes.
        message: The message.

    Raises:
        ReadError: It has no headers.
    """
    fields = _fields(message)
    if not any(fields.values()):
        raise ReadError("not a mail message (no headers)")
    builder = PageBuilder()
    attachments: list[Any] = []
    notes: list[str] = []
    _add_message(message, builder, attachments, notes, 1)
    if attachments:
        names = [f"- {_attachment_name(part)}" for part in attachments]
        builder.add("list", "\n".join(["Attachments:", *names]))
    metadata: dict[str, Scalar] = {
        field.lower(): fields[field] for field in _HEADER_FIELDS if fields[field]
    }
    title = fields["Subject"] or None
    page = builder.page(note="; ".join(notes) or None)
    yield Document(name, "mail", digest, (page,), title=title, metadata=metadata)
    for number, part in enumerate(attachments[:_MAX_ATTACHMENTS], 1):
        filename, content = _attachment_name(part), part.get_payload(decode=True)
        if isinstance(content, bytes):
            member = f"{name}#{number}-{filename}"
            yield from read_member(file, member, filename, content, "attachment")


def _fields(message: EmailMessage) -> dict[str, str]:
    return {field: _field(message, field) for field in ("Subject", *_HEADER_FIELDS)}


def _add_message(
    message: EmailMessage,
    builder: PageBuilder,
    attachments: list[Any],
    notes: list[str],
    level: int,
) -> None:
    """Adds a message with its headers; a forwarded one inside it gets its own."""
    fields = _fields(message)
    builder.add("heading", fields["Subject"], level)
    builder.add(
        "paragraph",
        "\n".join(f"{field}: {fields[field]}" for field in _HEADER_FIELDS if fields[field]),
    )
    forwarded = _add_body(message, builder, attachments, notes)
    for inner in forwarded if level < _MAX_FORWARD_DEPTH else ():
        _add_message(inner, builder, attachments, notes, level + 1)


def _attachment_name(part: Any) -> str:
    return " ".join(str(part.get_filename() or part.get_content_type()).split())


def _field(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError):
        # The standard library's own parser stumbles over some headers; the raw words remain.
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return " ".join(str(raw).split())


def _add_body(
    message: EmailMessage, builder: PageBuilder, attachments: list[Any], notes: list[str]
) -> list[EmailMessage]:
    """Adds what the message says; gives the messages that it forwards.

    Attachments, and notes of what was left out, go to the lists for them.
    """
    plain_parts: list[str] = []
    html_parts: list[str] = []
    forwarded: list[EmailMessage] = []
    for part in _parts(message):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            forwarded += [p for p in part.get_payload() if isinstance(p, EmailMessage)]
        elif kind == "text/calendar":
            for lines in event_lines(_text(part)):
                builder.add("paragraph", "\n".join(lines))
        elif part.get_filename() or part.get_content_disposition() == "attachment":
            attachments.append(part)
        elif kind == "text/plain":
            plain_parts.append(_text(part))
        elif kind == "text/html":
            html_parts.append(_text(part))
    body = "\n\n".join(plain_parts)
    rich = PageBuilder()
    rich_notes = [
        add_content(tree_of(html), rich, has_boilerplate=False)
        for html in html_parts
        if html.strip()
    ]
    # Beside a stub ("this message needs a client that shows HTML") the HTML is what was written.
    is_stub = len(body.strip()) < _MAX_STUB_CHARS and 2 * len(rich.page().text) > len(body.strip())
    if rich and (not body.strip() or is_stub):
        builder.extend(rich.page())
        notes += filter(None, rich_notes)
    else:
        for block in paragraphs(body):
            builder.add("paragraph", body[block.start : block.end])
    return forwarded


def _parts(message: Any) -> Iterator[Any]:
    """The parts of a message, without those of the messages in it."""
    if message.get_content_type() == "message/rfc822" or not message.is_multipart():
        yield message
        return
    for part in message.iter_parts():
        yield from _parts(part)


def _text(part: Any) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    try:
        return decode(payload, declared=charset).replace("\r\n", "\n")
    except (LookupError, ReadError):
        return payload.decode("latin-1").replace("\r\n", "\n")
