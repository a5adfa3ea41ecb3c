"""The commit of a job: its segments into the newest generation, whatever others committed before.

What the job replaces is looked up by the ids of its files in the generation that it follows. So a
lost race loses nothing: the deletions are derived anew from what the winner has made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag_infer.buckets import generations
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.transfer import fetch
from rag_infer.errors import EmbedderMismatchError
from rag_infer.index import catalog, integrity, manifest
from rag_infer.index.catalog import Catalog
from rag_infer.index.manifest import EmbedderEntry, Manifest, SegmentEntry
from rag_infer.index.tuning import NO_TUNING
from rag_infer.index.writer import FileState, file_states
from rag_infer.store.base import Store


@dataclass(frozen=True, slots=True)
class JobChange:
    """What a job does to an index: segments that come, files whose earlier documents go."""

    job: str
    segments: tuple[SegmentEntry, ...]
    files: frozenset[str]
    roots: Mapping[str, str]


class BucketCatalogs:
    """The catalogs of a bucket's segments, fetched when they are asked for, each once.

    Args:
        store: The bucket.
        folder: Where they are kept; who made it removes it.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def states(self, base: Manifest, names: Collection[str]) -> dict[str, FileState]:
        """What a generation knows of some files, by their id; see ``Writer.files``."""
        alone = [
            replace(entry, files={catalog.NAME: entry.files[catalog.NAME]})
            for entry in base.segments
        ]
        fetch(self._store, replace(base, segments=tuple(alone)), self._folder)
        opened: list[tuple[Catalog, np.ndarray[tuple[int], np.dtype[np.bool_]]]] = []
        try:
            for entry in base.segments:
                live = np.ones(entry.documents, dtype=bool)
                live[list(entry.deleted)] = False
                path = manifest.segment_path(self._folder, entry.name)
                integrity.forget(path)
                opened.append((Catalog(path / catalog.NAME), live))
            return file_states(opened, names)
        finally:
            for one, _ in opened:
                one.close()


def newest(store: Store) -> Generation | None:
    """The newest generation, or None."""
    number = generations.current_number(store)
    return None if number is None else generations.read(store, number)


def commit_job(
    store: Store,
    catalogs: BucketCatalogs,
    change: JobChange,
    embedder: EmbedderEntry,
    chunk_tokens: int | None,
) -> Generation:
    """Commits a job, once, however many commit it at the same time.

    Returns:
        The generation that has it, or a later one.

    Raises:
        EmbedderMismatchError: The index is of another embedder by now.
        StoreError: The bucket cannot be used.
    """
    while True:
        present = newest(store)
        if present is not None and change.job in present.jobs:
            return present
        base = present.manifest if present else Manifest(0, embedder, "", chunk_tokens=chunk_tokens)
        check_embedder(base, embedder, store.url)
        generation = Generation.following(
            base.generation + 1,
            _rebased(base, catalogs, change),
            present.tuning if present else NO_TUNING,
            (*(present.jobs if present else ()), change.job),
        )
        if generations.commit(store, generation) is None:
            return generation


def check_embedder(base: Manifest, embedder: EmbedderEntry, where: str) -> None:
    """Raises EmbedderMismatchError for an index that another embedder made."""
    if base.embedder.fingerprint != embedder.fingerprint:
        raise EmbedderMismatchError(
            f"was made with the embedder '{base.embedder.name}', not with '{embedder.name}'",
            where=where,
            hint=f"use the embedder '{base.embedder.spec}' or another address",
        )


def _rebased(base: Manifest, catalogs: BucketCatalogs, change: JobChange) -> Manifest:
    removed: dict[int, set[int]] = {}
    for state in catalogs.states(base, change.files).values():
        for place in state.places:
            removed.setdefault(place.segment, set()).add(place.row)
    entries: list[SegmentEntry] = []
    for number, entry in enumerate(base.segments):
        deleted = {*entry.deleted, *removed.get(number, ())}
        if len(deleted) < entry.documents:
            entries.append(replace(entry, deleted=tuple(sorted(deleted))))
    return replace(
        base,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        segments=(*entries, *change.segments),
        roots={**base.roots, **change.roots},
        format=manifest.FORMAT,
    )
