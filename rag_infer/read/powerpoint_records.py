"""The records of a PowerPoint 97 to 2003 file: a tree of atoms and containers.

After [MS-PPT] and [MS-ODRAW]: every record has eight bytes of header, an instance and a version, a
type and a length; version 15 means that it contains others.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = struct.Struct("<HHI")
_MAX_DEPTH = 40

DOCUMENT, SLIDE, NOTES = 0x03E8, 0x03EE, 0x03F0
SLIDE_LIST, SLIDE_PERSIST, SLIDE_INFO, NOTES_ATOM = 0x0FF0, 0x03F3, 0x03F9, 0x03F1
USER_EDIT, PERSIST_DIRECTORY = 0x0FF5, 0x1772
TEXT_HEADER, TEXT_CHARS, TEXT_BYTES, OUTLINE_REFERENCE = 0x0F9F, 0x0FA0, 0x0FA8, 0x0F9E
DRAWING, GROUP, SHAPE, CHILD_ANCHOR, TEXT_BOX = 0x040C, 0xF003, 0xF004, 0xF00F, 0xF00D


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        type: What it is, as above.
        instance: A number that tells records of a type apart.
        data: The bytes of the stream that it is in.
        start: Where its content begins in them.
        end: Where that ends.
        is_container: Whether its content are records.
    """

    type: int
    instance: int
    data: bytes
    start: int
    end: int
    is_container: bool

    @property
    def content(self) -> bytes:
        """Its content."""
        return self.data[self.start : self.end]

    def children(self) -> Iterator[Record]:
        """The records in it, in order."""
        return records(self.data, self.start, self.end) if self.is_container else iter(())

    def walk(self, depth: int = 0) -> Iterator[Record]:
        """It and all records in it, outermost first."""
        yield self
        if depth < _MAX_DEPTH:
            for child in self.children():
                yield from child.walk(depth + 1)

    def first(self, record_type: int) -> Record | None:
        """The first of the records right in it of that type."""
        return next((child for child in self.children() if child.type == record_type), None)


def record_at(data: bytes, offset: int) -> Record | None:
    """The record that begins at an offset; None for one that does not fit."""
    return next(records(data, offset, len(data)), None)


def records(data: bytes, start: int, end: int) -> Iterator[Record]:
    """The records between two offsets; it stops at one that does not fit."""
    while 0 <= start <= end - _HEADER.size:
        version, record_type, length = _HEADER.unpack_from(data, start)
        start += _HEADER.size
        if length > end - start:
            return
        is_container = version & 0xF == 0xF
        yield Record(record_type, version >> 4, data, start, start + length, is_container)
        start += length
