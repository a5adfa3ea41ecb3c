"""Reading everything to see whether an index is whole, and going back when it is not."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag_infer.errors import CorruptIndexError, RagError
from rag_infer.hashing import file_sha256
from rag_infer.index import manifest as manifests
from rag_infer.index.manifest import Manifest, SegmentEntry
from rag_infer.index.segment import Segment, damaged_arrays

_MIN_RECALL = 0.5  # of an approximate index; less is no index of these vectors


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not what it should be, and how."""

    file: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """``damage`` is empty when everything is whole. Documents and chunks are those that count;
    removed ones that are still on disk are checked too.

    ``recall`` is the share of the nearest vectors that the approximate index of the worst segment
    finds, measured with made questions; None where no segment has one.
    """

    generation: int
    segments: int
    files: int
    bytes: int
    documents: int
    chunks: int
    damage: tuple[Damage, ...]
    recall: float | None = None


@dataclass(frozen=True, slots=True)
class _CheckedSegment:
    """``chunks`` of documents that count; the ``recall`` of its approximate index, if any."""

    chunks: int
    recall: float | None


def verify(index: Path) -> Verification:
    """Reads every file of the current generation and checks it against the manifest and itself.

    Raises IndexNotFoundError when there is none. Damage to CURRENT or the manifest is reported like
    any other, since nothing beyond it can be checked then.
    """
    try:
        manifest = manifests.read(index, manifests.current_generation(index))
    except CorruptIndexError as error:
        unreadable = Damage(error.where or str(index), error.what)
        return Verification(0, 0, 0, 0, 0, 0, (unreadable,))
    checked: list[_CheckedSegment] = []
    damage = _damage(index, manifest, checked)
    files = [f for s in manifest.segments for f in s.files.values()]
    return Verification(
        generation=manifest.generation,
        segments=len(manifest.segments),
        files=len(files) + 2,
        bytes=sum(f.bytes for f in files),
        documents=manifest.documents,
        chunks=sum(segment.chunks for segment in checked),
        damage=tuple(damage),
        recall=min((s.recall for s in checked if s.recall is not None), default=None),
    )


def last_whole(index: Path) -> int | None:
    """The newest generation on disk whose files are all as they were written, or None."""
    folder = index / manifests.GENERATIONS
    numbers = sorted((int(p.stem) for p in folder.glob("*.json") if p.stem.isdigit()), reverse=True)
    for number in numbers:
        try:
            if not _damage(index, manifests.read(index, number), []):
                return number
        except RagError:
            continue
    return None


def _damage(index: Path, manifest: Manifest, checked: list[_CheckedSegment]) -> list[Damage]:
    """What is not as it should be. Segments that could be opened are appended to a list."""
    damage: list[Damage] = []
    for entry in manifest.segments:
        folder = manifests.segment_path(index, entry.name)
        broken = _broken_files(folder, entry)
        # Only files that are byte for byte what was written are opened and looked into.
        damage.extend(broken or _disagreements(folder, entry, checked))
    return damage


def _broken_files(folder: Path, entry: SegmentEntry) -> list[Damage]:
    broken: list[Damage] = []
    for name, expected in entry.files.items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != expected.bytes:
                broken.append(Damage(str(path), f"has {size} bytes, not {expected.bytes}"))
            elif file_sha256(path) != expected.sha256:
                broken.append(Damage(str(path), "does not match its checksum"))
        except OSError as error:
            broken.append(Damage(str(path), f"cannot be read ({error.strerror})"))
    return broken


def _disagreements(
    folder: Path, entry: SegmentEntry, checked: list[_CheckedSegment]
) -> list[Damage]:
    try:
        with Segment(folder) as segment:
            wrong = _cross_checks(segment, entry)
            recall = None
            if not wrong and segment.approximate is not None:
                recall = segment.approximate.recall(segment.vectors)
                if recall < _MIN_RECALL:
                    wrong = [f"finds {recall:.0%} of the nearest vectors"]
            removed = np.isin(segment.owners, entry.deleted)
            checked.append(_CheckedSegment(segment.chunks - int(removed.sum()), recall))
            return [Damage(str(folder), what) for what in wrong]
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        return [Damage(str(folder), f"cannot be opened ({error})")]


def _cross_checks(segment: Segment, entry: SegmentEntry) -> list[str]:
    wrong = [f"{name}: does not match its checksum" for name in damaged_arrays(segment.folder)]
    state = segment.catalogue.integrity()
    if state != "ok":
        wrong.append(f"catalogue: {state}")
    documents, _, chunks = segment.catalogue.counts()
    counts = {
        "chunks in the catalogue": chunks,
        "vectors": len(segment.vectors),
        "owners": len(segment.owners),
        "hashes": len(segment.hashes),
        "lengths in the postings": len(segment.postings.lengths),
    }
    wrong += [
        f"{n} {what}, {entry.chunks} in the manifest"
        for what, n in counts.items()
        if n != entry.chunks
    ]
    if len(segment.columns) != documents:
        wrong.append(
            f"{len(segment.columns)} documents in the columns, {documents} in the catalogue"
        )
    if documents != entry.documents:
        wrong.append(f"{documents} documents, {entry.documents} in the manifest")
    if wrong:
        return wrong
    if len(segment.postings.chunks) and int(segment.postings.chunks.max()) >= chunks:
        wrong.append("postings name a chunk that is not there")
    norms = np.linalg.norm(np.asarray(segment.vectors), axis=1)
    if chunks and not np.allclose(norms, 1.0, atol=1e-3):
        wrong.append("a vector is not of unit length")
    for ordinal, row in segment.catalogue.documents():
        wrong += [
            f"{name}: is not where its id is looked for"
            for name in row.names
            if segment.columns.find(name) != ordinal
        ]
        wrong += [f"{row.id}: {what}" for what in _slices(segment, ordinal)]
    return wrong


def _slices(segment: Segment, document: int) -> list[str]:
    """Law: a chunk is the exact slice of its page."""
    owners = np.asarray(segment.owners)
    first, last = (int(n) for n in np.searchsorted(owners, [document, document + 1]))
    texts = {
        p.number: segment.read(p.byte_start, p.byte_end) for p in segment.catalogue.pages(document)
    }
    return [
        f"the chunk at {chunk.start} is not the slice of page {chunk.page} that it names"
        for chunk in segment.catalogue.chunks_of(document, first, last)
        if chunk.page not in texts
        or texts[chunk.page][chunk.start : chunk.end]
        != segment.read(chunk.byte_start, chunk.byte_end)
    ]
