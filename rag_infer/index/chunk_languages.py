"""The language of each chunk, as an array of a segment (``languages``).

A code of up to three letters is a number in base 27, so that the array needs no table beside it
and counting a million chunks takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

NAME = "languages"
Numbers = npt.NDArray[np.uint16]

_BASE = 27
_LETTERS = 3


def encode(languages: Sequence[str]) -> Numbers:
    """(chunks,) numbers of language codes; the empty code is 0: a language was not determined."""
    return np.array([_number(code) for code in languages], dtype=np.uint16)


def of_segment(arrays: Mapping[str, npt.NDArray[np.generic]], chunks: int) -> Numbers:
    """The numbers of a segment's chunks; 0 for all of a segment written before they were stored."""
    if NAME not in arrays:
        return np.zeros(chunks, dtype=np.uint16)
    return arrays[NAME].astype(np.uint16, copy=False)


def decode(number: int) -> str:
    """The code of a number."""
    letters = ""
    while number:
        number, letter = divmod(number, _BASE)
        letters = chr(ord("a") + letter - 1) + letters
    return letters


def counts(numbers: Numbers) -> dict[str, int]:
    """How many chunks each language has, of those it has."""
    totals = np.bincount(numbers) if len(numbers) else np.zeros(0, dtype=np.int64)
    return {decode(int(n)): int(totals[n]) for n in np.flatnonzero(totals)}


def _number(code: str) -> int:
    if len(code) > _LETTERS or not all("a" <= letter <= "z" for letter in code):
        raise ValueError(f"not a language code: {code!r}")
    number = 0
    for letter in code:
        number = number * _BASE + ord(letter) - ord("a") + 1
    return number
