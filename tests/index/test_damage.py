"""Every file of an index, flipped, cut, swapped or gone: the file is named, no more happens."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag_infer.errors import CorruptIndexError, RagError
from rag_infer.hashing import file_sha256
from rag_infer.index import manifest as manifests
from rag_infer.index.array_file import ArrayFile, ArrayFileWriter
from rag_infer.index.manifest import FileEntry
from rag_infer.index.segment import ARRAYS
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.verify import last_whole, verify

from .test_writer import contents

DOCUMENTS = {"a": ["some words here", "and there"], "b": ["other words"]}


def files(path: Path) -> list[Path]:
    current = f"{manifests.current_generation(path):08d}.json"
    return sorted(
        p
        for p in path.rglob("*")
        if p.is_file() and p.name != "lock" and (p.suffix != ".json" or p.name == current)
    )


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def cut(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def grow(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes() + rng.randbytes(3))


def lose(path: Path, rng: random.Random) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [flip, cut, grow, lose])
def test_damage_to_any_file_is_named(
    fill: Callable[..., Path], tmp_path: Path, harm: Callable[[Path, random.Random], None]
) -> None:
    original = fill(DOCUMENTS)
    fill({"c": ["third document"]})
    rng = random.Random(harm.__name__)
    for number, file in enumerate(files(original)):
        for round_ in range(3):
            copy = tmp_path / f"{number}-{round_}"
            shutil.copytree(original, copy)
            contents(copy)  # opened once, so that its files count as trusted
            victim = copy / file.relative_to(original)
            if not victim.stat().st_size and harm is not lose:
                continue
            harm(victim, rng)
            with pytest.raises(CorruptIndexError) as caught:
                Snapshot(copy)
            assert victim.name in str(caught.value)
            assert "\n" not in str(caught.value)
            damage = verify(copy).damage
            assert [Path(d.file).name for d in damage] == [victim.name]


def test_files_swapped_between_segments_are_named(fill: Callable[..., Path]) -> None:
    path = fill({"a": ["same length one"]})
    fill({"b": ["same length two"]})
    one, other = sorted((path / "segments").iterdir())
    for name in ("text.utf8", "arrays.bin"):
        first, second = (one / name).read_bytes(), (other / name).read_bytes()
        (one / name).write_bytes(second)
        (other / name).write_bytes(first)
        with pytest.raises(CorruptIndexError, match=name):
            Snapshot(path)
        (one / name).write_bytes(first)
        (other / name).write_bytes(second)
    assert set(contents(path)) == {"a", "b"}


def test_silent_disagreement_is_found_by_verify(fill: Callable[..., Path]) -> None:
    """A wrong file whose checksum was made to fit (a bug, not a disk) fails the cross-checks."""
    path = fill(DOCUMENTS)
    manifest = manifests.read(path, manifests.current_generation(path))
    (entry,) = manifest.segments
    file = manifests.segment_path(path, entry.name) / ARRAYS
    arrays = dict(ArrayFile(file)) | {"vectors": ArrayFile(file)["vectors"][:-1].copy()}
    file.unlink()
    writer = ArrayFileWriter(file)
    for name, array in arrays.items():
        writer.add(name, array)
    writer.close()
    fixed = dict(entry.files) | {ARRAYS: FileEntry(file.stat().st_size, file_sha256(file))}
    changed = replace(
        manifest, generation=manifest.generation + 1, segments=(replace(entry, files=fixed),)
    )
    manifests.publish(path, changed)
    assert "2 vectors, 3 in the manifest" in [d.what for d in verify(path).damage]
    assert "vectors: does not match its checksum" not in str(verify(path).damage)
    assert last_whole(path) == 1  # the empty one that every index begins with


def test_the_last_whole_generation_can_be_returned_to(fill: Callable[..., Path]) -> None:
    path = fill({"a": ["one"]})
    generation = manifests.current_generation(path)
    fill({"b": ["two"]})
    with Snapshot(path) as snapshot:
        newest = snapshot.segments[-1].folder
    (newest / "text.utf8").write_bytes(b"twi")
    with pytest.raises(CorruptIndexError):
        Snapshot(path)
    assert last_whole(path) == generation
    manifests.point(path, generation)
    assert contents(path) == {"a": ["one"]}


def test_a_strangers_manifest_cannot_point_outside(fill: Callable[..., Path]) -> None:
    path = fill(DOCUMENTS)
    manifest = manifests.read(path, manifests.current_generation(path))
    outside = replace(manifest.segments[0], name="../../etc")
    manifests.publish(path, replace(manifest, generation=9, segments=(outside,)))
    with pytest.raises(RagError, match="outside the index"):
        Snapshot(path)


def test_another_format_is_refused_with_what_to_run(fill: Callable[..., Path]) -> None:
    path = fill(DOCUMENTS)
    manifest = manifests.read(path, manifests.current_generation(path))
    manifests.publish(path, replace(manifest, generation=9, format=0))
    with pytest.raises(CorruptIndexError, match="has format 0") as caught:
        Snapshot(path)
    assert "index the documents again" in str(caught.value)
