"""A filter on the columns of a segment: which documents it lets through.

It decides on each distinct format, set of groups and metadata value once, not on each document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag_infer.index.document_columns import DocumentColumns
from rag_infer.index.string_table import StringTable
from rag_infer.types import Scalar

Mask = npt.NDArray[np.bool_]
TAGS = "tags"  # metadata of which one of several values suffices

_LITERAL = re.compile(r"[^*?[]*")
_DAY_DIGITS = 8


class DocumentConditions(Protocol):
    """The conditions of a filter; see ``Filter``."""

    @property
    def paths(self) -> tuple[str, ...]: ...
    @property
    def formats(self) -> tuple[str, ...]: ...
    @property
    def metadata(self) -> Mapping[str, Scalar]: ...
    @property
    def groups(self) -> frozenset[str] | None: ...
    @property
    def since(self) -> str | None: ...
    @property
    def until(self) -> str | None: ...


def document_mask(columns: DocumentColumns, conditions: DocumentConditions) -> Mask:
    """(documents,) which documents of a segment may be seen, those that no longer count too."""
    mask = np.ones(len(columns), dtype=bool)
    if conditions.groups is not None:
        allowed = [not labels or bool(labels & conditions.groups) for labels in columns.groups]
        mask &= np.array(allowed, dtype=bool)[columns.group_numbers]
    if conditions.formats:
        allowed = [name in conditions.formats for name in columns.formats]
        mask &= np.array(allowed, dtype=bool)[columns.format_numbers]
    for name, value in conditions.metadata.items():
        mask &= _with_value(columns, name, str(value))
    if conditions.paths or conditions.since or conditions.until:
        mask &= _by_name(columns, conditions)
    return mask


def _by_name(columns: DocumentColumns, conditions: DocumentConditions) -> Mask:
    """(documents,) of which one of the names has a path and a day that are meant."""
    mask = _on_days(columns.days, conditions)
    if conditions.paths:
        on_paths = np.zeros(len(columns), dtype=bool)
        on_paths[columns.id_ordinals[_on_paths(columns.ids, conditions.paths)]] = True
        mask &= on_paths
    if len(columns.copies):
        copies = _on_days(columns.copy_days, conditions)
        if conditions.paths:
            copies &= _on_paths(columns.copies, conditions.paths)
        mask[columns.copy_owners[copies]] = True
    return mask


def _on_days(days: npt.NDArray[np.uint32], conditions: DocumentConditions) -> Mask:
    mask = np.ones(len(days), dtype=bool)
    if conditions.since:
        mask &= is_not_before(days, conditions.since)
    if conditions.until:
        mask &= is_not_after(days, conditions.until)
    return mask


def is_not_before(days: npt.NDArray[np.uint32], date: str) -> Mask:
    """Whether days, as 20240331, are at or after ``2024``, ``2024-03`` or ``2024-03-31``."""
    number, unit = _date_number(date)
    return np.asarray(days // unit >= number)


def is_not_after(days: npt.NDArray[np.uint32], date: str) -> Mask:
    """Whether days are at or before a date, likewise."""
    number, unit = _date_number(date)
    return np.asarray(days // unit <= number)


def _date_number(date: str) -> tuple[int, int]:
    digits = date.replace("-", "")
    return int(digits), 10 ** (_DAY_DIGITS - len(digits))


def is_value(name: str, stored: str, value: str) -> bool:
    """Whether metadata have a value; of tags one suffices, or one that it holds (``work/plan``)."""
    if name != TAGS:
        return stored == value
    tags = stored.split(", ")
    return stored == value or any(tag == value or tag.startswith(f"{value}/") for tag in tags)


def _with_value(columns: DocumentColumns, name: str, value: str) -> Mask:
    if name != TAGS:
        number = columns.value_number(name, value)
        return columns.with_values(() if number is None else (number,))
    numbers, stored = columns.values_of(name)
    return columns.with_values(
        number for number, text in zip(numbers, stored, strict=True) if is_value(name, text, value)
    )


def _on_paths(names: StringTable, globs: tuple[str, ...]) -> Mask:
    """Which of some sorted names match a glob, by rank."""
    mask = np.zeros(len(names), dtype=bool)
    for glob in globs:
        literal = _LITERAL.match(glob)
        prefix = literal[0] if literal else ""
        ranks = names.with_prefix(prefix)
        if glob == prefix + "*":
            mask[ranks.start : ranks.stop] = True
            continue
        matches = re.compile(translate(glob)).match
        mask[[rank for rank in ranks if matches(names[rank].decode())]] = True
    return mask
