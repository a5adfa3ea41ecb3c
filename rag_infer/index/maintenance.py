"""Looking after an index: is it whole, go back when it is not, drop what is old."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_infer.index import manifest as manifests
from rag_infer.index.verify import Damage, Verification, last_whole, verify
from rag_infer.index.writer import Writer
from rag_infer.index.writer_lock import NO_WAIT, LockWait
from rag_infer.settings import index_path


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check found. ``last_intact`` and ``repaired`` are generations, None when not
    sought."""

    verification: Verification
    damage: tuple[Damage, ...]
    last_intact: int | None = None
    repaired: int | None = None


@dataclass(frozen=True, slots=True)
class GcReport:
    """What a clean-up freed, in bytes, and the generation that stays."""

    freed: int
    generation: int


@dataclass(frozen=True, slots=True)
class UpgradeReport:
    """What an upgrade did. ``changed`` is False where the index had the present format."""

    format_before: int
    format: int
    segments: int
    generation: int
    changed: bool


def check(name_or_path: str | Path, *, repair: bool = False) -> VerifyReport:
    """Reads all of an index; with ``repair`` makes its last whole generation the current one."""
    path = index_path(name_or_path)
    verification = verify(path)
    if not verification.damage:
        return VerifyReport(verification, ())
    intact = last_whole(path)
    if not repair or intact is None:
        return VerifyReport(verification, verification.damage, last_intact=intact)
    manifests.point(path, intact)
    return VerifyReport(verification, verification.damage, last_intact=intact, repaired=intact)


def collect(name_or_path: str | Path, wait: LockWait = NO_WAIT) -> GcReport:
    """Joins segments of like size, then drops every generation but the current one.

    Raises IndexNotFoundError, CorruptIndexError when the current one is not whole (then the older
    ones may be all there is), IndexLockedError.
    """
    path = index_path(name_or_path)
    manifest = manifests.read(path, manifests.current_generation(path))
    before = _bytes(path)
    with Writer(path, manifest.embedder, wait) as writer:
        writer.join_all()
        writer.drop_older()
        generation = writer.base.manifest.generation
    return GcReport(before - _bytes(path), generation)


def upgrade(name_or_path: str | Path, wait: LockWait = NO_WAIT) -> UpgradeReport:
    """Brings an index to the present format, from what it stores: no document is read again.

    The first write of an older index does the same. What was there before stays until the next
    write.

    Raises IndexNotFoundError, CorruptIndexError, IndexLockedError, IndexStorageError.
    """
    path = index_path(name_or_path)
    before = manifests.read(path, manifests.current_generation(path))
    if before.format != manifests.FORMAT:
        with Writer(path, before.embedder, wait):
            pass
    after = manifests.read(path, manifests.current_generation(path))
    return UpgradeReport(
        format_before=before.format,
        format=after.format,
        segments=len(after.segments),
        generation=after.generation,
        changed=before.format != after.format,
    )


def _bytes(path: Path) -> int:
    return sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
