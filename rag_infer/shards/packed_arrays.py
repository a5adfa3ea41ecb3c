"""Arrays in JSON: plain little-endian numbers in base64, checked when they are read."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np
import numpy.typing as npt


def pack(array: npt.NDArray[Any], dtype: str) -> str:
    """A flat array as text.

    Args:
        array: (n,) numbers that the type can hold.
        dtype: ``<f4`` or ``<u4``.
    """
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode("ascii")


def unpack(text: str, dtype: str) -> npt.NDArray[Any]:
    """The array of a text.

    Raises:
        ValueError: It is not base64, not whole numbers of the type, or not all of them finite.
    """
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
    if len(content) % np.dtype(dtype).itemsize:
        raise ValueError("an array is cut off")
    array = np.frombuffer(content, dtype=dtype)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("a number is not finite")
    return array
