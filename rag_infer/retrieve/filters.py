"""Which documents a search may see.

Knows: path patterns, types, metadata, the groups of the asker.
Does not know: scores.

Filters act before ranking: what they hide reaches neither scores nor statistics nor counts.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rag_infer.index.catalogue import DocumentRow
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.types import Scalar


@dataclass(frozen=True, slots=True)
class Filter:
    """``paths`` are globs of which one must match the document's id; ``formats`` likewise names.

    ``metadata`` must be equal, value for value. ``groups`` are those of the asker: None is a
    trusted asker who may read everything; otherwise a document with labels is seen only by an
    asker who is in one of them.
    """

    paths: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    groups: frozenset[str] | None = None

    @property
    def empty(self) -> bool:
        return not (self.paths or self.formats or self.metadata) and self.groups is None

    def allows(self, row: DocumentRow) -> bool:
        if self.groups is not None and row.labels and not (row.labels & self.groups):
            return False
        if self.paths and not any(fnmatch.fnmatchcase(row.id, p) for p in self.paths):
            return False
        if self.formats and row.format not in self.formats:
            return False
        return all(
            key in row.metadata and str(row.metadata[key]) == str(value)
            for key, value in self.metadata.items()
        )


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
