"""Several arrays in one file, memory-mapped: what a segment holds as numbers.

Layout, all little-endian: 64 bytes of header (magic, version, where the table is, its SHA-256),
the arrays, each at a multiple of 64 bytes, and at the end the table, as JSON: for each name its
offset, bytes, dtype, shape and SHA-256. There is no pickle, and no dtype but plain numbers.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_infer.index import durable_io
from rag_infer.index.mapped_file import map_file

Array = npt.NDArray[Any]

_MAGIC = b"RAGARRAY"
_VERSION = 1
_HEADER = struct.Struct("<8sI4xQQ32s")  # magic, version, table offset, table bytes, its SHA-256
_ALIGNMENT = 64
_MAX_TABLE_BYTES = 1_000_000
_SPOOL_BYTES = 1 << 24  # a multiple of every number's size
_DTYPES = frozenset(("|u1", "<u2", "<u4", "<u8", "<i8", "<f4"))


@dataclass(frozen=True, slots=True)
class ArrayEntry:
    """Where an array lies in the file, what it is, and the hash of its bytes."""

    offset: int
    bytes: int
    dtype: str
    shape: tuple[int, ...]
    sha256: str


class ArrayFile(Mapping[str, Array]):
    """The arrays of a file by name, as views of mapped memory; none is read before it is used.

    Raises OSError when the file cannot be mapped, ValueError when it is not such a file.
    """

    def __init__(self, path: Path) -> None:
        self._bytes = map_file(path)
        self.entries = _entries(self._bytes)

    def __getitem__(self, name: str) -> Array:
        entry = self.entries[name]
        content = self._bytes[entry.offset : entry.offset + entry.bytes]
        return content.view(entry.dtype).reshape(entry.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def damaged(self) -> list[str]:
        """The names of the arrays whose content does not have its hash; reads all of them."""
        return [
            name
            for name, entry in self.entries.items()
            if hashlib.sha256(self[name].tobytes()).hexdigest() != entry.sha256
        ]


class ArrayFileWriter:
    """Writes a file of arrays, one after the other. It is an array file only after ``close``."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._file = durable_io.create(path)
        self._file.write(b"\0" * _HEADER.size)
        self._entries: dict[str, ArrayEntry] = {}

    def add(self, name: str, array: Array) -> None:
        """Writes a whole array."""
        with self.rows(name, array.dtype, array.shape[1:]) as rows:
            rows.write(array)

    def rows(self, name: str, dtype: npt.DTypeLike, row_shape: tuple[int, ...] = ()) -> RowWriter:
        """Begins an array whose number of rows is known only when it is closed."""
        self._align()
        return RowWriter(self, name, np.dtype(dtype).newbyteorder("<"), row_shape)

    def spooled(self, name: str, dtype: npt.DTypeLike) -> SpooledRows:
        """Begins an array of plain numbers that may grow beside others; it is written when it is
        closed.
        """
        return SpooledRows(self, name, np.dtype(dtype).newbyteorder("<"))

    def close(self) -> None:
        """Writes the table and makes the file durable."""
        self._align()
        table = json.dumps({name: asdict(entry) for name, entry in self._entries.items()}).encode()
        offset = self._file.tell()
        self._file.write(table)
        self._file.seek(0)
        digest = hashlib.sha256(table).digest()
        self._file.write(_HEADER.pack(_MAGIC, _VERSION, offset, len(table), digest))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Closes the file unfinished."""
        self._file.close()

    def _align(self) -> None:
        self._file.write(b"\0" * (-self._file.tell() % _ALIGNMENT))


class RowWriter:
    """An array that grows by rows; ``close`` enters it into the table of its file."""

    def __init__(
        self, file: ArrayFileWriter, name: str, dtype: np.dtype[Any], row_shape: tuple[int, ...]
    ) -> None:
        self._target = file
        self._name = name
        self._dtype = dtype
        self._row_shape = row_shape
        self._offset = file._file.tell()
        self._rows = 0
        self._hash = hashlib.sha256()

    def write(self, rows: Array) -> None:
        """Appends rows."""
        content = np.ascontiguousarray(rows, dtype=self._dtype)
        data = content.reshape(-1).view(np.uint8).data
        self._target._file.write(data)
        self._hash.update(data)
        self._rows += len(content)

    def close(self) -> None:
        """Ends the array."""
        shape = (self._rows, *self._row_shape)
        self._target._entries[self._name] = ArrayEntry(
            self._offset,
            math.prod(shape) * self._dtype.itemsize,
            self._dtype.str,
            shape,
            self._hash.hexdigest(),
        )

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SpooledRows:
    """An array that is gathered in a file without a name, then written into an array file."""

    def __init__(self, target: ArrayFileWriter, name: str, dtype: np.dtype[Any]) -> None:
        self._target = target
        self._name = name
        self._dtype = dtype
        self._spool = tempfile.TemporaryFile(dir=target._folder)  # noqa: SIM115 - closed by close

    def write(self, rows: Array) -> None:
        """Appends numbers."""
        self._spool.write(np.ascontiguousarray(rows, dtype=self._dtype).view(np.uint8).data)

    def close(self) -> None:
        """Ends the array."""
        self._spool.seek(0)
        with self._spool as spool, self._target.rows(self._name, self._dtype) as rows:
            while content := spool.read(_SPOOL_BYTES):
                rows.write(np.frombuffer(content, dtype=self._dtype))

    def __enter__(self) -> SpooledRows:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._spool.close()


def _entries(content: npt.NDArray[np.uint8]) -> dict[str, ArrayEntry]:
    """The table of a file, with every bound checked: the file may be a stranger's."""
    if len(content) < _HEADER.size:
        raise ValueError("is no array file")
    magic, version, offset, length, digest = _HEADER.unpack(content[: _HEADER.size].tobytes())
    if magic != _MAGIC or version != _VERSION:
        raise ValueError("is no array file of this version")
    if length > _MAX_TABLE_BYTES or offset + length > len(content):
        raise ValueError("has its table out of bounds")
    table = content[offset : offset + length].tobytes()
    if hashlib.sha256(table).digest() != digest:
        raise ValueError("has a damaged table")
    try:
        return {str(n): _entry(values, offset) for n, values in json.loads(table).items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"has a table that is not as written ({error})") from error


def _entry(values: Mapping[str, Any], end: int) -> ArrayEntry:
    shape = tuple(int(n) for n in values["shape"])
    entry = ArrayEntry(
        int(values["offset"]), int(values["bytes"]), str(values["dtype"]), shape,
        str(values["sha256"]),
    )  # fmt: skip
    if entry.dtype not in _DTYPES or not shape or min(shape) < 0:
        raise ValueError("has an array of another kind")
    if entry.bytes != math.prod(shape) * np.dtype(entry.dtype).itemsize:
        raise ValueError("has an array whose size is not that of its shape")
    if entry.offset % _ALIGNMENT or not _HEADER.size <= entry.offset <= end - entry.bytes:
        raise ValueError("has an array out of bounds")
    return entry
