"""A file as memory, without a descriptor that stays open.

``mmap`` of Python before 3.13 keeps a copy of the descriptor as long as the memory is mapped, so
that an index of many segments ran out of them. The system needs none: what is mapped stays, even
when the file is removed.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

_RUN_BYTES = 1 << 24
_mapped: dict[int, int] = {}  # where in memory a file is mapped, and how much of it


def map_file(path: Path) -> Bytes:
    """All bytes of a file, read only. The mapping ends with the last array that refers to it.

    Raises:
        OSError: The file cannot be opened or mapped.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        buffer = _mapping(descriptor, size) if size else b""
    finally:
        os.close(descriptor)
    mapped = np.frombuffer(buffer, dtype=np.uint8)
    mapped.flags.writeable = False
    if size:
        address = mapped.ctypes.data
        _mapped[address] = size
        weakref.finalize(buffer, _mapped.pop, address, None).atexit = False
    return mapped


def release(array: npt.NDArray[Any]) -> None:
    """Takes the pages of a mapped array out of this process's memory, after it was read once.

    They are read again when they are used again. Nothing happens to an array that is not mapped,
    and where the system has no such call.

    Args:
        array: An array in one piece, such as a run of rows of an array in a mapped file.
    """
    if os.name != "posix":
        return
    page = mmap.PAGESIZE
    start, end = array.ctypes.data, array.ctypes.data + array.nbytes
    first = -(-start // page) * page  # whole pages only: the others are its neighbors' too
    size = end // page * page - first
    # Memory that is no file's would be lost.
    is_mapped = any(at <= start and end <= at + length for at, length in list(_mapped.items()))
    if is_mapped and size > 0:
        _system().madvise(first, size, mmap.MADV_DONTNEED)


def read_once(array: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Runs of the rows of an array that may be larger than memory, each released after its use.

    Args:
        array: An array in one piece.

    Yields:
        The number of the first row of each run, and the run.
    """
    rows = max(1, _RUN_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        run = array[start : start + rows]
        yield start, run
        release(run)


def _mapping(descriptor: int, size: int) -> Any:
    if sys.version_info >= (3, 13):
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ, trackfd=False)
    if os.name != "posix":
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)
    return _posix_mapping(descriptor, size)


@functools.cache
def _system() -> Any:
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    system.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    system.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return system


def _posix_mapping(descriptor: int, size: int) -> Any:
    system = _system()
    address = system.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if address == ctypes.c_void_p(-1).value:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    buffer = (ctypes.c_uint8 * size).from_address(address)
    # Arrays refer to the buffer, so it goes with the last of them; at exit the system unmaps.
    weakref.finalize(buffer, system.munmap, address, size).atexit = False
    return buffer
