"""Calendars (ICS) and address books (VCF): each event, task and person as a paragraph."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

from rag_infer.errors import ReadError
from rag_infer.read.calendar_events import event_lines
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Document

_FOLD = re.compile(r"\r?\n[ \t]|=\r?\n")
_PROPERTY = re.compile(r"(?:[\w-]+\.)?([A-Za-z-]+)((?:;[^:\n]*)?):(.*)")
_LABELS = {
    "FN": "Name", "ORG": "Organization", "TITLE": "Title", "ROLE": "Role", "TEL": "Telephone",
    "EMAIL": "E-mail", "ADR": "Address", "BDAY": "Birthday", "URL": "Web", "NOTE": "Note",
}  # fmt: skip
_ESCAPE = re.compile(r"\\([nN,;:\\])")


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page. Raises ReadError where there is nothing of the kind in it."""
    text = decode(file.data())
    is_contacts = file.path.suffix.lower() == ".vcf"
    builder = PageBuilder()
    for lines in contact_lines(text) if is_contacts else event_lines(text):
        builder.add("paragraph", "\n".join(lines))
    if not builder:
        raise ReadError(f"there are no {'contacts' if is_contacts else 'events'} in it")
    kind = "contacts" if is_contacts else "calendar"
    yield Document(file.id, kind, file.sha256, (builder.page(),))


def contact_lines(text: str) -> list[list[str]]:
    """The people of an address book (RFC 6350), each as ``Label: value`` lines, the name first."""
    contacts: list[list[str]] = []
    current: list[str] | None = None
    for line in _FOLD.sub("", text).splitlines():
        match = _PROPERTY.match(line.strip())
        if match is None:
            continue
        name, parameters, value = match[1].upper(), match[2].upper(), match[3].strip()
        if name == "BEGIN" and value.upper() == "VCARD":
            current = []
        elif name == "END" and value.upper() == "VCARD" and current is not None:
            if current:
                contacts.append(sorted(current, key=lambda text: not text.startswith("Name: ")))
            current = None
        elif current is not None and name in _LABELS and value:
            if "QUOTED-PRINTABLE" in parameters:
                value = decode(quopri.decodestring(value.encode("latin-1", "replace")))
            current.append(f"{_LABELS[name]}: {_value(name, value)}")
    return contacts


def _value(name: str, value: str) -> str:
    if name in ("ADR", "ORG"):
        parts = (part.strip() for part in re.split(r"(?<!\\);", value))
        value = ", ".join(part for part in parts if part)
    value = _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return " ".join(value.removeprefix("tel:").removeprefix("mailto:").split())
