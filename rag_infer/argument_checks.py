"""Checks of arguments that come from callers: a wrong type is one clear line, before any work."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from rag_infer.errors import InputError


class StringCollection(Protocol):
    """A collection of strings other than one string: a list, tuple, set and so on.

    A type checker tells a string apart by its ``in``, which takes nothing but strings. So
    ``groups="board"`` is an error in an editor already, where its letters would be the members.
    """

    def __contains__(self, item: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...


def check_type(name: str, value: object, *kinds: type, optional: bool = False) -> None:
    """Checks the type of an argument. A truth value never passes for a number.

    Raises:
        InputError: It has another type.
    """
    if value is None and optional:
        return
    if isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)):
        return
    expected = " or ".join(kind.__name__ for kind in kinds)
    raise InputError.wrong_type(name, f"{expected} or None" if optional else expected, value)


def check_text(name: str, value: object) -> None:
    """Checks a text. Half of a surrogate pair is in none: no file or terminal can hold it.

    Raises:
        InputError: It is something else.
    """
    if not isinstance(value, str):
        raise InputError.wrong_type(name, "str", value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{name} is not valid Unicode text", code="invalid_argument") from None


def check_number(
    name: str, value: object, low: float, high: float = math.inf, *, whole: bool = False
) -> None:
    """Checks a number and its range; NaN and infinity are in none.

    Raises:
        InputError: It is no number or out of range.
    """
    kinds = int if whole else int | float
    if (
        isinstance(value, bool)
        or not isinstance(value, kinds)
        or not low <= value <= high
        or value == math.inf
    ):
        limits = f"{low} or more" if high == math.inf else f"from {low} to {high}"
        raise InputError(
            f"{name} must be a{' whole' if whole else ''} number, {limits}",
            code="invalid_argument",
        )


def check_callable(name: str, value: object) -> None:
    """Raises InputError for what cannot be called."""
    if not callable(value):
        raise InputError.wrong_type(name, "a function", value)


def check_strings(name: str, values: object) -> None:
    """Checks a collection of strings. One string is refused: its characters would be members.

    Raises:
        InputError: It is something else, or a member is no string.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Collection):
        raise InputError.wrong_type(name, "a collection of str", values)
    for value in values:
        if not isinstance(value, str):
            raise InputError(
                f"{name} must hold str, not {type(value).__name__}", code="invalid_argument"
            )
        check_text(name, value)
