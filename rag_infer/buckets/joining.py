"""Small segments of jobs in a bucket, joined by one commit.

Each job adds segments, and a search looks into each. A group of like size is fetched, joined here
and put back; the generation that has the joined one is committed only while the group is what it
was. Otherwise somebody else was at it, and the next clean-up tries again.
"""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rag_infer.buckets import generations
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.job_journal import job_of_segment, segment_prefix
from rag_infer.buckets.transfer import (
    TransferProgress,
    fetch,
    in_threads,
    segment_files,
    upload,
)
from rag_infer.index import integrity, manifest
from rag_infer.index.manifest import Manifest, SegmentEntry
from rag_infer.index.writer import Writer, joinable, max_joined_chunks
from rag_infer.store.base import Store

_MAX_RACES = 20


def join_segments(store: Store, max_chunks: int | None = None) -> int:
    """Joins a group of small segments that jobs made, of at most so many chunks in all.

    Segments that were pushed stay, as who pushed them follows them.

    Args:
        store: The bucket.
        max_chunks: Of the segments together; None: as many as a segment of such an index may have.

    Returns:
        How many segments became one; 0 where there was no group, or it changed meanwhile.

    Raises:
        IndexNotFoundError: There is no index.
        CorruptIndexError: A segment is damaged.
        StoreError: The bucket cannot be used.
    """
    base = generations.read_current(store)
    segments = [s for s in base.manifest.segments if job_of_segment(s.name) is not None]
    max_chunks = max_chunks or max_joined_chunks(base.manifest.segments)
    group = joinable(segments, max_chunks, max_chunks)
    if not group:
        return 0
    with tempfile.TemporaryDirectory(prefix="rag-join-") as name:
        folder = Path(name)
        joined = _joined(store, replace(base.manifest, segments=tuple(group)), folder)
        if joined is None:
            return 0
        files = segment_files(replace(base.manifest, segments=(joined,)))
        progress = TransferProgress(sum(file.entry.bytes for file in files))
        in_threads(lambda file: upload(store, folder, file, progress), files)
    for _ in range(_MAX_RACES):
        following = _following(base, group, joined)
        if following is None:
            break
        winner = generations.commit(store, following)
        if winner is None:
            return len(group)
        base = winner
    store.delete([file.key for file in files])
    return 0


def _joined(store: Store, part: Manifest, folder: Path) -> SegmentEntry | None:
    """One segment of several, under a name of its own."""
    fetch(store, part, folder)
    manifest.publish(folder, part)
    with Writer(folder, part.embedder) as writer:
        writer.join_all(sum(segment.chunks for segment in part.segments))
        segments = writer.base.manifest.segments
    if len(segments) != 1 or segments[0] in part.segments:
        return None
    name = f"{segment_prefix(secrets.token_hex(8))}joined"
    before = manifest.segment_path(folder, segments[0].name)
    integrity.forget(before)
    before.rename(manifest.segment_path(folder, name))
    return replace(segments[0], name=name)


def _following(
    base: Generation, group: list[SegmentEntry], joined: SegmentEntry
) -> Generation | None:
    """The generation with the joined segment; None where the group is not what it was."""
    segments = base.manifest.segments
    if any(entry not in segments for entry in group):
        return None
    following = replace(
        base.manifest,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        segments=(*(entry for entry in segments if entry not in group), joined),
    )
    return Generation.following(base.number + 1, following, base.tuning, base.jobs)
