"""An index goes to a bucket and comes back as it was; nothing is lost on the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.buckets import generations
from rag_infer.buckets.pull import pull
from rag_infer.buckets.push import push
from rag_infer.errors import (
    CorruptIndexError,
    IndexConflictError,
    IndexNotFoundError,
    StoreError,
    StoreUnavailableError,
)
from rag_infer.index import durable_io, manifest, tuning
from rag_infer.index.verify import verify
from rag_infer.store.addresses import open_store
from rag_infer.store.local_folder import LocalFolder
from rag_infer.store.retries import RetryingStore
from tests.index.test_writer import contents
from tests.store.faulty_store import Every, FaultyStore, unavailable

Fill = Callable[..., Path]
DOCUMENTS = {"a": ["first", "and second"], "b": ["third"]}
MORE = {"c": ["fourth"]}


def folder_store(tmp_path: Path, fault: Callable[[str, str], object] | None = None) -> FaultyStore:
    return FaultyStore(LocalFolder(tmp_path / "bucket"), fault or (lambda _m, _k: None))


def retrying(store: FaultyStore) -> RetryingStore:
    return RetryingStore(store, 4, lambda _seconds: None)


def test_an_index_comes_back_as_it_was(fill: Fill, tmp_path: Path, address: str) -> None:
    path = fill(DOCUMENTS)
    tuning.write(path, tuning.Tuning(top_k=7))
    store = open_store(address)
    report = push(path, store)
    assert (report.generation, report.committed) == (1, True)
    assert report.files_sent == report.files == 3
    pulled = pull(store, tmp_path / "copy")
    assert (pulled.changed, pulled.documents, pulled.files_fetched) == (True, 2, report.files)
    assert contents(tmp_path / "copy") == contents(path)
    assert not verify(tmp_path / "copy").damage
    assert tuning.read(tmp_path / "copy").top_k == 7
    assert store.get("CURRENT").data == manifest.pointer(1)


def test_only_what_is_missing_is_transferred(fill: Fill, tmp_path: Path, address: str) -> None:
    path, store = fill(DOCUMENTS), open_store(address)
    first = push(path, store)
    assert not push(path, store).committed
    pull(store, tmp_path / "copy")
    fill(MORE)
    second = push(path, store)
    assert second.generation == 2
    assert second.files == 2 * first.files
    assert second.files_sent == first.files
    assert pull(store, tmp_path / "copy").files_fetched == first.files
    again = pull(store, tmp_path / "copy")
    assert (again.changed, again.files_fetched) == (False, 0)
    assert contents(tmp_path / "copy") == contents(path)


def test_changes_here_and_there_are_not_lost(fill: Fill, tmp_path: Path) -> None:
    path, store = fill(DOCUMENTS), folder_store(tmp_path)
    push(path, store)
    pull(store, tmp_path / "copy")
    fill(MORE, "copy")
    push(tmp_path / "copy", store)
    fill({"d": ["other"]})
    with pytest.raises(IndexConflictError, match="pushed generation 2 since"):
        push(path, store)
    with pytest.raises(IndexConflictError, match="changes that were not pushed"):
        pull(store, path)
    assert "d" in contents(path)
    with pytest.raises(IndexConflictError, match="does not come from"):
        push(fill({"z": ["z"]}, "other"), store)
    with pytest.raises(IndexConflictError, match="another index"):
        pull(store, tmp_path / "other")
    assert push(path, store, replace=True).generation == 3
    assert pull(store, tmp_path / "other", replace_local=True).changed
    assert contents(tmp_path / "other") == contents(path)


def test_an_empty_bucket_is_no_index(tmp_path: Path, address: str) -> None:
    with pytest.raises(IndexNotFoundError):
        pull(open_store(address), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_damaged_index_is_not_pushed(fill: Fill, tmp_path: Path) -> None:
    path, store = fill(DOCUMENTS), folder_store(tmp_path)
    (text,) = path.glob("segments/*/text.utf8")
    text.write_bytes(text.read_bytes()[::-1])
    with pytest.raises(CorruptIndexError, match="was not pushed"):
        push(path, store)
    assert generations.current_number(store) is None


def test_a_bucket_that_overwrites_is_refused(fill: Fill, tmp_path: Path) -> None:
    class Overwriting(LocalFolder):
        def put_new(self, key: str, data: bytes) -> str:
            self.delete([key])
            return super().put_new(key, data)

    store = Overwriting(tmp_path / "bucket")
    with pytest.raises(StoreError, match="If-None-Match") as raised:
        push(fill(DOCUMENTS), store)
    assert raised.value.code == "no_conditional_writes"
    assert [*store.list("")] == []


PUSHER = """
import sys
from pathlib import Path
from rag_infer.buckets.push import push
from rag_infer.errors import IndexConflictError
from rag_infer.store.addresses import open_store
sys.stdin.readline()
try:
    print("won" if push(Path(sys.argv[1]), open_store(sys.argv[2])).committed else "same")
except IndexConflictError as error:
    print("lost", error)
