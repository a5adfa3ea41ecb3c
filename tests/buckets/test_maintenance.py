"""A bucket is checked whole, and cleaned of what nobody names and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.buckets import generations
from rag_infer.buckets.generations import Generation
from rag_infer.buckets.maintenance import collect_bucket, verify_bucket
from rag_infer.buckets.pull import pull
from rag_infer.buckets.push import push
from rag_infer.errors import CorruptIndexError, InputError
from rag_infer.index.tuning import NO_TUNING
from rag_infer.store.addresses import open_store
from rag_infer.store.local_folder import LocalFolder
from tests.index.test_writer import contents
from tests.store.faulty_store import FaultyStore

Fill = Callable[..., Path]


def age(folder: Path, hours: float) -> None:
    then = time.time() - hours * 3600
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def test_a_whole_bucket_is_whole(fill: Fill, address: str) -> None:
    store = open_store(address)
    report = push(fill({"a": ["first", "second"]}), store)
    checked = verify_bucket(store)
    assert (checked.damage, checked.documents, checked.chunks) == ((), 1, 2)
    assert checked.files == report.files + 1


def test_damage_of_each_kind_is_named(fill: Fill, tmp_path: Path) -> None:
    store = LocalFolder(tmp_path / "bucket")
    push(fill({"a": ["first"]}), store)
    (text,) = (tmp_path / "bucket").rglob("text.utf8")
    text.write_bytes(b"x" * text.stat().st_size)
    (arrays,) = (tmp_path / "bucket").rglob("arrays.bin")
    arrays.unlink()
    (catalogue,) = (tmp_path / "bucket").rglob("catalogue.sqlite")
    catalogue.write_bytes(b"")
    what = {d.file.rpartition("/")[2]: d.what for d in verify_bucket(store).damage}
    assert what["text.utf8"] == "does not match its checksum"
    assert what["arrays.bin"] == "is missing"
    assert what["catalogue.sqlite"].startswith("has 0 bytes")
    assert len(what) == 3


def test_only_old_files_that_no_generation_names_are_removed(fill: Fill, tmp_path: Path) -> None:
    folder = tmp_path / "bucket"
    store = LocalFolder(folder)
    path = fill({"a": ["first"]})
    push(path, store)
    before = contents(path)
    fill({"b": ["second"]})
    push(path, store)
    push(fill({"z": ["z"]}, "other"), store, replace=True)
    store.put_new("segments/s0000000000000000/text.utf8", b"left behind")
    age(folder, 30)
    store.put_new("segments/s1111111111111111/text.utf8", b"being sent")
    named = {e.key for e in store.list("")}
    report = collect_bucket(store, 24)
    assert (report.files, report.freed, report.generation) == (1, 11, 3)
    assert {e.key for e in store.list("")} == named - {"segments/s0000000000000000/text.utf8"}
    assert report.dropped == 0
    (folder / "generations" / "00000003.json").unlink()
    (folder / "generations" / "00000002.json").unlink()
    pull(store, tmp_path / "copy")
    assert contents(tmp_path / "copy") == before
    assert collect_bucket(store, 48).files == 0
    with pytest.raises(InputError):
        collect_bucket(store, 0.5)


def test_generations_go_when_others_replaced_them_long_ago(fill: Fill, tmp_path: Path) -> None:
    folder = tmp_path / "bucket"
    store = LocalFolder(folder)
    for number in range(4):
        push(fill({"a": [f"text {number}"]}, f"index{number}"), store, replace=True)
    path = folder / "generations"
    for number, hours in enumerate((200, 190, 150, 140), 1):
        then = time.time() - hours * 3600
        os.utime(path / f"{number:08d}.json", (then, then))
    for file in (folder / "segments").rglob("*"):
        os.utime(file, (0, 0))
    before = {entry.key for entry in store.list("segments/")}
    report = collect_bucket(store, 24, 168)  # the second replaced the first 190 hours ago
    assert (report.dropped, report.generation) == (1, 4)
    assert {e.key for e in store.list("segments/")} < before
    assert list(generations.present(store)) == [2, 3, 4]
    assert not verify_bucket(store).damage
    # Its number stays taken, for writers that were stopped in their commit for as long as that.
    late = Generation.following(1, generations.read_current(store).manifest, NO_TUNING)
    winner = generations.commit(store, late)
    assert winner is not None
    assert winner.number == 4
    with pytest.raises(CorruptIndexError, match="was dropped"):
        generations.read(store, 1)
    store.delete(["CURRENT"])  # a hint, no more
    assert generations.read_current(store).number == 4
    assert collect_bucket(store, 24, 168).dropped == 0


def test_a_commit_during_a_clean_up_loses_nothing(fill: Fill, tmp_path: Path) -> None:
    """The files of a push that broke off long ago are named just before they would be removed."""
    folder = tmp_path / "bucket"
    path = fill({"a": ["first"]})
    push(path, LocalFolder(folder))
    fill({"b": ["second"]})
    push(path, LocalFolder(folder))
    late = (folder / "generations" / "00000002.json").read_bytes()
    (folder / "generations" / "00000002.json").unlink()
    age(folder, 30)
    committed: list[str] = []

    def commit_late(method: str, key: str) -> None:
        if method == "list" and key == "generations/" and not committed:
            committed.append(key)
            (folder / "generations" / "00000002.json").write_bytes(late)

    store = FaultyStore(LocalFolder(folder), commit_late)
    (folder / "CURRENT").unlink()
    assert collect_bucket(store, 24).files == 0
    assert committed
    assert not verify_bucket(store).damage
