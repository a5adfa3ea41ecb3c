"""Outlook messages (MSG): read as the mail that they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read import text
from rag_infer.read.mail import message_documents
from rag_infer.read.models import OpenedFile
from rag_infer.types import Document

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_DEPTH = 6  # of messages in messages
_EMBEDDED_HEADER_BYTES = 24  # MS-OXMSG 2.4.1.2
_EMBEDDED_STORAGE = "__substg1.0_3701000D"  # PidTagAttachDataObject
_PID_SENDER_NAME = 0x0C1A
_PID_RECIPIENT_TYPE = 0x0C15
_FIELDS = {1: "To", 2: "Cc", 3: "Bcc"}
_RTF_ONLY = "its text is stored as compressed RTF only, which is not read"


def read(file: OpenedFile) -> Iterator[Document]:
    """The message, then each attachment that can be read; other ``.msg`` files are plain text.

    Raises:
        ReadError: It is damaged.
    """
    from oxmsg import Message

    data = file.data()
    if not data:
        raise ReadError("empty (0 bytes)")
    if not data.startswith(_OLE):  # message definitions of ROS, message catalogs of Tcl
        yield from text.read(file)
        return
    try:
        message = Message.load(data)
        mail = _as_mail(message, 1)
        has_rtf_only = not (message.body or message.html_body) and _has_rtf(message)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ReadError(f"damaged, or not an Outlook message ({error})") from error
    except Exception as error:  # struct.error and what olefile finds
        raise ReadError(f"damaged ({type(error).__name__})") from error
    for number, document in enumerate(message_documents(file, file.id, file.sha256, mail)):
        if has_rtf_only and not number:
            pages = tuple(replace(page, note=_RTF_ONLY) for page in document.pages)
            yield replace(document, pages=pages)
        else:
            yield document


def _as_mail(message: Any, depth: int) -> EmailMessage:
    mail = EmailMessage()
    headers = message.message_headers
    _set(mail, "Subject", message.subject)
    _set(mail, "From", message.sender or message.properties.str_prop_value(_PID_SENDER_NAME))
    recipients: dict[str, list[str]] = {}
    for recipient in message.recipients:
        kind = _FIELDS.get(recipient.properties.int_prop_value(_PID_RECIPIENT_TYPE) or 1, "To")
        name, address = recipient.name, recipient.email_address
        shown = f"{name} <{address}>" if name and address and name != address else name or address
        recipients.setdefault(kind, []).append(shown)
    for field in ("To", "Cc"):
        _set(mail, field, ", ".join(recipients.get(field, ())) or headers.get(field))
    date = message.sent_date
    _set(mail, "Date", format_datetime(date) if date is not None else headers.get("Date"))
    if body := message.body:
        mail.set_content(_clean(body))
    if html := message.html_body:
        if body:
            mail.add_alternative(_clean(html), subtype="html")
        else:
            mail.set_content(_clean(html), subtype="html")
    for attachment in message.attachments:
        _attach(mail, attachment, depth)
    return mail


def _attach(mail: EmailMessage, attachment: Any, depth: int) -> None:
    name = _line(attachment.file_name) or "attachment"
    inner = next((s for s in attachment._storage.storages if s.name == _EMBEDDED_STORAGE), None)
    if inner is not None:
        if depth < _MAX_DEPTH:
            mail.add_attachment(_as_mail(_embedded(inner), depth + 1))
        return
    content = attachment.file_bytes
    if content is not None:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)


def _embedded(storage: Any) -> Any:
    """A message in a message; the header of its properties is shorter."""
    from oxmsg import Message
    from oxmsg.properties import Properties

    class Embedded(Message):
        @property
        def properties(self) -> Properties:
            return Properties(self._storage, properties_header_offset=_EMBEDDED_HEADER_BYTES)

    return Embedded(storage)


def _has_rtf(message: Any) -> bool:
    from oxmsg.domain.constants import PID_RTF_COMPRESSED

    return bool(message.properties.binary_prop_value(PID_RTF_COMPRESSED))


def _set(mail: EmailMessage, name: str, value: Any) -> None:
    if line := _line(value):
        mail[name] = line


def _line(value: Any) -> str:
    return " ".join(_clean(str(value or "")).split())


def _clean(content: str) -> str:
    """Text that a mail can hold: no lone surrogates, no NUL."""
    return content.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