"""


@pytest.mark.parametrize("same", [False, True], ids=["other indexes", "one index"])
def test_of_eight_pushers_one_has_the_generation(
    fill: Fill, tmp_path: Path, address: str, same: bool
) -> None:
    names = [0] * 8 if same else range(8)
    paths = [tmp_path / f"index{n}" for n in names]
    for n in sorted(set(names)):
        fill({f"d{n}": [f"text {n}"]}, f"index{n}")
    pushers = [
        subprocess.Popen(
            [sys.executable, "-c", PUSHER, str(path), address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for path in paths
    ]  # fmt: skip
    for pusher in pushers:
        assert pusher.stdin
        pusher.stdin.write("\n")
        pusher.stdin.flush()
    results = [pusher.communicate(timeout=120)[0].strip() for pusher in pushers]
    assert all(pusher.returncode == 0 for pusher in pushers)
    assert sum(result == "won" for result in results) == 1, results
    others = {"same"} if same else {"lost"}
    assert {result.split()[0] for result in results} == {"won"} | others, results
    store = open_store(address)
    assert generations.numbers(store) == [1]
    winner = paths[results.index("won")]
    pull(store, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(winner)


@pytest.mark.parametrize("what", ["answers with an error (500)", "asks to try again (409)"])
def test_faults_of_every_third_request_change_nothing(
    fill: Fill, tmp_path: Path, what: str
) -> None:
    methods = ("get", "get_range", "put_new", "put_if", "list", "delete")
    store = retrying(folder_store(tmp_path, Every(3, *methods, what=what)))
    path = fill(DOCUMENTS)
    assert push(path, store).committed
    assert pull(store, tmp_path / "copy").changed
    assert contents(tmp_path / "copy") == contents(path)


def test_a_write_whose_answer_is_lost_counts_as_done(fill: Fill, tmp_path: Path) -> None:
    def lost(_result: object) -> object:
        raise unavailable("broke off in the middle of an answer")

    lost_once: set[str] = set()

    def fault(method: str, key: str) -> object:
        if method == "put_new" and key not in lost_once:
            lost_once.add(key)
            return lost
        return None

    store = retrying(folder_store(tmp_path, fault))
    path = fill(DOCUMENTS)
    report = push(path, store)
    assert (report.committed, report.generation) == (True, 1)
    assert len(lost_once) == 6  # three files, a probe, the generation, CURRENT
    pull(store, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(path)


def test_an_undecided_store_is_asked_again(fill: Fill, tmp_path: Path) -> None:
    """409 may come as "exists" where nothing is there in the end."""
    from rag_infer.store.base import ObjectExistsError

    operations: list[str] = []

    def fault(method: str, key: str) -> None:
        if method == "put_new" and key.startswith("generations/") and not operations:
            operations.append(key)
            raise ObjectExistsError(key)

    assert push(fill(DOCUMENTS), folder_store(tmp_path, fault)).committed


def test_a_push_that_broke_off_goes_on(fill: Fill, tmp_path: Path) -> None:
    store = folder_store(tmp_path, lambda method, key: None)
    path = fill(DOCUMENTS)
    left = [2]

    def break_off(method: str, key: str) -> None:
        if method == "put_new" and key.startswith("segments/"):
            left[0] -= 1
            if left[0] < 0:
                raise unavailable()

    store.fault = break_off
    with pytest.raises(StoreUnavailableError):
        push(path, store)
    assert generations.current_number(store) is None
    there = {entry.key: entry for entry in store.list("segments/")}
    assert there
    torn = next(iter(there))
    (tmp_path / "bucket" / torn).write_bytes(b"x" * there[torn].bytes)
    store.fault = lambda method, key: None
    store.requests.clear()
    report = push(path, store)
    assert report.committed
    assert report.files_sent == report.files - len(there) + 1
    pull(store, tmp_path / "copy")
    assert not verify(tmp_path / "copy").damage


def test_content_that_is_wrong_is_fetched_once_more(fill: Fill, tmp_path: Path) -> None:
    path, store = fill(DOCUMENTS), folder_store(tmp_path)
    push(path, store)
    lies = [1]

    def fault(method: str, key: str) -> object:
        if method == "get_range" and key.endswith("arrays.bin") and lies[0] > 0:
            lies[0] -= 1
            return lambda data: b"\0" * len(data)
        return None

    store.fault = fault
    assert pull(store, tmp_path / "copy").changed
    assert not verify(tmp_path / "copy").damage
    lies[0] = 1_000
    with pytest.raises(CorruptIndexError, match="twice") as raised:
        pull(store, tmp_path / "other")
    assert "rag verify -i file://" in str(raised.value)
    assert not (tmp_path / "other" / "CURRENT").exists()


def test_a_torn_body_is_not_taken_for_a_file(fill: Fill, tmp_path: Path) -> None:
    path, store = fill(DOCUMENTS), folder_store(tmp_path)
    push(path, store)
    store.fault = lambda method, key: (
        (lambda data: data[: len(data) // 2]) if method == "get_range" else None
    )
    with pytest.raises((CorruptIndexError, StoreUnavailableError)):
        pull(store, tmp_path / "copy")
    assert not (tmp_path / "copy" / "CURRENT").exists()


class Crash(BaseException):
    """Stops a pull as a kill would."""


def test_a_pull_that_dies_anywhere_leaves_one_whole_index(
    fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = fill(DOCUMENTS), folder_store(tmp_path)
    push(path, store)
    pull(store, tmp_path / "copy")
    before = contents(path)
    fill(MORE)
    push(path, store)
    after = contents(path)
    monkeypatch.setattr("rag_infer.buckets.transfer._AT_ONCE", 1)
    stop = 0
    while True:
        stop += 1
        operations = 0

        def crash(_operation: str, _path: Path) -> None:
            nonlocal operations
            operations += 1
            if operations == stop:  # noqa: B023
                raise Crash

        monkeypatch.setattr(durable_io, "checkpoint", crash)
        try:
            pull(store, tmp_path / "copy")
            break
        except Crash:
            monkeypatch.setattr(durable_io, "checkpoint", lambda _o, _p: None)
            assert not verify(tmp_path / "copy").damage
            assert contents(tmp_path / "copy") in (before, after)
        finally:
            monkeypatch.setattr(durable_io, "checkpoint", lambda _o, _p: None)
    assert stop > 10
    assert contents(tmp_path / "copy") == after
