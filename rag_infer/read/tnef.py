"""The attachments in a ``winmail.dat``, into which Outlook may pack those of a mail (TNEF)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from rag_infer.read.encoding import decode

_SIGNATURE = 0x223E9F78
_ATTACHMENT_BEGINS = 0x9002
_TITLE = 0x8010
_DATA = 0x800F
_HEADER = struct.Struct("<BIL")  # level, attribute, length
_CHECKSUM_BYTES = 2


def is_tnef(content: bytes) -> bool:
    """Whether bytes begin as a ``winmail.dat`` does."""
    return len(content) > 6 and struct.unpack_from("<L", content)[0] == _SIGNATURE


def tnef_attachments(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each attachment; what is cut off ends it.

    Args:
        content: The bytes of a ``winmail.dat``.
    """
    title, data = "", b""
    for attribute, value in _attributes(content):
        if attribute == _ATTACHMENT_BEGINS:
            if data:
                yield title, data
            title, data = "", b""
        elif attribute == _TITLE:
            title = decode(value.rstrip(b"\0"))
        elif attribute == _DATA:
            data = value
    if data:
        yield title, data


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6  # behind the signature and a key
    while position + _HEADER.size <= len(content):
        _, attribute, length = _HEADER.unpack_from(content, position)
        position += _HEADER.size
        if position + length > len(content):
            return
        yield attribute & 0xFFFF, content[position : position + length]
        position += length + _CHECKSUM_BYTES
