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
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


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
    return mapped


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
