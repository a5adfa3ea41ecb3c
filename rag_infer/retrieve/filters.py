"""Which documents a search may see.

Filters act before ranking: what they hide reaches neither scores nor statistics nor counts.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag_infer.argument_checks import StringCollection, check_text, check_type
from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.document_columns import day_of
from rag_infer.index.segment import Segment
from rag_infer.index.snapshot import Mask, Place, Snapshot
from rag_infer.retrieve.document_dates import Date, is_later, validity_date
from rag_infer.retrieve.document_masks import (
    document_mask,
    is_not_after,
    is_not_before,
    is_value,
)
from rag_infer.types import Scalar

_OPENING_CHARS = 2_000
_MAX_DATES = 200_000
_dates: dict[tuple[str, int, str], Date | None] = {}  # of documents, by folder of the segment
_ESCAPED = re.compile(r"\[([*?[])\]")  # a character of a glob that stands for itself
_EXACT = re.compile(r"(?:\[[*?[]\]|[^*?[])+")
_PART = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True, slots=True, init=False)
class Filter:
    """The documents that a search may see.

    Args:
        paths: Globs, of which one must match the document's id.
        formats: Names of formats, of which one must be the document's.
        metadata: Must be equal, value for value.
        groups: Those of the user. None is a trusted user, who may read everything; otherwise a
            document with labels is visible only to a user who is in one of them.
        since: First day, as ``2024``, ``2024-03`` or ``2024-03-31``. The date of a document is what
            its metadata says, or when its file was changed (UTC).
        until: Last day, likewise.
        as_of: A day, likewise, as of which is asked: documents that are dated later do not count.
            Their date is what they say at their beginning ("valid from 1 March 2025"), that of
            their name, folder or title, or a mail's; those without one count.

    Raises:
        InputError: A field has a wrong type. A single string in place of a collection of strings is
            refused, since its characters would be taken for its members.
    """

    paths: tuple[str, ...]
    formats: tuple[str, ...]
    metadata: Mapping[str, Scalar]
    groups: frozenset[str] | None
    since: str | None
    until: str | None
    as_of: str | None

    def __init__(
        self,
        paths: StringCollection = (),
        formats: StringCollection = (),
        metadata: Mapping[str, Scalar] | None = None,
        groups: StringCollection | None = None,
        since: str | None = None,
        until: str | None = None,
        as_of: str | None = None,
    ) -> None:
        # Written out, as any collection is accepted and an immutable one is kept.
        object.__setattr__(self, "paths", tuple(_strings("paths", paths)))
        object.__setattr__(self, "formats", tuple(_strings("formats", formats)))
        object.__setattr__(self, "metadata", {} if metadata is None else _scalars(metadata))
        allowed = None if groups is None else frozenset(_strings("groups", groups))
        object.__setattr__(self, "groups", allowed)
        for name, date in (("since", since), ("until", until), ("as_of", as_of)):
            check_type(f"filter '{name}'", date, str, optional=True)
            if date is not None and not _PART.fullmatch(date):
                raise InputError(f"'{date}' is not a date", hint="for example: 2024 or 2024-03-31")
            object.__setattr__(self, name, date)
        if since and until and since[: len(until)] > until:
            raise InputError(f"since {since} is after until {until}")

    @property
    def empty(self) -> bool:
        dates = self.since or self.until or self.as_of
        return not (self.paths or self.formats or self.metadata or dates) and self.groups is None

    @property
    def key(self) -> Hashable:
        """Equal for filters that let the same documents through."""
        metadata = tuple(sorted((name, str(value)) for name, value in self.metadata.items()))
        dates = self.since, self.until, self.as_of
        return (self.paths, self.formats, metadata, self.groups, *dates)

    def allows(self, row: DocumentRow) -> bool:
        """Whether a document may be seen, ``as_of`` apart, which needs its text.

        Of a document with several names, path and date of one of them count.
        """
        if self.groups is not None and row.labels and not (row.labels & self.groups):
            return False
        if self.formats and row.format not in self.formats:
            return False
        if not any(map(self._allows_name, row.by_names())):
            return False
        return all(
            key in row.metadata and is_value(key, str(row.metadata[key]), str(value))
            for key, value in self.metadata.items()
        )

    def _allows_name(self, row: DocumentRow) -> bool:
        if self.paths and not any(fnmatch.fnmatchcase(row.id, p) for p in self.paths):
            return False
        if self.since or self.until:
            day = np.array([day_of(row)], dtype=np.uint32)
            if self.since and not is_not_before(day, self.since):
                return False
            if self.until and not is_not_after(day, self.until):
                return False
        return True


def check_query(text: object, filter: object = None, top_k: object = None) -> None:
    """Checks the types of arguments that come from outside.

    Raises:
        InputError: One has the wrong type. Anything else than a filter would filter nothing.
    """
    check_text("the text", text)
    check_filter(filter)
    if top_k is None:
        return
    if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
        raise InputError("top_k must be a whole number, 1 or more", code="invalid_argument")


def check_filter(filter: object) -> None:
    """Raises InputError for what is neither a filter nor None."""
    if filter is not None and not isinstance(filter, Filter):
        raise InputError.wrong_type("filter", "Filter", filter)


def _scalars(values: object) -> dict[str, Scalar]:
    if not isinstance(values, Mapping):
        raise InputError(
            "filter 'metadata' must be a mapping of names to values", code="invalid_filter"
        )
    for key, value in values.items():
        if not isinstance(key, str) or not isinstance(value, str | int | float | bool):
            raise InputError(
                f"filter 'metadata' has an invalid entry: {key!r}: {value!r}",
                code="invalid_filter",
            )
    return dict(values)


def _strings(field_name: str, values: object) -> Collection[str]:
    if isinstance(values, str | bytes):
        raise InputError(
            f"filter '{field_name}' must be a collection of strings, not the string {values!r}",
            hint=f"use {field_name}=[{values!r}]",
            code="invalid_filter",
        )
    if isinstance(values, Mapping) or not isinstance(values, Collection):
        raise InputError(
            f"filter '{field_name}' must be a collection of strings, not {type(values).__name__}",
            code="invalid_filter",
        )
    for value in values:
        if not isinstance(value, str) or not value:
            raise InputError(
                f"filter '{field_name}' has an invalid entry: {value!r}", code="invalid_filter"
            )
    return values


def allows_in(filter: Filter, snapshot: Snapshot, location: Place, row: DocumentRow) -> bool:
    """Whether a document of a snapshot may be seen."""
    if filter.as_of is None:
        return filter.allows(row)
    segment = snapshot.segments[location.segment]
    return any(
        filter.allows(named)
        and _is_valid(segment, location.row, named if row.copies else None, filter.as_of)
        for named in row.by_names()
    )


def _is_valid(segment: Segment, ordinal: int, row: DocumentRow | None, as_of: str) -> bool:
    date = _validity(segment, ordinal, row)
    return date is None or not is_later(date, as_of)


def _validity(segment: Segment, ordinal: int, row: DocumentRow | None) -> Date | None:
    """From when a document counts by one of its names; remembered, as segments never change.

    Without a row it has one name, and its row is read only where the date is not known.
    """
    location = (str(segment.folder), ordinal, row.id if row is not None else "")
    if location not in _dates:
        row = row or segment.catalogue.document(ordinal)
        page = segment.catalogue.page(ordinal, 1)
        opening = segment.read(page.byte_start, page.byte_end)[:_OPENING_CHARS] if page else ""
        if len(_dates) >= _MAX_DATES:
            _dates.clear()
        date = validity_date(row.id, row.title, opening, row.metadata)
        _dates[location] = date
        return date
    return _dates.get(location)


def exact_path(document_id: str) -> str:
    """A glob that matches one id only."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in document_id)


