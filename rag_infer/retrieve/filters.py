"""Which documents a search may see.

Knows: path patterns, types, dates, metadata, the groups of the asker.
Does not know: scores.

Filters act before ranking: what they hide reaches neither scores nor statistics nor counts.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np

from rag_infer.errors import InputError
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.types import Scalar

_DATED = (
    "date",
    "published",
    "modified",
    "created",
)  # metadata that dates a document, the surest first
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PART = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Filter:
    """``paths`` are globs of which one must match the document's id; ``formats`` likewise names.

    ``since`` and ``until`` are ``2024``, ``2024-03`` or ``2024-03-31``, both inclusive; the date of
    a document is what its metadata says, or when its file was changed (UTC).
    ``metadata`` must be equal, value for value. ``groups`` are those of the asker: None is a
    trusted asker who may read everything; otherwise a document with labels is seen only by an
    asker who is in one of them.
    """

    paths: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    groups: frozenset[str] | None = None
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        for given in (self.since, self.until):
            if given is not None and not _PART.fullmatch(given):
                raise InputError(f"'{given}' is not a date", hint="for example: 2024 or 2024-03-31")

    @property
    def empty(self) -> bool:
        chosen = self.paths or self.formats or self.metadata or self.since or self.until
        return not chosen and self.groups is None

    def allows(self, row: DocumentRow) -> bool:
        if self.groups is not None and row.labels and not (row.labels & self.groups):
            return False
        if self.paths and not any(fnmatch.fnmatchcase(row.id, p) for p in self.paths):
            return False
        if self.formats and row.format not in self.formats:
            return False
        if self.since or self.until:
            day = date_of(row)
            if self.since and day < self.since:
                return False
            if self.until and day[: len(self.until)] > self.until:
                return False
        return all(
            key in row.metadata and str(row.metadata[key]) == str(value)
            for key, value in self.metadata.items()
        )


def date_of(row: DocumentRow) -> str:
    """The day of a document, ``2024-03-31``."""
    lowered = {key.lower(): str(value) for key, value in row.metadata.items()}
    for key in _DATED:
        said = lowered.get(key, "")
        day = _DAY.match(said)
        if day:
            return day.group()
        with suppress(ValueError):  # mail writes "Sun, 31 Mar 2024 10:00:00 +0200"
            return parsedate_to_datetime(said).date().isoformat()
    return datetime.fromtimestamp(row.modified_ns / 1e9, UTC).date().isoformat()


def visible(snapshot: Snapshot, chosen: Filter) -> list[Mask | None]:
    """For each segment the mask of its chunks that a search may see; None means all."""
    masks: list[Mask | None] = []
    for number, segment in enumerate(snapshot.segments):
        if chosen.empty:
            masks.append(snapshot.live_chunks(number))
            continue
        allowed = snapshot.live_documents(number).copy()
        for ordinal, row in segment.catalogue.documents():
            if allowed[ordinal]:
                allowed[ordinal] = chosen.allows(row)
        masks.append(np.asarray(allowed[np.asarray(segment.owners)]))
    return masks
