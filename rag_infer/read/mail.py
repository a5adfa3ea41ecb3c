"""Mail: a message as a document, a mailbox as a document for each message."""

from __future__ import annotations

import email
import email.policy
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.calendar_events import event_lines
from rag_infer.read.encoding import decode
from rag_infer.read.html_tree import add_content, tree_of
from rag_infer.read.members import read_member
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.registry import extension_of
from rag_infer.read.text import paragraphs
from rag_infer.read.tnef import is_tnef, tnef_attachments
from rag_infer.types import Document, Page, Scalar

# The line between messages of a mailbox has a sender and a time, or a header follows it: "From "
# may begin a sentence.
_HEADER_LINE = re.compile(rb"[!-9;-~]+:[ \t]*\S")
_FROM_LINE = re.compile(rb"From (?:\S+@\S+\s*$|(?=.*\d\d:\d\d)(?=.*\d{4}))")
_HEADER_FIELDS = ("From", "To", "Cc", "Date")
# Parts that say nothing to a person: signatures, reports of delivery.
_SIGNS = ("message/", "application/pgp-", "application/pkcs7-", "application/x-pkcs7-")
_MAX_ATTACHMENTS = 100
_MAX_FORWARD_DEPTH = 6
_MAX_STUB_CHARS = 300
Attachment = tuple[str, bytes]  # its name and its bytes
_MAX_MESSAGE_BYTES = 64 * 2**20  # a message of a mailbox


def read(file: OpenedFile) -> Iterator[Document]:
    """One document for an ``.eml`` file; for a mailbox one a message, ``box.mbox#3``."""
    if file.path.suffix.lower() != ".mbox":
        yield from _documents(file, file.id, file.sha256, file.data())
        return
    for number, message in enumerate(_messages(file), 1):
        digest = hashlib.sha256(message).hexdigest()
        name = f"{file.id}#{number}"
        try:
            yield from _documents(file, name, digest, message)
        except ReadError as error:
            note = Page(1, "", note=f"message {number} cannot be read: {error.what}")
            yield Document(name, "mail", digest, (note,))


def _messages(file: OpenedFile) -> Iterator[bytes]:
    """The messages of a mailbox, one at a time: each begins with a line ``From ...``."""
    lines: list[bytes] = []
    size = 0
    with file.path.open("rb") as mailbox:
        if mailbox.read(5) != b"From ":
            raise ReadError("not a mailbox: its first line does not begin with 'From '")
        mailbox.seek(0)
        after_blank = True
        for line, following in _with_following(mailbox):
            is_start = _FROM_LINE.match(line) or _HEADER_LINE.match(following)
            if after_blank and line.startswith(b"From ") and is_start:
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


def _with_following(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each line and the one after it."""
    before: bytes | None = None
    for line in lines:
        if before is not None:
            yield before, line
        before = line
    if before is not None:
        yield before, b""


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
    attachments: list[Attachment] = []
    notes: list[str] = []
    _add_message(message, builder, attachments, notes, 1)
    if attachments:
        names = [f"- {name}" for name, _ in attachments]
        builder.add("list", "\n".join(["Attachments:", *names]))
        unread = [name for name, _ in attachments if extension_of(name) is None]
        if unread:
            notes.append(f"attachments without a reader: {', '.join(unread)}")
    metadata: dict[str, Scalar] = {
        field.lower(): fields[field] for field in _HEADER_FIELDS if fields[field]
    }
    title = fields["Subject"] or None
    page = builder.page(note="; ".join(notes) or None)
    yield Document(name, "mail", digest, (page,), title=title, metadata=metadata)
    for number, (filename, content) in enumerate(attachments[:_MAX_ATTACHMENTS], 1):
        member = f"{name}#{number}-{filename}"
        yield from read_member(file, member, filename, content, "attachment")


def _fields(message: EmailMessage) -> dict[str, str]:
    return {field: _field(message, field) for field in ("Subject", *_HEADER_FIELDS)}


def _add_message(
    message: EmailMessage,
    builder: PageBuilder,
    attachments: list[Attachment],
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


def _attached(part: Any) -> list[Attachment]:
    """What a part attaches; several files where Outlook packed them into one."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        content = b""
    if is_tnef(content) and (files := list(tnef_attachments(content))):
        return [(" ".join(name.split()) or "attachment", data) for name, data in files]
    kind = part.get_content_type()
    name = " ".join(str(part.get_filename() or "").split())
    extension = mimetypes.guess_extension(kind)
    return [(name or (f"attachment{extension}" if extension else kind), content)]


def _field(message: EmailMessage, name: str) -> str:
    raw = next((str(v) for key, v in message.raw_items() if key.lower() == name.lower()), "")
    try:
        raw.encode()
    except UnicodeEncodeError:  # bytes that a header must not have, but some programs write
        with suppress(ReadError):
            return " ".join(decode(raw.encode("utf-8", "surrogateescape")).split())
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError):
        # The standard library's own parser stumbles over some headers; the raw words remain.
        return " ".join(raw.split())


def _add_body(
    message: EmailMessage, builder: PageBuilder, attachments: list[Attachment], notes: list[str]
) -> list[EmailMessage]:
    """Adds what the message says; gives the messages that it forwards.

    Attachments, and notes of what was left out, go to the lists for them.
    """
    plain_parts: list[str] = []
    html_parts: list[str] = []
    further_parts: list[str] = []  # beside a body in two forms, or of another kind
    forwarded: list[EmailMessage] = []
    parts = list(_parts(message, False))
    has_forms = any(is_form for _, is_form in parts)
    for part, is_form in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            forwarded += [p for p in part.get_payload() if isinstance(p, EmailMessage)]
        elif kind == "text/calendar":
            for lines in event_lines(_text(part)):
                builder.add("paragraph", "\n".join(lines))
        elif part.get_filename() or part.get_content_disposition() == "attachment":
            attachments += _attached(part)
        elif kind == "text/html":
            html_parts.append(_text(part))
        elif kind == "text/plain" and (is_form or not has_forms):
            plain_parts.append(_text(part))
        elif kind.startswith("text/"):
            further_parts.append(_text(part))
        elif not kind.startswith(_SIGNS):
            attachments += _attached(part)
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
        _add_paragraphs(body, builder)
    for text in further_parts:
        _add_paragraphs(text, builder)
    return forwarded


def _add_paragraphs(text: str, builder: PageBuilder) -> None:
    for block in paragraphs(text):
        builder.add("paragraph", text[block.start : block.end])


def _parts(message: Any, is_form: bool) -> Iterator[tuple[Any, bool]]:
    """The parts of a message, without those of the messages in it.

    Beside each, whether it is one of several forms of the same words.
    """
    kind = message.get_content_type()
    if kind == "message/rfc822" or not message.is_multipart():
        yield message, is_form
        return
    for part in message.iter_parts():
        yield from _parts(part, is_form or kind == "multipart/alternative")


def _text(part: Any) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    try:
        return decode(payload, declared=charset).replace("\r\n", "\n")
    except (LookupError, ReadError):
        return payload.decode("latin-1").replace("\r\n", "\n")