def _exact_ids(paths: Collection[str]) -> list[str] | None:
    """The ids that globs of single documents match; None where one may match several."""
    ids = [_ESCAPED.sub(r"\1", path) for path in paths]
    return ids if ids and all(map(_EXACT.fullmatch, paths)) else None


def _visible_of(
    snapshot: Snapshot, filter: Filter, names: Collection[str], numbers: Sequence[int]
) -> list[Mask | None]:
    """The masks of documents by id, without a look at any other."""
    allowed = {number: np.zeros_like(snapshot.live_documents(number)) for number in numbers}
    for name in names:
        location = snapshot.find(name)
        if location is not None and location.segment in allowed:
            row = snapshot.segments[location.segment].catalogue.document(location.row)
            allowed[location.segment][location.row] = allows_in(filter, snapshot, location, row)
    return [
        np.asarray(mask[np.asarray(snapshot.segments[number].owners)])
        for number, mask in allowed.items()
    ]


def visible(
    snapshot: Snapshot, filter: Filter, numbers: Sequence[int] | None = None
) -> list[Mask | None]:
    """For each segment the mask of its chunks that a search may see; None means all.

    Args:
        snapshot: The open index.
        filter: The filter.
        numbers: The numbers of the segments; None: all.
    """
    masks: list[Mask | None] = []
    numbers = range(len(snapshot.segments)) if numbers is None else numbers
    names = _exact_ids(filter.paths)
    if names is not None:
        return _visible_of(snapshot, filter, names, numbers)
    for number in numbers:
        segment = snapshot.segments[number]
        if filter.empty:
            masks.append(snapshot.live_chunks(number))
            continue
        allowed = allowed_documents(snapshot, number, filter)
        masks.append(np.asarray(allowed[np.asarray(segment.owners)]))
    return masks


def allowed_documents(snapshot: Snapshot, number: int, filter: Filter) -> Mask:
    """(documents,) which documents of a segment may be seen, of those that count."""
    segment = snapshot.segments[number]
    allowed = document_mask(segment.columns, filter) & snapshot.live_documents(number)
    if filter.as_of is not None:  # a date that documents say of themselves, in their text
        several = set(segment.columns.copy_owners.tolist())
        for ordinal in np.flatnonzero(allowed).tolist():
            if ordinal in several:
                row = segment.catalogue.document(ordinal)
                allowed[ordinal] = allows_in(filter, snapshot, Place(number, ordinal), row)
            else:
                allowed[ordinal] = _is_valid(segment, ordinal, None, filter.as_of)
    return allowed
